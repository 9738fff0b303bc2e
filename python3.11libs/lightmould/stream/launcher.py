"""Blenders in the background, each running a script that serves frames: started, watched, ended."""

import os
import queue
import secrets
import shutil
import sys
import tempfile
import threading
import time
import weakref
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Self

from lightmould.errors import SettingsError, ToolError
from lightmould.jobs.child import Arrivals, Line
from lightmould.jobs.guard import GRACE
from lightmould.stream.endpoint import Endpoints
from lightmould.stream.watched import Watched, open_place
from lightmould.tools import blender
from lightmould.tools.blender import Blender
from lightmould.tools.blender.inside.trust import MODE

_PAUSE = 0.1  # seconds between two looks at what is due
_PATIENCE = 10.0  # seconds for killed programs to be gone
_BACKLOG = 1000  # lines that wait to be written; who prints more has to wait
# Bytes. Pictures come and go: glibc would give their memory back each time, to get it anew, zeroed.
_KEPT = {"MALLOC_MMAP_THRESHOLD_": str(32 << 20), "MALLOC_TRIM_THRESHOLD_": str(256 << 20)}


@dataclass(frozen=True, slots=True)
class Own:
    """What one instance has for itself.

    Attributes:
        arguments: for its script.
        env: variables to set on a scrubbed environment; None unsets one.
    """

    arguments: tuple[str, ...] = ()
    env: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Launch:
    """How producers are started.

    Attributes:
        program: who runs the script; None for the first of LIGHTMOULD_BLENDER, `blender` on PATH,
            and this Python with its bpy.
        host: to listen on; others than 127.0.0.1 let other hosts in, if they know the token.
        port: of the first instance, the next one for the next; 0 for any that are free.
        folder: for logs and the token; None for one that is removed in the end.
    """

    program: Blender | None = None
    host: str = "127.0.0.1"
    port: int = 0
    folder: Path | None = None


_LAUNCH = Launch()


class BlenderLauncher:
    """Producers that run for as long as the block lasts, and never longer.

    Who ends is started again; who ends three times before it serves anything is given up. However
    this process ends, they end, too.

    Args:
        scene: a .blend that is opened first; None for what Blender begins with.
        script: runs in each of them; see `lightmould.tools.blender.inside.publisher`.
        instances: how many, or what each of them has for itself.
        how: they are started.

    Raises:
        SettingsError: there is no such file, or nobody can listen there.
        ToolError: there is no such Blender.
    """

    def __init__(
        self,
        scene: Path | None,
        script: Path,
        instances: int | Sequence[Own] = 1,
        how: Launch = _LAUNCH,
    ) -> None:
        for file in (scene, script):
            if file is not None and not file.is_file():
                raise SettingsError(file, "no such file", "a file", "Correct the path.")
        self._scene = scene and scene.resolve()
        self._script = script.resolve()
        self._owns = [Own()] * instances if isinstance(instances, int) else [*instances]
        if not self._owns:
            raise SettingsError("instances", "none", "at least one", "Start one.")
        self._how = how
        self._program = how.program or blender.find(None, os.environ, sys.executable)
        self._watched: list[Watched] = []
        self._arrivals: Arrivals = queue.Queue(_BACKLOG)
        self._stopping = threading.Event()
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self._folder = Path()
        self._owner = os.getpid()

    def __enter__(self) -> Self:
        self._folder = self._how.folder or Path(tempfile.mkdtemp(prefix="lightmould-stream-"))
        self._folder = self._folder.resolve()
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._write_token()
            for index, own in enumerate(self._owns):
                self._watched.append(self._prepared(index, own))
        except BaseException:
            self._close()
            self._clean_up()
            raise
        _forked_children_let_go()
        _launchers.add(self)
        self._watcher.start()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        if os.getpid() == self._owner:
            self.stop()

    @property
    def endpoints(self) -> Endpoints:
        """Where consumers find the producers."""
        return Endpoints(tuple(each.endpoint for each in self._watched), self._token)

    @property
    def starts(self) -> tuple[int, ...]:
        """How often each instance was started."""
        return tuple(each.starts for each in self._watched)

    def check(self) -> None:
        """Nothing, as long as there is hope.

        Raises:
            ToolError: all instances were given up; of the first one, with the end of its log.
        """
        errors = [each.error for each in self._watched]
        if errors[0] is not None and all(errors):
            raise errors[0]

    def wait(self, seconds: float = 60.0) -> None:
        """Until all instances serve. There is no need to: consumers wait by themselves.

        Raises:
            ToolError: one was given up, or does not serve in time.
        """
        give_up = time.monotonic() + seconds
        while not all(each.serving for each in self._watched):
            for each in self._watched:
                if each.error is not None:
                    raise each.error
                if time.monotonic() > give_up and not each.serving:
                    fix = f"Read its log, {each.endpoint.log}."
                    found, wanted = "nothing served yet", f"a producer within {seconds:g} s"
                    raise ToolError(each.endpoint.name, found, wanted, fix)
            time.sleep(_PAUSE)

    def stop(self) -> None:
        """End all instances: politely, then not."""
        self._stopping.set()
        self._watcher.join(GRACE + 1)
        if self._watcher.is_alive():
            for each in self._watched:
                each.kill()
            self._watcher.join(_PATIENCE)
        _launchers.discard(self)
        self._clean_up()

    def let_go(self) -> None:
        """In a process that was forked from ours: it is not the one whose end is awaited."""
        for each in self._watched:
            each.let_go()

    @property
    def _token(self) -> Path:
        return self._folder / "token"

    def _write_token(self) -> None:
        self._token.unlink(missing_ok=True)
        number = os.open(self._token, os.O_WRONLY | os.O_CREAT | os.O_EXCL, MODE)
        with os.fdopen(number, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(32))

    def _prepared(self, index: int, own: Own) -> Watched:
        name = f"blender-{index}"
        port = self._how.port + index if self._how.port else 0
        command = blender.produce(
            self._program, self._scene, self._script, own.arguments, Path.cwd()
        )
        env = {
            "LIGHTMOULD_STREAM_TOKEN": str(self._token),
            "LIGHTMOULD_STREAM_INSTANCE": name,
            **_KEPT,
            **own.env,
        }
        place = open_place(self._how.host, port)
        command = replace(command, title=name, env=env)
        return Watched(index, command, place, self._folder / f"{name}.log")

    def _watch(self) -> None:
        while not self._stopping.is_set() or any(each.running for each in self._watched):
            for each in self._watched:
                if self._stopping.is_set():
                    each.stop()
                else:
                    with _starting:
                        each.start_if_due(time.monotonic(), os.environ, self._arrivals)
            with suppress(queue.Empty):
                arrival = self._arrivals.get(timeout=_PAUSE)
                each = self._watched[arrival.child.index]
                if isinstance(arrival, Line):
                    each.heed(arrival.text)
                else:
                    each.ended(arrival.code, time.monotonic())
        self._close()

    def _close(self) -> None:
        for each in self._watched:
            each.close()

    def _clean_up(self) -> None:
        self._token.unlink(missing_ok=True)
        if self._how.folder is None:
            shutil.rmtree(self._folder, ignore_errors=True)


_launchers: "weakref.WeakSet[BlenderLauncher]" = weakref.WeakSet()
_starting = (
    threading.Lock()
)  # held while a program is started: no fork may copy its pipes half-made


@cache
def _forked_children_let_go() -> None:
    """See to it, once, that a forked process does not keep what its parent started alive."""
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(
            before=_starting.acquire, after_in_parent=_starting.release, after_in_child=_let_go
        )


def _let_go() -> None:
    _starting.release()
    for launcher in _launchers:
        launcher.let_go()
