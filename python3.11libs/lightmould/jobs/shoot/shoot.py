"""Renders what is missing of a request, whatever happens to Blender meanwhile.

A Blender that dies costs the view it was at: the others go on in a new one, and at the end that
view is tried once more, alone. If it kills that Blender too, it is named, with its last words.
"""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from lightmould.dataset import records
from lightmould.errors import ToolError
from lightmould.jobs.claim import claimed
from lightmould.jobs.failure import CommandError, ReportedError
from lightmould.jobs.shoot.ledger import Ledger, Maker
from lightmould.jobs.shoot.session import Session
from lightmould.jobs.shoot.writer import Writer
from lightmould.model import Command, Dataset, Event, Frame, Warned, Wrote
from lightmould.tools.blender import RenderRequest
from lightmould.tools.blender.conversation import Order

Tell: TypeAlias = Callable[[Event], None]

_HELPLESS = 3
"""Blenders in a row that die without a frame, after which no other is started."""


@dataclass(frozen=True, slots=True)
class Means:
    """What renders.

    Attributes:
        command: starts Blender with the request.
        log: the file that keeps what we print; None if none does.
    """

    command: Command
    log: Path | None = None


def shoot(asked: RenderRequest, planned: Dataset, means: Means, tell: Tell) -> None:
    """Render what is missing of a request; views.json is written last.

    Args:
        asked: views, and where their files are to lie.
        planned: the dataset that they are of.
        means: Blender.
        tell: gets every event.

    Raises:
        ToolError: Blender can't be had, or can't render some views, which are named; the others
            are done.
        JobError: somebody else renders into the folder, or it can't be written or is too full.
        LostError: this process slept so long that somebody else took the folder over.
        DatasetError: a view is not planned, or Blender hands over something else.
    """
    ledger = Ledger(asked, planned)
    ledger.make_folders()
    with (
        claimed(asked.folder / records.FOLDER) as lease,
        tempfile.TemporaryDirectory() as scratch,
        Writer(ledger, tell, lease.check) as writer,
    ):
        order = Order(asked.engine, asked.device, Path(scratch))
        _Shoot(ledger, writer, means, (order, asked.recycle), tell).run()
        lease.check()
        ledger.tidy()
        ledger.close(writer.done)


class _Shoot:
    """One run: Blenders one after another, until nothing is left to try."""

    def __init__(
        self, ledger: Ledger, writer: Writer, means: Means, how: tuple[Order, int], tell: Tell
    ) -> None:
        self._ledger = ledger
        self._writer = writer
        self._means = means
        self._order, self._recycle = how
        self._tell = tell
        self._said: set[str] = set()
        self._waiting: dict[Frame, None] | None = None  # in order; None until Blender says hello
        self._suspects: dict[str, list[Frame]] = {}
        self._guilty: dict[str, str] = {}
        self._deaths = 0

    def run(self) -> None:
        """See `shoot`, but for what comes last."""
        while self._waiting is None or self._waiting or self._suspects:
            self._sit(self._suspect if self._waiting == {} else self._next)
            self._writer.finish()
        if self._guilty:
            raise _unable(self._ledger.folder, self._guilty)

    def _sit(self, choose: Callable[[str], list[Frame]]) -> None:
        """One Blender: what `choose` picks when it hears the version, as far as that comes."""
        left: list[Frame] | None = None
        greeted = False
        try:
            with Session(self._means.command, self._means.log, self._tell_once) as blender:
                version = blender.hello().version
                greeted = True
                batch = choose(version)
                if not batch:
                    return
                ready, route = blender.prepare(self._order)
                self._refuse_mixture(ready.engine)
                maker = Maker(version, ready.engine, ready.device, ready.instances)
                left = batch
                for frame, layers in blender.take(route, batch):
                    left = left[1:]
                    self._deaths = 0
                    self._strike(frame)
                    self._writer.put(frame, layers, maker)
        except CommandError as death:
            if left is None:
                self._bear_start(death, greeted=greeted)
            else:
                self._bear(death, left[0].view)

    def _next(self, blender: str) -> list[Frame]:
        """The next frames; data first, as changing scenes costs Blender more."""
        if self._waiting is None:
            self._look(blender)
        views = dict.fromkeys(frame.view for frame in self._waiting or ())
        some = set([*views][: self._recycle])
        batch = [frame for frame in self._waiting or () if frame.view in some]
        return sorted(batch, key=lambda frame: frame.kind == "color")

    def _suspect(self, _blender: str) -> list[Frame]:
        return [*next(iter(self._suspects.values()))]

    def _look(self, blender: str) -> None:
        """See what is done; tell it again, for an earlier run may have been killed before."""
        done = self._ledger.done(blender)
        for record in done.values():
            for name in record.files:
                self._tell(Wrote(name, "kept"))
        missing = self._ledger.missing(done)
        if missing:
            self._ledger.check_room(missing)
            self._ledger.open()
        self._writer.done |= done
        self._writer.views = len({frame.view for frame in missing})
        self._waiting = dict.fromkeys(missing)

    def _refuse_mixture(self, engine: str) -> None:
        """Have pictures by another engine made again."""
        others = [
            frame
            for frame, record in self._writer.done.items()
            if frame.kind == "color" and record.engine != engine
        ]
        for frame in others:
            del self._writer.done[frame]
        self._waiting = {**(self._waiting or {}), **dict.fromkeys(others)}
        self._writer.views += len(others)

    def _strike(self, frame: Frame) -> None:
        if frame.view in self._suspects:
            self._suspects[frame.view].remove(frame)
            if not self._suspects[frame.view]:
                del self._suspects[frame.view]
        elif self._waiting is not None:
            del self._waiting[frame]

    def _bear_start(self, death: CommandError, *, greeted: bool) -> None:
        """Try again after a Blender that took no frame; what a test kills, Cycles may survive."""
        if isinstance(death, ReportedError):
            raise death
        self._count(death)
        safe = Order("cycles", "cpu", self._order.scratch)
        after = "another one is started"
        if greeted and self._order != safe:
            self._order, after = safe, "the next one uses Cycles on the processor"
        self._tell(Warned(f"Blender died before its first frame: {after}. {death}"))

    def _bear(self, death: CommandError, view: str) -> None:
        """Set aside the view at which Blender died, or give it up if it was alone."""
        if view in self._suspects:
            del self._suspects[view]
            self._guilty[view] = str(death)
            return
        self._count(death)
        waiting = self._waiting or {}
        self._suspects[view] = [frame for frame in waiting if frame.view == view]
        self._waiting = {frame: None for frame in waiting if frame.view != view}
        after = "the others go on, then it is tried again, alone"
        self._tell(Warned(f"Blender died at view {view}: {after}. {death}"))

    def _count(self, death: CommandError) -> None:
        self._deaths += 1
        if self._deaths == _HELPLESS:
            raise death

    def _tell_once(self, event: Event) -> None:
        """What each new Blender says again is told once."""
        if isinstance(event, Warned):
            if event.message in self._said:
                return
            self._said.add(event.message)
        self._tell(event)


def _unable(folder: Path, guilty: dict[str, str]) -> ToolError:
    names = ", ".join(guilty)
    found = f"no picture of {len(guilty)} views, at which Blender died twice: {names}"
    last = "".join(f"\n{name}: {words}" for name, words in guilty.items())
    fix = "All others are done. What is wrong with these may be in its last words:"
    return ToolError(folder, found, "all that were asked for", f"{fix}{last}")
