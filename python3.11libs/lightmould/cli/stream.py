"""`lightmould stream`: live frames out of Blender, measured, recorded, served to other hosts."""

import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType
from typing import Annotated

from cyclopts import App, Parameter

from lightmould import settings
from lightmould.cli import terminal
from lightmould.formats import codec
from lightmould.formats.files import file_hash
from lightmould.jobs import stop
from lightmould.model import Progress
from lightmould.stream import endpoint, recording
from lightmould.stream.connection import Connection
from lightmould.stream.endpoint import Endpoints
from lightmould.stream.instance import Terms
from lightmould.stream.launcher import BlenderLauncher, Launch, Own
from lightmould.stream.measure import Measured, measure
from lightmould.stream.recorder import Recorder
from lightmould.stream.source import Request
from lightmould.tools import blender
from lightmould.tools.blender.program import SCRIPTS

app = App(name="stream", help="Live frames out of Blender: measure, record, serve to other hosts.")

ENDPOINTS = "endpoints.json"

_FLAG = Parameter(negative="")
_HERE, _USUAL = Launch(), Terms()


@Parameter(name="*")
@dataclass(frozen=True)
class Producers:
    """Who makes the frames."""

    scene: Path | None = None
    """A .blend to open before the script runs."""

    instances: int = 1
    """Blenders side by side."""

    arguments: tuple[str, ...] = ()
    """For the script."""

    def launcher(self, script: Path, how: Launch = _HERE) -> BlenderLauncher:
        """All of them, once it is entered."""
        worker = settings.load(Path.cwd(), os.environ).worker
        program = blender.find(worker.blender, os.environ, worker.python or sys.executable)
        owns = [Own(self.arguments)] * self.instances
        return BlenderLauncher(self.scene, script, owns, replace(how, program=program))


ONE = Producers()


@app.command
def bench(
    script: Path | None = None,
    *,
    producers: Producers = ONE,
    items: int = 500,
    ahead: int = _USUAL.ahead,
    tcp: Annotated[bool, _FLAG] = False,
    json: Annotated[bool, _FLAG] = False,
) -> int:
    """Measure how fast frames come, and whether rendering, transfer or the consumer bounds it.

    Args:
        script: What makes frames; without one pictures of 640 x 480 are sent that nobody renders.
        producers: Who.
        items: Frames to measure.
        ahead: Frames that each instance may make ahead.
        tcp: Through a socket, as between hosts, although there is shared memory.
        json: Print numbers as JSON.
    """
    terms = Terms(ahead=ahead, shared=not tcp)
    with (
        _until_terminated(),
        producers.launcher(script or SCRIPTS / "pattern.py") as launcher,
        Connection(launcher.endpoints, terms) as source,
    ):
        launcher.wait()  # for all of them, so that none begins while others are measured
        found = measure(source, items, seed=0)
    sys.stdout.write(codec.write(found) if json else _table(found))
    return 0


@app.command
def record(  # noqa: PLR0913 - flags
    script: Path,
    *,
    out: Path,
    items: int,
    epochs: int = 1,
    seed: int = 0,
    producers: Producers = ONE,
    json: Annotated[bool, _FLAG] = False,
) -> int:
    """Record frames into plain files, to be replayed exactly without Blender.

    Run again, it goes on where it was.

    Args:
        script: What makes frames.
        out: Folder of the recording.
        items: Frames of an epoch.
        epochs: How many.
        seed: Of chance.
        producers: Who.
        json: Print the manifest as JSON instead of drawing progress.
    """
    words = {"script": file_hash(script), "seed": seed, "arguments": [*producers.arguments]}
    if producers.scene is not None:
        words["scene"] = file_hash(producers.scene)
    asked = (Request(index, epoch, seed) for epoch in range(epochs) for index in range(items))
    with (
        _until_terminated(),
        terminal.bar("record", quiet=json) as told,
        producers.launcher(script) as launcher,
        Connection(launcher.endpoints) as source,
        Recorder(source, out, words) as recorder,
    ):
        for count, item in enumerate(recorder.ask(asked), 1):
            told(Progress(count / (items * epochs), str(item.request)))
    said = (out / recording.MANIFEST).read_text(encoding="utf-8")
    sys.stdout.write(said if json else f"recorded {out}\n")
    return 0


@app.command
def serve(
    script: Path,
    *,
    out: Path,
    address: str,
    host: str | None = None,
    port: int = 0,
    producers: Producers = ONE,
) -> int:
    """Let other hosts have frames, until Ctrl-C.

    Copy the folder to where training runs, and keep it to yourself: who has its token may ask.

    Args:
        script: What makes frames.
        out: Folder for endpoints.json, the token and the logs.
        address: Name or address by which others reach this host.
        host: Address to listen on; by default the same.
        port: Of the first instance, the next one for the next; 0 for any that are free.
        producers: Who.
    """
    how = Launch(host=host or address, port=port, folder=out)
    with _until_terminated(), producers.launcher(script, how) as launcher:
        found = launcher.endpoints
        reached = tuple(replace(each, host=address, log=None) for each in found.instances)
        endpoint.write(Endpoints(reached, Path(found.token.name)), out / ENDPOINTS)
        launcher.wait()
        sys.stdout.write(f"serving {out / ENDPOINTS}\n")
        sys.stdout.flush()
        while True:
            launcher.check()
            time.sleep(1)


@contextmanager
def _until_terminated() -> Iterator[None]:
    """SIGTERM ends the block as Ctrl-C does."""

    def end(_number: int, _frame: FrameType | None) -> None:
        raise stop.Stopped(stop.TERMINATED)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _table(found: Measured) -> str:
    megabytes = found.bytes / 1e6
    rows = {
        "frames": f"{found.items} of {megabytes:.2f} MB, {found.shared:.0%} through shared memory",
        "frames/s": f"{found.items_per_s:.1f}  ({megabytes * found.items_per_s:.0f} MB/s)",
        "render": f"{found.render_ms:.2f} ms a frame, in each instance",
        "transfer": f"{found.transfer_ms:.2f} ms",
        "wait": f"{found.wait_ms:.2f} ms for the next frame",
        "idle": f"{found.idle_ms:.2f} ms of producers, for want of requests",
        "queues": f"{found.in_flight:.1f} asked for, {found.unread:.1f} made and not used yet",
        "again": f"{found.again} asked for twice",
    }
    return "".join(f"{name:9} {said}\n" for name, said in rows.items())
