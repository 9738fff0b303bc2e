"""Renders what is missing of a request, whatever happens to Blender meanwhile.

A Blender that dies costs the view it was at: the others go on in a new one, and at the end that
view is tried again, alone. If it kills that Blender too, it is set aside, with its last words.
"""

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

from lightmould.dataset import quarantine, records
from lightmould.dataset.quarantine import SetAside
from lightmould.errors import ToolError
from lightmould.jobs.claim import claimed
from lightmould.jobs.failure import CommandError, ReportedError
from lightmould.jobs.shoot.ledger import Ledger, Maker
from lightmould.jobs.shoot.session import Session
from lightmould.jobs.shoot.suspects import Suspects
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
        ToolError: Blender can't be had, or can't render more views than may be missing, which are
            named and set aside; the others are done.
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
        guilty = _Shoot(ledger, writer, means, (order, asked), tell).run()
        lease.check()
        quarantine.write(asked.folder, guilty)
        if guilty:
            _make_do(asked, guilty, tell)
        ledger.tidy()
        ledger.close(writer.done, guilty)


class _Shoot:
    """One run: Blenders one after another, until nothing is left to try."""

    def __init__(
        self,
        ledger: Ledger,
        writer: Writer,
        means: Means,
        how: tuple[Order, RenderRequest],
        tell: Tell,
    ) -> None:
        self._ledger = ledger
        self._writer = writer
        self._means = means
        self._order, asked = how
        self._recycle, self._frame_minutes = asked.recycle, asked.frame_minutes
        self._tell = tell
        self._said: set[str] = set()
        self._waiting: dict[Frame, None] | None = None  # in order; None until Blender says hello
        self._suspects = Suspects(asked.deaths)
        self._deaths = 0
        self._version = ""

    def run(self) -> dict[str, SetAside]:
        """See `shoot`, but for what comes last; returns the views that are set aside."""
        while self._waiting is None or self._waiting or self._suspects:
            self._sit(self._suspect if self._waiting == {} else self._next)
            self._writer.finish()
        return self._suspects.guilty

    def _sit(self, choose: Callable[[str], list[Frame]]) -> None:
        """One Blender: what `choose` picks when it hears the version, as far as that comes."""
        left: list[Frame] | None = None
        greeted = False
        try:
            with Session(
                self._means.command, self._means.log, self._tell_once, 60 * self._frame_minutes
            ) as blender:
                version = self._version = blender.hello().version
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
        return self._suspects.next()

    def _look(self, blender: str) -> None:
        """See what is done; tell it again, for an earlier run may have been killed before."""
        done = self._ledger.done(blender)
        for record in done.values():
            for name in record.files:
                self._tell(Wrote(name, "kept"))
        guilty = self._suspects.guilty = self._ledger.set_aside(blender)
        missing = [frame for frame in self._ledger.missing(done) if frame.view not in guilty]
        if missing or guilty:
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
            self._suspects.strike(frame)
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
        """Keep the view at which Blender died for later, alone; or set it aside."""
        if view not in self._suspects:
            self._count(death)
            waiting = self._waiting or {}
            self._suspects.suspect(view, [frame for frame in waiting if frame.view == view])
            self._waiting = {frame: None for frame in waiting if frame.view != view}
        after = "the others go on, then it is tried again, alone"
        if self._suspects.blame(view, self._ledger.key(view), death, self._version):
            after = "it is set aside"
            quarantine.write(self._ledger.folder, self._suspects.guilty)
        if death.cause == "GPU memory" and self._order.engine in ("auto", "cycles"):
            self._order, after = replace(self._order, device="cpu"), f"{after}, on the processor"
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


def _make_do(asked: RenderRequest, guilty: Mapping[str, SetAside], tell: Tell) -> None:
    """Warn of views that are set aside; raise if they are more than may be missing, or all."""
    names, count = ", ".join(guilty), len(guilty)
    if count <= min(asked.allow_missing, len(asked.views) - 1):
        told = f"{count} views, at which Blender died again and again, are missing: {names}."
        tell(Warned(f"{told} {quarantine.NAME} says why."))
        return
    found = f"no picture of {count} views, at which Blender died {asked.deaths} times: {names}"
    last = "".join(f"\n{name}: {one.message}" for name, one in guilty.items())
    fix = "All others are done. `lightmould jobs retry` tries these again. Their last words:"
    wanted = f"all that were asked for, but {asked.allow_missing}"
    raise ToolError(asked.folder, found, wanted, f"{fix}{last}", "bad views")
