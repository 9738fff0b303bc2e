"""The two set-up commands: what they would run is decided without running it."""

import importlib
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

SCRIPTS = Path(__file__).parents[2] / "scripts"


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(SCRIPTS))
    return importlib.import_module("worker")


def titles(worker: ModuleType, want: object, have: object) -> list[str]:
    means = worker.ways(ensurepip=True, pip=True)
    return [task.title for task in worker.plan(want, have, means)]


ALL = [
    "make a virtual environment",
    "install what builds packages",
    "install lightmould",
    "compile kernels",
]
FOR_TESTS = [*ALL[1:3], "install the stubs of Houdini 20.5", "name them", ALL[3]]


def test_a_fresh_machine_gets_everything(worker: ModuleType) -> None:
    assert titles(worker, worker.Mark("here", "1", worker.USE), None) == ALL


def test_a_finished_worker_is_used_as_it_is(worker: ModuleType) -> None:
    mark = worker.Mark("here", "1", worker.TESTS)
    assert titles(worker, mark, mark) == []
    assert titles(worker, replace(mark, extras=worker.USE), mark) == []


def test_a_set_up_that_was_interrupted_goes_on(worker: ModuleType) -> None:
    want = worker.Mark("here", "1", worker.USE)
    assert titles(worker, want, replace(want, pins="", extras=())) == ALL[1:]


def test_other_pins_or_more_extras_are_installed_into_the_same_worker(worker: ModuleType) -> None:
    want = worker.Mark("here", "2", worker.USE)
    assert titles(worker, want, replace(want, pins="1")) == ALL[1:]
    assert titles(worker, replace(want, extras=worker.TESTS), want) == FOR_TESTS


def test_a_worker_that_was_moved_or_lost_its_python_is_made_again(worker: ModuleType) -> None:
    want = worker.Mark("here", "1", worker.USE)
    assert titles(worker, want, replace(want, place="there")) == ALL


def test_what_the_tests_need_stays_when_the_demo_is_set_up_again(worker: ModuleType) -> None:
    means = worker.ways(ensurepip=True, pip=True)
    have = worker.Mark("here", "1", worker.TESTS)
    plan = worker.plan(worker.Mark("here", "2", worker.USE), have, means)
    assert plan[1].argv[-1] == ".[blender,capture,cli,dev,engine,usd]"


def test_everything_is_installed_under_one_constraints_file(worker: ModuleType) -> None:
    means = worker.ways(ensurepip=True, pip=True)
    plan = worker.plan(worker.Mark("here", "1", worker.USE), None, means)
    installs = [task.argv for task in plan if "install" in task.argv]
    assert len(installs) == 2
    for argv in installs:
        assert argv[argv.index("--constraint") + 1] == str(Path("scripts/constraints.txt"))


def test_a_python_without_ensurepip_lends_its_own_pip(worker: ModuleType) -> None:
    means = worker.ways(ensurepip=False, pip=True)
    assert "--without-pip" in means.make.argv
    assert means.pip[:4] == (sys.executable, "-m", "pip", "--python")


def test_a_python_without_any_pip_is_told_what_to_do(worker: ModuleType) -> None:
    with pytest.raises(worker.SetUpError, match="Install pip"):
        worker.ways(ensurepip=False, pip=False)


def test_programs_are_found_on_every_system(worker: ModuleType) -> None:
    folder = Path("a földer") / "worker"
    assert worker.program("python", folder, "linux") == folder / "bin" / "python"
    assert worker.program("python", folder, "win32") == folder / "Scripts" / "python.exe"


def test_a_mark_is_read_back_and_a_damaged_one_is_none(worker: ModuleType, tmp_path: Path) -> None:
    python = worker.program("python", tmp_path)
    python.parent.mkdir()
    python.touch()
    mark = worker.Mark("a földer", "1", worker.USE)
    assert worker.read_mark(tmp_path) is None
    worker.write_mark(tmp_path, mark)
    assert worker.read_mark(tmp_path) == mark
    python.unlink()
    assert worker.read_mark(tmp_path) is None
    python.touch()
    for damage in ("", "{}", "[]", '{"place": 1, "pins": 2, "extras": 3}'):
        (tmp_path / worker.MARK).write_text(damage)
        assert worker.read_mark(tmp_path) is None


def test_other_constraints_are_other_pins(worker: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "scripts").mkdir()
    (tmp_path / "pyproject.toml").write_text("[project]")
    (tmp_path / "scripts" / "constraints.txt").write_text("numpy==1.26.4")
    before = worker.pins(tmp_path)
    assert worker.pins(tmp_path) == before
    (tmp_path / "scripts" / "constraints.txt").write_text("numpy==1.26.5")
    assert worker.pins(tmp_path) != before


def test_the_worker_is_not_led_astray_by_houdinis_python(
    worker: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", "/opt/hfs/python")
    monkeypatch.setenv("PYTHONHOME", "/opt/hfs")
    assert not {"PYTHONPATH", "PYTHONHOME"} & set(worker.environment())
    assert worker.environment()["PYTHONNOUSERSITE"] == "1"


def test_threads_of_the_worker_wait_without_spinning(worker: ModuleType) -> None:
    assert worker.environment()["OMP_WAIT_POLICY"] == "PASSIVE"


def test_every_library_is_pinned_exactly_and_once() -> None:
    lines = (SCRIPTS / "constraints.txt").read_text().splitlines()
    pins = [line for line in lines if not line.startswith("#")]
    assert [pin for pin in pins if not re.fullmatch(r"[\w.-]+==[\w.]+", pin)] == []
    names = [re.sub(r"[-_.]+", "-", pin.partition("==")[0]).lower() for pin in pins]
    assert len(set(names)) == len(names)


def test_help_installs_nothing() -> None:
    argv = (sys.executable, str(SCRIPTS / "demo.py"), "--help")
    assert b"--preset" in subprocess.check_output(argv, timeout=30)
