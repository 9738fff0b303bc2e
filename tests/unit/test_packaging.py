"""What `pip install` gives people is the whole library; a wheel is really built and really used."""

import importlib.util
import os
import shutil
import subprocess
import sys
import tomllib
import zipfile
from email.message import Message
from email.parser import Parser
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LIBRARY = ROOT / "python3.11libs"
BUILD = "import sys; from setuptools import build_meta; build_meta.build_wheel(sys.argv[1])"
EXTRAS = {
    "blender",
    "capture",
    "cli",
    "dev",
    "engine",
    "farm",
    "gl",
    "gui",
    "gym",
    "interop",
    "usd",
}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel built from a copy of the project, so that the project's folder stays as it is."""
    if importlib.util.find_spec("setuptools") is None:
        pytest.skip("needs setuptools to build a wheel")
    copy, out = tmp_path_factory.mktemp("a cöpy"), tmp_path_factory.mktemp("wheel")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, copy)
    unwanted = shutil.ignore_patterns("__pycache__", "*.egg-info")
    shutil.copytree(LIBRARY, copy / LIBRARY.name, ignore=unwanted)
    argv = (sys.executable, "-c", BUILD, str(out))
    said = subprocess.run(argv, cwd=copy, capture_output=True, text=True, timeout=60, check=False)
    assert said.returncode == 0, said.stderr
    assert "Deprecat" not in said.stderr
    (built,) = out.glob("*.whl")
    return built


def metadata(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return Parser().parsestr(archive.read(name).decode())


def test_a_wheel_holds_every_file_of_the_library_and_nothing_else(wheel: Path) -> None:
    package = LIBRARY / "lightmould"
    wanted = {
        path.relative_to(LIBRARY).as_posix()
        for path in package.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    for name in ("engine/report/page.html", "tools/blender/inside/render.py"):
        assert f"lightmould/{name}" in wanted
    with zipfile.ZipFile(wheel) as archive:
        found = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert found == wanted


def test_a_wheel_carries_the_license_and_the_extras(wheel: Path) -> None:
    said = metadata(wheel)
    assert said["License-Expression"] == "Apache-2.0"
    assert {*(said.get_all("Provides-Extra") or ())} == EXTRAS
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith("licenses/LICENSE"))
        assert archive.read(name) == (ROOT / "LICENSE").read_bytes()


def test_an_unpacked_wheel_runs_without_the_project(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    code = "import lightmould; print(lightmould.__file__)"
    env = {**os.environ, "PYTHONPATH": str(tmp_path)}
    argv = (sys.executable, "-c", code)
    place = subprocess.check_output(argv, cwd=tmp_path, env=env, encoding="utf-8", timeout=30)
    assert Path(place.strip()).is_relative_to(tmp_path)
    argv = (sys.executable, "-m", "lightmould", "--help")
    assert b"JOB.json" in subprocess.check_output(argv, cwd=tmp_path, env=env, timeout=30)


def test_the_license_is_the_whole_apache_license() -> None:
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    for part in ("Version 2.0, January 2004", "9. Accepting Warranty", "END OF TERMS AND COND"):
        assert part in text


def test_the_constraints_pin_every_library_that_pyproject_names() -> None:

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lists = (project["dependencies"], *project["optional-dependencies"].values())
    named = {spec.partition(">")[0].lower() for each in lists for spec in each}
    lines = (ROOT / "scripts" / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pinned = {line.partition("==")[0].lower().replace("_", "-") for line in lines}
    assert named - pinned == set()
