"""The doctor looks at everything at once, and says what mends what is wrong."""

import json
import os
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from fakes import programs
from fakes.nvdiffrec import Fake, installed

from lightmould.cli import main
from lightmould.doctor import volume
from lightmould.doctor.look import look
from lightmould.jobs.asking import ask
from lightmould.model import Check, Command
from lightmould.settings import Settings, Worker
from lightmould.tools import blender, nvdiffrec, probing, worker

SAYS = '#!/bin/sh\necho \'{mark}{{"name": "blender", "good": {good}, "found": "4.5"}}\'\n'


def program(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fake:
    found = installed(tmp_path / "nvdiffrec")
    monkeypatch.setenv("PATH", found.path)
    monkeypatch.delenv("CUDA_HOME", raising=False)
    return found


@pytest.fixture
def settings(fake: Fake, tmp_path: Path) -> Settings:
    """A Blender that renders, a worker that answers at once, an nvdiffrec that is whole."""
    good = program(tmp_path / "blender", SAYS.format(mark=probing.MARK, good="true"))
    lines = [f'{probing.MARK}{{"name": "{name}", "good": true, "found": "1"}}' for name in PARTS]
    said = "\n".join(f"echo '{line}'" for line in lines)
    python = program(tmp_path / "python", f"#!/bin/sh\n{said}\n")
    return Settings(Worker(python=str(python), blender=str(good)), nvdiffrec=fake.settings)


PARTS = ("python", "numpy", "numba", "scipy", "xatlas", "OpenImageIO", "cyclopts", "rich", "torch")


def states(checks: tuple[Check, ...]) -> dict[str, str]:
    return {one.name: one.state for one in checks}


def test_where_everything_is_there_nothing_is_to_be_mended(
    settings: Settings, tmp_path: Path
) -> None:
    checks = look(settings, tmp_path, os.environ)
    bad = [one for one in checks if one.state == "FAIL"]
    assert bad == []
    names = states(checks)
    assert {"Blender", "torch", "GPU", "Disk", "Writing", "Memory"} <= names.keys()
    assert names["nvdiffrec: checkout"] == names["nvdiffrec: tiny-cuda-nn"] == "PASS"


def test_what_is_broken_is_named_with_what_mends_it(
    settings: Settings, fake: Fake, tmp_path: Path
) -> None:
    (fake.site / "tinycudann.py").unlink()
    (fake.checkout / "data" / "irrmaps" / "bsdf_256_256.bin").unlink()
    bad = program(tmp_path / "blender", SAYS.format(mark=probing.MARK, good="false") + "exit 1\n")
    broken = replace(settings, worker=replace(settings.worker, blender=str(bad)))
    found = {one.name: one for one in look(broken, tmp_path, os.environ)}
    for name in ("Blender", "nvdiffrec: tiny-cuda-nn", "nvdiffrec: checkout"):
        assert (found[name].state, bool(found[name].fix)) == ("FAIL", True)


def test_what_is_not_named_right_is_told_without_asking(settings: Settings, tmp_path: Path) -> None:
    wrong = Settings(replace(settings.worker, blender="/nowhere/blender"))
    found = {one.name: one for one in look(wrong, tmp_path, {"PATH": ""})}
    assert (found["Blender"].state, found["nvdiffrec"].state) == ("FAIL", "PASS")
    half = replace(wrong, nvdiffrec=replace(wrong.nvdiffrec, checkout="/nowhere"))
    assert states(look(half, tmp_path, {"PATH": ""}))["nvdiffrec"] == "FAIL"


def test_programs_that_hang_are_ended_in_time(settings: Settings, tmp_path: Path) -> None:
    hangs = programs.program(tmp_path / "blender", "import time\ntime.sleep(60)\n")
    slow = replace(settings, worker=replace(settings.worker, blender=str(hangs)))
    begun = time.monotonic()
    found = {one.name: one for one in look(slow, tmp_path, os.environ, seconds=1.5)}
    assert time.monotonic() - begun < 30
    assert found["Blender"].state == "WARN"


def test_a_worker_is_asked_in_its_own_interpreter_for_what_it_has(tmp_path: Path) -> None:
    bare = installed(tmp_path, without=["site-packages/torch.py"])
    (answer,) = ask((worker.probe(str(bare.python), tmp_path),), 60.0)
    found = {one.name: one for one in worker.checks(str(bare.python), answer.lines)}
    assert found["Python (worker)"].found == sys.version.split()[0]
    assert found["numpy"].state == "PASS"
    for missing in ("torch", "numba"):
        assert found[missing].state == "FAIL"
        assert found[missing].fix == f'"{bare.python}" -m pip install "lightmould[engine]"'
    assert answer.code == 0


def test_a_worker_that_says_nothing_is_no_failure_but_told(tmp_path: Path) -> None:
    assert {one.state for one in worker.checks("python", ())} == {"WARN"}
    (answer,) = ask((Command("nothing", (str(tmp_path / "nothing"),), tmp_path),), 5.0)
    assert answer.code == 127


def test_every_script_marks_its_lines_alike() -> None:
    scripts = (
        worker.SCRIPT,
        nvdiffrec.probe.SCRIPT,
        Path(blender.__file__).parent / "inside" / "check.py",
    )
    for script in scripts:
        assert f'MARK = "{probing.MARK}"' in script.read_text()


def test_a_folder_that_can_not_be_written_is_told() -> None:
    assert volume.writing(Path("/proc")).state == "FAIL"
    assert volume.space(Path("/nowhere/at/all")).name == "Disk"


@pytest.mark.parametrize("kilobytes", [1000, 900_000_000])
def test_little_memory_is_told(tmp_path: Path, kilobytes: int) -> None:
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc" / "meminfo").write_text(f"MemAvailable: {kilobytes} kB\n")
    assert volume.memory(tmp_path).state == ("PASS" if kilobytes > 1e6 else "WARN")


def test_the_exit_code_and_the_json_are_for_machines(
    settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LIGHTMOULD_PYTHON", str(settings.worker.python))
    monkeypatch.setenv("LIGHTMOULD_BLENDER", str(settings.worker.blender))
    assert main(["doctor", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert {one["state"] for one in told} <= {"PASS", "WARN"}
    (tmp_path / "blender").unlink()
    assert main(["doctor"]) == 1
    assert "FAIL" in capsys.readouterr().out
