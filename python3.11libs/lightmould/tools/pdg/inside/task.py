"""What a PDG work item runs: one job, in the worker's interpreter, told to PDG as it goes.

    python task.py WORKER_PYTHON JOB.json

Any Python from 3.9 will do, hython's too; standard library alone, nothing of ours. The job's
runner, `WORKER_PYTHON -m lightmould run JOB.json --json`, sees nothing of Houdini's environment.
Percent, state, warnings and results go to PDG's result server (XML-RPC at PDG_RESULT_SERVER),
else to standard output, as Houdini's own scripts have it. The exit code is the runner's; what it
prints on standard error is no failure.

SIGTERM or SIGINT ends the job, which can go on later. So does the end of this process, however it
comes: `jobs/guard.py` stands between it and the runner, in a session of its own.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
import xmlrpc.client
from contextlib import suppress
from http.client import HTTPException
from pathlib import Path
from typing import IO, Any, cast
from xml.parsers.expat import ExpatError

LIBRARY = Path(__file__).resolve().parents[4]
GUARD = LIBRARY / "lightmould" / "jobs" / "guard.py"

ASTRAY = ("PYTHON", "LD_", "DYLD_", "HOUDINI", "HFS", "HH", "HIP", "JOB", "PDG_", "QT_", "OCIO")
"""Beginnings of variables that lead other programs astray, or are nobody else's business."""

IMAGES = (".png", ".exr", ".hdr")
"""Endings of files that are reported as results. Those that PDG expects, it adds itself."""

GRACE = 6.0  # seconds for a job that was asked to end
PAUSE = 0.5  # seconds between two reports of how far it is
PATIENCE = 5  # failed calls, after which the server is given up
ERROR, WARNING, MESSAGE = 0, 1, 2  # kinds of log lines, as pdg.workItemLogType counts
NOT_FOUND = 6  # exit code of a missing program, as in lightmould.errors


class Transport(xmlrpc.client.Transport):
    """A connection that gives up on a server that does not answer."""

    def make_connection(self, host: Any) -> Any:
        """One with a time limit."""
        connection = super().make_connection(host)
        connection.timeout = float(os.environ.get("PDG_RPC_TIMEOUT", "4"))
        return connection


class Pdg:
    """PDG's result server, or standard output where there is none.

    Methods and arguments are those that SideFX's pdgcmd.py sends (MIT license, Houdini 20.5).
    """

    def __init__(self) -> None:
        environ = os.environ
        address = environ.get("PDG_RESULT_SERVER", "")
        speaks = environ.get("PDG_DISABLE_RPC", "0") == "0" == environ.get("PDG_JOBUSE_PDGNET", "0")
        self._server = None
        if address and speaks:
            self._server = xmlrpc.client.ServerProxy(f"http://{address}", transport=Transport())
        self._item = int(environ.get("PDG_ITEM_ID", "-1"))
        self._job = environ.get(environ.get("PDG_JOBID_VAR", ""), "")
        self._told, self._failures = 0.0, 0

    def progress(self, fraction: float, state: str) -> None:
        """How far the job is; not every word of it, for there may be many."""
        now = time.monotonic()
        if now - self._told < PAUSE and fraction < 1:
            return
        self._told = now
        print(f"{fraction:4.0%} {state}", flush=True)
        if self._server is None:
            print(f"PDG_SET_CUSTOM_STATE: {self._item};-1;{state}", flush=True)
        self._call("set_cook_percent", self._item, -1, 100 * fraction)
        self._call("set_custom_state", self._item, -1, printable(state))

    def log(self, kind: int, text: str) -> None:
        """A line of the work item's log; warnings and errors show on the node."""
        print(text, file=sys.stderr if kind == ERROR else sys.stdout, flush=True)
        self._call("append_log", self._item, -1, printable(text) + "\n", kind)
        if kind == WARNING:
            self._call("warning", self._item, printable(text))

    def results(self, files: list[Path]) -> None:
        """Pictures that the job has made."""
        names = [delocalized(file.as_posix()) for file in files]
        if self._server is None:
            for name in names:
                print(f"PDG_RESULT: {self._item};-1;{name};file/image;0")
        elif names:
            coded = [xmlrpc.client.Binary(name.encode()) for name in names]
            tags, hashes = ["file/image"] * len(names), [0] * len(names)
            self._call("result_array", self._item, coded, tags, hashes)

    def cancelled(self) -> None:
        """The job was asked to end."""
        self._call("cancelled", self._item)

    def _call(self, method: str, *arguments: Any) -> None:
        if self._server is None:
            return
        try:
            getattr(self._server, method)(*arguments, self._job)
        except (OSError, HTTPException, ExpatError, xmlrpc.client.Error) as error:
            # A server that does not listen, or is none of PDG's, must not end the work.
            print(f"PDG does not answer to {method}: {error}", file=sys.stderr, flush=True)
            self._failures += 1
            self._server = self._server if self._failures < PATIENCE else None


class Job:
    """The job's folder, and how far the runner says it is."""

    def __init__(self, path: Path) -> None:
        self.path = path
        content = relocated(path)
        self._steps = [step["name"] for step in content["steps"]]
        self._folders = {step["name"]: Path(step["folder"]) for step in content["steps"]}
        self.heard = False

    def tell(self, record: dict[str, Any], pdg: Pdg) -> None:
        """Pass one record of the log on."""
        step, event = record["step"], record["event"]
        kind = event["is"]
        if kind == "progress":
            rest = "" if event["eta"] is None else f", {event['eta']:.0f} s left"
            pdg.progress(self._whole(step, event["fraction"]), f"{step}: {event['status']}{rest}")
        elif kind == "started":
            pdg.log(MESSAGE, f"{step or 'job'}: started {event['title']}")
        elif kind == "finished" and step:
            done = "was done already" if event["skipped"] else "done"
            pdg.progress(self._whole(step, 1.0), f"{step}: {done}")
        elif kind == "warned":
            pdg.log(WARNING, f"{step}: {event['message']}")
        elif kind == "failed" and not step:
            self.heard = True
            pdg.log(ERROR, event["message"])

    def results(self) -> list[Path]:
        """Pictures that the steps say are theirs."""
        found = []
        for step in self._steps:
            stamp = json.loads((self.path.parent / "steps" / f"{step}.json").read_bytes())
            names = sorted(name for name in stamp["files"] if name.endswith(IMAGES))
            found += [self._folders[step] / name for name in names if not name.startswith("raw/")]
        return found

    def _whole(self, step: str, fraction: float) -> float:
        return (self._steps.index(step) + fraction) / len(self._steps)


def printable(text: str) -> str:
    """The text without what XML can't hold."""
    return "".join(letter if letter in "\t\n" or letter.isprintable() else "?" for letter in text)


def relocated(path: Path) -> dict[str, Any]:
    """A job's content; if it was written where other paths hold, it is rewritten for here."""
    content = cast("dict[str, Any]", json.loads(path.read_bytes()))
    if mapped(content["folder"]) == content["folder"]:
        return content
    inputs = {mapped(name) for step in content["steps"] for name in step["inputs"]}
    requests = [Path(name) for name in inputs if name.endswith(".json")]
    for file in (*(one for one in requests if path.parent in one.parents), path):
        beside = file.with_name(f".{file.name}.{os.getpid()}")
        beside.write_text(json.dumps(mapped(json.loads(file.read_bytes()))), encoding="utf-8")
        beside.replace(file)
    return cast("dict[str, Any]", mapped(content))


def mapped(value: Any) -> Any:
    """A value of JSON with every path in it as it is on this machine, as PDG_PATHMAP says."""
    if isinstance(value, dict):
        return {mapped(name): mapped(item) for name, item in value.items()}
    if isinstance(value, list):
        return [mapped(item) for item in value]
    if not isinstance(value, str):
        return value
    for there, here in path_map():
        if value == there or value.startswith(there + "/"):
            return here + value[len(there) :]
    return value


def path_map() -> list[tuple[str, str]]:
    """Folders of other machines and what they are here, the longest first."""
    zones = {"linux": "LINUX", "darwin": "MAC", "win32": "WIN"}
    zone = os.environ.get("PDG_PATHMAP_ZONE") or zones.get(sys.platform, "")
    entries = json.loads(os.environ.get("PDG_PATHMAP") or '{"paths": []}')["paths"]
    found = [
        (there.replace("\\", "/").rstrip("/"), here["path"].replace("\\", "/").rstrip("/"))
        for entry in entries
        for there, here in entry.items()
        if here["zone"] in (zone, "*")
    ]
    return sorted(found, key=lambda pair: -len(pair[0]))


def localized(name: str) -> str:
    """A path with PDG's tokens and variables filled in, as it is on this machine."""
    for token in ("PDG_DIR", "PDG_TEMP", "PDG_SCRIPTDIR"):
        name = name.replace(f"__{token}__", os.environ.get(token, f"__{token}__"))
    return str(mapped(os.path.expandvars(name).replace("\\", "/")))


def delocalized(name: str) -> str:
    """A path below the working folder as every machine knows it."""
    folder = os.path.expandvars(os.environ.get("PDG_DIR", "")).replace("\\", "/").rstrip("/")
    inside = folder and (name == folder or name.startswith(folder + "/"))
    return "__PDG_DIR__" + name[len(folder) :] if inside else name


def environment() -> dict[str, str]:
    """What the runner sees."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ASTRAY)}
    ours = {"PYTHONPATH": str(LIBRARY), "PYTHONNOUSERSITE": "1", "PYTHONIOENCODING": "utf-8"}
    return {**kept, **ours}


class Runner:
    """The job's runner under its guard."""

    def __init__(self, python: str, job: Path) -> None:
        argv = [python, "-I", "-S", str(GUARD)]
        argv += [python, "-m", "lightmould", "run", str(job), "--json"]
        self.asked = 0
        self._process = subprocess.Popen(
            argv,
            cwd=job.parent,
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )
        self.lines = cast("IO[str]", self._process.stdout)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._end)

    def _end(self, number: int, _frame: Any) -> None:
        """Ask the runner to end; the second time, or after a while, its guard insists."""
        insists, self.asked = self.asked > 0, number
        if insists or sys.platform == "win32":
            self._let_go()
            return
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGTERM)  # the guard stands it
        timer = threading.Timer(GRACE, self._let_go)
        timer.daemon = True
        timer.start()

    def _let_go(self) -> None:
        cast("IO[str]", self._process.stdin).close()

    def wait(self) -> int:
        """The runner's exit code, as shells have it."""
        code = self._process.wait()
        return code if code >= 0 else 128 - code


def main(argv: list[str]) -> int:
    """Run a job; returns its exit code."""
    if len(argv) != 2:
        print("usage: task.py WORKER_PYTHON JOB.json", file=sys.stderr)
        return 2
    cast("Any", sys.stdout).reconfigure(errors="replace")
    python, path = (localized(name) for name in argv)
    pdg = Pdg()
    try:
        job = Job(Path(path))
        runner = Runner(python, job.path)
    except (OSError, ValueError, LookupError) as error:
        fix = "Set LIGHTMOULD_PYTHON to the worker's interpreter, and cook again."
        pdg.log(ERROR, f"{path}: found {error}; wanted a job and {python} to run it. {fix}")
        return NOT_FOUND
    for line in runner.lines:
        try:
            record = json.loads(line)
            job.tell(record, pdg)
        except (ValueError, LookupError, TypeError):
            print(line, end="", flush=True)
    code = runner.wait()
    if runner.asked:
        pdg.cancelled()
    elif code == 0:
        pdg.results(job.results())
    elif not job.heard:
        pdg.log(ERROR, f"{path}: the runner ended with exit code {code} and said no more.")
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
