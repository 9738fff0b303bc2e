"""PDG's side of a work item's process: the result server, and a scheduler that runs commands."""

import json
import os
import shlex
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self
from xmlrpc.server import SimpleXMLRPCRequestHandler, SimpleXMLRPCServer

NAMES: dict[str, Any] = json.loads(Path(__file__).with_name("pdg_names.json").read_bytes())
PATIENCE = 400  # seconds for any work item of the tests


class _Quick(SimpleXMLRPCRequestHandler):
    disable_nagle_algorithm = True


@dataclass
class ResultServer:
    """Hears what work items report, and refuses whatever Houdini's would not understand."""

    address: str = ""
    calls: list[tuple[str, tuple[Any, ...]]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    @classmethod
    @contextmanager
    def serving(cls) -> Iterator[Self]:
        heard = cls()
        with SimpleXMLRPCServer(("127.0.0.1", 0), _Quick, logRequests=False) as server:
            heard.address = "{}:{}".format(*server.server_address)
            server.register_instance(heard)
            thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
            thread.start()
            yield heard
            server.shutdown()
            thread.join()

    def _dispatch(self, method: str, arguments: tuple[Any, ...]) -> bool:
        found = [type(argument).__name__ for argument in arguments]
        if found != NAMES["result_server"].get(method):
            self.refused.append(f"{method}{found}")
            raise TypeError(self.refused[-1])
        self.calls.append((method, arguments))
        return True

    def of(self, method: str, item: int) -> list[tuple[Any, ...]]:
        """What an item reported by one method, without its own number and the job's."""
        calls = [one for name, one in self.calls if name == method and one[0] == item]
        return [one[1:-1] for one in calls]

    def results(self, item: int) -> dict[str, str]:
        """The files that an item reported, and their tags."""
        arrays = self.of("result_array", item)
        pairs = [pair for files, tags, _ in arrays for pair in zip(files, tags, strict=True)]
        return {file.data.decode(): tag for file, tag in pairs}


@dataclass
class LocalScheduler:
    """Runs work items' commands as a local scheduler does, in an environment like Houdini's.

    Attributes:
        folder: the working folder, PDG_DIR.
        server: hears the items; None is a scheduler without one.
        more: further variables.
    """

    folder: Path
    server: ResultServer | None
    more: dict[str, str] = field(default_factory=dict)

    def expand(self, command: str, item: int) -> str:
        """A command without tokens. The interpreter minds no variables, as hython minds its own."""
        values = {"PYTHON": f"{shlex.quote(sys.executable)} -E", "DIR": str(self.folder)}
        values |= {"TEMP": str(self.folder / "temp"), "ITEM_ID": str(item)}
        for name, value in values.items():
            command = command.replace(f"__PDG_{name}__", value)
        return command

    def environment(self, item: int) -> dict[str, str]:
        """What the process of an item sees."""
        poison = self.folder / "temp" / "of houdini"
        poison.mkdir(parents=True, exist_ok=True)
        for name in ("numpy", "lightmould"):
            (poison / f"{name}.py").write_text("raise ImportError('this is Houdini\\'s')")
        houdinis = {
            "HFS": "/opt/hfs21.0",
            "HOUDINI_PATH": "/opt/hfs21.0/houdini",
            "LD_LIBRARY_PATH": str(poison),
            "PYTHONHOME": str(poison),
            "PYTHONPATH": str(poison),
        }
        pdgs = {
            "PDG_DIR": str(self.folder),
            "PDG_ITEM_ID": str(item),
            "PDG_ITEM_NAME": f"item{item}",
            "PDG_JOBID": "the job",
            "PDG_JOBID_VAR": "PDG_JOBID",
            "PDG_TEMP": str(self.folder / "temp"),
        }
        if self.server is not None:
            pdgs["PDG_RESULT_SERVER"] = self.server.address
        return {**os.environ, **houdinis, **pdgs, **self.more}

    def start(self, command: str, item: int) -> "Task":
        """Run a command; its output goes to the item's log."""
        logs = self.folder / "temp" / "logs"
        logs.mkdir(parents=True, exist_ok=True)
        with (logs / f"item{item}.log").open("wb") as log:
            process = subprocess.Popen(
                shlex.split(self.expand(command, item)),
                cwd=self.folder,
                env=self.environment(item),
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return Task(process, Path(log.name))


@dataclass
class Task:
    """A work item's process."""

    process: "subprocess.Popen[bytes]"
    log: Path

    def wait(self) -> int:
        """Its exit code."""
        return self.process.wait(PATIENCE)

    def cancel(self, how: signal.Signals) -> int:
        """End it, and no other process of it, as a scheduler may; returns its exit code."""
        self.process.send_signal(how)
        return self.wait()

    @property
    def said(self) -> str:
        """What it printed."""
        return self.log.read_text(encoding="utf-8", errors="replace")


def processes_about(folder: Path) -> list[int]:
    """Processes other than this one whose command line names a folder; Linux alone."""
    name = os.fsencode(folder)
    found = []
    for path in Path("/proc").iterdir():
        if path.name.isdecimal() and int(path.name) != os.getpid():
            try:
                if name in (path / "cmdline").read_bytes():
                    found.append(int(path.name))
            except OSError:
                continue  # gone meanwhile
    return found
