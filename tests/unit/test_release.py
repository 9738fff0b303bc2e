"""The zip for Houdini's users: SideFX's layout, the same bytes each time, nothing binary."""

import hashlib
import json
import shutil
import subprocess
import sys
import zipfile
from importlib.util import find_spec
from pathlib import Path

import pytest
from fakes.otls import ROOT

from lightmould import __version__


def release(out: Path, script: Path = ROOT / "scripts" / "release.py") -> Path:
    argv = [sys.executable, str(script), "--out", str(out)]
    said = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)
    assert said.returncode == 0, said.stderr
    return Path(said.stdout.strip())


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return release(tmp_path_factory.mktemp("a rélease"))


@pytest.fixture
def unpacked(built: Path, tmp_path: Path) -> Path:
    with zipfile.ZipFile(built) as archive:
        archive.extractall(tmp_path)
    return tmp_path


def test_the_layout_is_that_of_sidefx(unpacked: Path) -> None:
    assert {path.name for path in unpacked.iterdir()} == {"lightmould", "lightmould.json"}
    package = json.loads((unpacked / "lightmould.json").read_text(encoding="utf-8"))
    assert package["name"] == "lightmould"
    assert package["hpath"] == "$HOUDINI_PACKAGE_PATH/lightmould"
    assert package["enable"] == "houdini_version >= '20.5'"
    assert __version__.startswith(package["hpackage"]["version"])
    for name in ("otls", "toolbar", "python3.11libs", "scripts", "help", "config", "python_panels"):
        assert (unpacked / "lightmould" / name).is_dir(), name
    assert (unpacked / "lightmould" / "config" / "Icons" / "LM_reconstruct.svg").is_file()


def test_hpackage_accepts_it(unpacked: Path) -> None:
    if find_spec("hpackage") is None:
        pytest.skip("needs SideFX's hpackage")
    argv = [sys.executable, "-m", "hpackage", "author", "verifyjson", "lightmould.json"]
    said = subprocess.run(
        argv, cwd=unpacked, capture_output=True, text=True, timeout=60, check=False
    )
    assert said.returncode == 0, said.stdout + said.stderr


def test_the_same_files_make_the_same_bytes(built: Path, tmp_path: Path) -> None:
    again = release(tmp_path)
    hashes = {hashlib.sha256(path.read_bytes()).hexdigest() for path in (built, again)}
    assert len(hashes) == 1


def test_what_is_unpacked_can_be_imported(unpacked: Path) -> None:
    library = unpacked / "lightmould" / "python3.11libs"
    code = (
        f"import sys; sys.path[:0] = [{str(library)!r}]; import lightmould.formats.hda.lint; "
        "print(lightmould.__version__)"
    )
    argv = [sys.executable, "-I", "-B", "-c", code]
    said = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)
    assert said.stdout.strip() == __version__, said.stderr


def test_nothing_in_it_is_cached_or_binary(built: Path) -> None:
    with zipfile.ZipFile(built) as archive:
        listed = archive.namelist()
    assert not [name for name in listed if "__pycache__" in name or name.endswith((".pyc", ".hda"))]


def test_a_binary_asset_is_refused(tmp_path: Path) -> None:
    for name in ("scripts", "python3.11libs/lightmould/formats"):
        (tmp_path / name).mkdir(parents=True)
    shutil.copy(ROOT / "scripts" / "release.py", tmp_path / "scripts")
    library = ROOT / "python3.11libs" / "lightmould"
    for name in ("__init__.py", "errors.py", "formats/__init__.py", "formats/files.py"):
        shutil.copy(library / name, tmp_path / "python3.11libs" / "lightmould" / name)
    for name in ("README.md", "CHANGELOG.md", "LICENSE", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / "otls").mkdir()
    (tmp_path / "otls" / "a.hda").write_bytes(b"INDX")
    argv = [sys.executable, str(tmp_path / "scripts" / "release.py")]
    said = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)
    assert said.returncode == 5
    assert "a binary asset" in said.stderr
