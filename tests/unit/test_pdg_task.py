"""What a PDG work item runs, driven as PDG does: a real process, a real result server."""

import ast
import json
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from fakes.jobs import python
from fakes.pdg_server import LocalScheduler, ResultServer, Task, processes_about
from fakes.programs import program

from lightmould.errors import SettingsError
from lightmould.jobs import job_file, log
from lightmould.model import Failed, Finished, Job, Step
from lightmould.tools import pdg

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks at processes in /proc")

ITEM = 7

# Talks on both streams, then makes a picture, something raw and the manifest.
WORK = """
import sys
from pathlib import Path
from lightmould.formats.events import line
from lightmould.model import Progress, Warned, Wrote

sys.stderr.write("library: this is no failure\\n")
for event in (Progress(0.5, "ein schönes Bild", 3.0), Warned("it is dark\\x1b[0m")):
    sys.stdout.write(line(event))
Path("raw").mkdir(exist_ok=True)
for name in ("a.png", "raw/b.exr", "c.obj"):
    Path(name).write_text("a file")
    sys.stdout.write(line(Wrote(name, "file")))
Path("manifest.json").write_text("{}")
"""

# Makes ten files one after the other, and starts a child that does not end when told to.
SLOW = """
import subprocess, sys, time
from pathlib import Path

where = Path.cwd()
ignore = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"
subprocess.Popen([sys.executable, "-c", ignore, str(where)])
for number in range(10):
    if not Path(f"{number}.txt").exists():
        time.sleep(0.1)
        Path(f"{number}.txt").write_text(str(time.time_ns()))
Path("manifest.json").write_text("{}")
"""

FAILING = """
import sys
from lightmould.formats.events import line
from lightmould.model import Failed

sys.stdout.write(line(Failed("model.obj: found nothing; wanted a mesh. Export it again.", 3)))
sys.exit(3)
"""


@pytest.fixture
def server() -> Iterator[ResultServer]:
    with ResultServer.serving() as heard:
        yield heard
        assert heard.refused == []


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A working folder whose name is no plain word."""
    path = tmp_path / "größer #1 %d (ü)"
    path.mkdir()
    return path


def written(folder: Path, code: str, name: str = "a jöb") -> Path:
    made = folder / name / "made"
    made.mkdir(parents=True)
    step = Step("work", (python(code, made),), (), made, made / "manifest.json")
    return job_file.write(Job("töpfern", made.parent, (step,)))


def start(scheduler: LocalScheduler, job: str | Path) -> Task:
    return scheduler.start(pdg.command_line(sys.executable, str(job)), ITEM)


def eventually(true: Callable[[], bool], seconds: float = 20.0) -> bool:
    give_up = time.monotonic() + seconds
    while not true() and time.monotonic() < give_up:
        time.sleep(0.02)
    return true()


def test_pdg_is_told_percent_state_log_warnings_and_results_though_all_was_done_before(
    folder: Path, server: ResultServer
) -> None:
    job = written(folder, WORK)
    task = start(LocalScheduler(folder, server), job)
    assert task.wait() == 0, task.said
    assert [percent for _, percent in server.of("set_cook_percent", ITEM)] == [50, 100]
    states = [state for _, state in server.of("set_custom_state", ITEM)]
    assert states == ["work: ein schönes Bild, 3 s left", "work: done"]
    assert server.of("warning", ITEM) == [("work: it is dark?[0m",)]
    kinds = [(kind, text.strip()) for _, text, kind in server.of("append_log", ITEM)]
    assert (2, "job: started töpfern") in kinds
    assert (1, "work: it is dark?[0m") in kinds
    assert server.results(ITEM) == {"__PDG_DIR__/a jöb/made/a.png": "file/image"}
    assert "ein schönes Bild" in task.said
    assert start(LocalScheduler(folder, server), job).wait() == 0
    assert len(server.of("result_array", ITEM)) == 2
    assert server.of("set_custom_state", ITEM)[-1][-1] == "work: was done already"


def test_without_a_server_standard_output_says_it(folder: Path) -> None:
    task = start(LocalScheduler(folder, None), written(folder, WORK))
    assert task.wait() == 0
    assert "PDG_SET_CUSTOM_STATE: 7;-1;work: ein schönes Bild, 3 s left" in task.said
    assert "PDG_RESULT: 7;-1;__PDG_DIR__/a jöb/made/a.png;file/image;0" in task.said


@pytest.mark.parametrize("answer", [None, b"HTTP/1.0 200 OK\r\n\r\n<nonsense"])
def test_a_server_that_is_gone_or_none_of_pdgs_ends_no_work(
    folder: Path, answer: bytes | None
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        address = "{}:{}".format(*listening.getsockname())
        if answer is None:
            listening.close()
        else:
            threading.Thread(target=answering, args=(listening, answer), daemon=True).start()
        task = start(LocalScheduler(folder, ResultServer(address)), written(folder, WORK))
        assert task.wait() == 0, task.said
    assert "PDG does not answer" in task.said


def answering(listening: socket.socket, answer: bytes) -> None:
    """Say the same to everybody."""
    with suppress(OSError):  # closed
        while True:
            caller, _ = listening.accept()
            with caller:
                caller.recv(65536)
                caller.sendall(answer)


def test_a_failure_is_the_jobs_own_words_and_exit_code(folder: Path, server: ResultServer) -> None:
    task = start(LocalScheduler(folder, server), written(folder, FAILING))
    assert task.wait() == 3
    errors = [text for _, text, kind in server.of("append_log", ITEM) if kind == 0]
    assert errors == ["model.obj: found nothing; wanted a mesh. Export it again.\n"]
    assert server.of("result_array", ITEM) == []


@pytest.mark.parametrize("job", ["absent/job.json", "damaged.json"])
def test_what_is_no_job_is_named(folder: Path, server: ResultServer, job: str) -> None:
    (folder / "damaged.json").write_text("{")
    task = start(LocalScheduler(folder, server), folder / job)
    assert task.wait() == 6
    assert f"{folder / job}: found " in server.of("append_log", ITEM)[0][1]


def test_a_worker_that_is_missing_is_named(folder: Path, server: ResultServer) -> None:
    command = pdg.command_line("/no such/python", str(written(folder, WORK)))
    assert LocalScheduler(folder, server).start(command, ITEM).wait() == 6
    assert "Set LIGHTMOULD_PYTHON" in server.of("append_log", ITEM)[0][1]


def test_the_worker_sees_nothing_of_houdinis_environment(
    folder: Path, server: ResultServer
) -> None:
    seen = "import json, os; open('seen', 'w').write(json.dumps(dict(os.environ))); exit(9)"
    worker = program(folder / "worker", seen, "-E")
    job = written(folder, WORK)
    command = pdg.command_line(str(worker), str(job))
    assert LocalScheduler(folder, server, {"KEPT": "ü"}).start(command, ITEM).wait() == 9
    found = json.loads((job.parent / "seen").read_text())
    assert found["KEPT"] == "ü"
    assert Path(found["PYTHONPATH"]) == Path(pdg.__file__).parents[3]
    astray = ("HFS", "HOUDINI", "PDG_", "PYTHONHOME", "LD_LIBRARY_PATH")
    assert [name for name in found if name.startswith(astray)] == []
    assert "ended with exit code 9 and said no more" in server.of("append_log", ITEM)[-1][1]


def test_tokens_and_variables_in_a_jobs_path_are_filled_in(
    folder: Path, server: ResultServer
) -> None:
    written(folder, WORK)
    scheduler = LocalScheduler(folder, server, {"PDG_TEMP": str(folder), "SHOT": "jöb"})
    environment = scheduler.environment(ITEM)
    argv = [sys.executable, "-E", str(pdg.SCRIPT), sys.executable, "__PDG_TEMP__/a $SHOT/job.json"]
    assert subprocess.call(argv, env=environment, stdout=subprocess.DEVNULL) == 0


def test_a_job_that_was_written_on_another_machine_is_run_where_its_folder_is_here(
    folder: Path, server: ResultServer
) -> None:
    job = written(folder, WORK)
    content = json.loads(job.read_bytes())
    elsewhere = json.loads(json.dumps(content).replace(json.dumps(str(folder))[1:-1], "//nas/show"))
    job.write_text(json.dumps(elsewhere))
    entry = {"//nas/show": {"zone": "LINUX", "path": str(folder), "matchtype": 0}}
    unused = {"//nas": {"zone": "WIN", "path": "Z:", "matchtype": 0}}
    maps = json.dumps({"paths": [unused, entry]})
    scheduler = LocalScheduler(folder, server, {"PDG_PATHMAP": maps})
    task = start(scheduler, "//nas/show/a jöb/job.json")
    assert task.wait() == 0, task.said
    assert json.loads(job.read_bytes()) == content
    assert server.results(ITEM) == {"__PDG_DIR__/a jöb/made/a.png": "file/image"}


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_cancelled_item_leaves_nobody_and_a_job_that_goes_on(
    folder: Path, server: ResultServer, how: signal.Signals
) -> None:
    job = written(folder, SLOW)
    scheduler = LocalScheduler(folder, server)
    task = start(scheduler, job)
    assert eventually((job.parent / "made" / "3.txt").exists), task.said
    code = task.cancel(how)
    assert eventually(lambda: processes_about(folder) == [])
    assert not (job.parent / "made" / "manifest.json").exists()
    assert code == (-9 if how == signal.SIGKILL else 143)
    assert len(server.of("cancelled", ITEM)) == (how != signal.SIGKILL)
    last = log.read(job.parent / log.NAME).records[-1].event
    assert isinstance(last, Failed)
    assert last.exit_code == 143
    before = {path: path.read_text() for path in (job.parent / "made").glob("*.txt")}
    assert start(scheduler, job).wait() == 0
    assert isinstance(log.read(job.parent / log.NAME).records[-1].event, Finished)
    assert {path: path.read_text() for path in before} == before
    assert eventually(lambda: processes_about(folder) == [])


def test_a_runner_that_is_deaf_is_ended_all_the_same(folder: Path, server: ResultServer) -> None:
    deaf = program(folder / "deaf", f"import signal, sys, time\n{DEAF}")
    job = written(folder, WORK)
    task = LocalScheduler(folder, server).start(pdg.command_line(str(deaf), str(job)), ITEM)
    assert eventually((job.parent / "up").exists), task.said
    task.process.send_signal(signal.SIGTERM)
    time.sleep(0.2)
    assert task.cancel(signal.SIGTERM) == 128 + 9  # who asks twice, insists
    assert eventually(lambda: processes_about(folder) == [])


# As guard it is Python; as runner it hears nothing.
DEAF = """
import runpy
from pathlib import Path

if "guard.py" in sys.argv[3]:
    sys.argv = sys.argv[3:]
    runpy.run_path(sys.argv[0], run_name="__main__")
signal.signal(signal.SIGTERM, signal.SIG_IGN)
Path("up").touch()
time.sleep(60)
"""


def test_paths_that_shells_would_change_are_refused() -> None:
    for name in ('a"b', "a$b", "a`b", "a\\b", "a\nb"):
        with pytest.raises(SettingsError, match="Rename the folder"):
            pdg.command_line("python", f"/{name}/job.json")


def test_the_script_needs_no_more_than_python_3_9_and_its_library() -> None:
    tree = ast.parse(pdg.SCRIPT.read_text(encoding="utf-8"), feature_version=(3, 9))
    names = [
        name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [str(node.module)]
        )
    ]
    assert {name.partition(".")[0] for name in names} <= sys.stdlib_module_names


def test_the_command_is_one_for_every_scheduler() -> None:
    line = pdg.command_line("/opt/a worker/python", "__PDG_DIR__/a jöb/job.json")
    assert line.startswith("__PDG_PYTHON__ ")
    assert line.endswith(' "/opt/a worker/python" "__PDG_DIR__/a jöb/job.json"')
