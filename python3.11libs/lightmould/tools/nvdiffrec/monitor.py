"""What nvdiffrec's lines mean: events, how far it is, and how long it may be silent.

nvdiffrec knows the rest of its current pass alone, and says nothing of the other, nor of what lies
between them.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from math import isfinite

from lightmould.errors import ReconstructionError
from lightmould.formats.nvdiffrec import Config, lines
from lightmould.formats.nvdiffrec.log import Step
from lightmould.model import Event, Metric, Progress, Warned

ATLAS = 0.05
"""Of a pass's time: what unwrapping a clean mesh takes, until it is known."""

SAVING = 3.0
"""Seconds for the last mesh and its textures."""

SPAN = 400
"""Steps whose mean time counts as the pace: meshes, and so steps, get smaller."""


_TOLD_EVERY = 10  # steps
_ITS_OWN = frozenset({"config", "out_dir", "local_rank", "multi_gpu"})  # keys that it changes


class Stage(Enum):
    """What nvdiffrec is at; the values are said to people."""

    STARTING = "starting: libraries, pictures"
    BUILDING = "compiling, which the first run on a machine does for minutes"
    SHAPE = "first pass: shape"
    ATLAS = "unwrapping the mesh, which is silent"
    TEXTURES = "second pass: textures"
    VALIDATION = "scoring views"
    WRITING = "writing the mesh"
    DONE = "done"


@dataclass(slots=True)
class Monitor:
    """Folds lines, in the order and at the times they came, into events.

    Attributes:
        config: what nvdiffrec was told.
        began: when it was started; seconds, of any clock, as are all times here.
        stage: what it is at.
        heard: when it last gave a sign of life.
        pass_index: 0, then 1.
        iteration: the last step told of the pass; -1 before any.
        psnr: dB, of the last validation.
        lock: the lock file that torch waits for.
        compiling: whether torch is seen to compile, of which it may say nothing.
    """

    config: Config
    began: float
    stage: Stage = Stage.STARTING
    heard: float = field(init=False)
    pass_index: int = 0
    iteration: int = -1
    psnr: float | None = None
    lock: str = ""
    compiling: bool = False
    _views: int = 0
    _not_numbers: int = 0
    _in_flags: int = 0
    _unwrapped: bool = False
    _validations: int = 0
    _fraction: float = 0.0
    _earlier_pace: float | None = None
    _times: deque[tuple[int, float]] = field(default_factory=deque)

    def __post_init__(self) -> None:
        self.heard = self.began
        self._unwrapped = self.config.passes == 1

    @property
    def fraction(self) -> float:
        """Share of all steps of all passes that are done."""
        steps = self.config.iter + 1
        done = self.pass_index * steps + self.iteration + 1
        self._fraction = max(self._fraction, done / (self.config.passes * steps))
        return 1.0 if self.stage is Stage.DONE else min(self._fraction, 0.999)

    @property
    def _is_at_end(self) -> bool:
        """Whether no further step of the pass will be told: every tenth is."""
        return self.iteration + _TOLD_EVERY > self.config.iter

    def eta(self, now: float) -> float | None:
        """Seconds until the end; None before there is a pace."""
        pace = self._pace()
        if pace is None:
            return None
        steps = self.config.iter + 1
        left = (self.config.passes - self.pass_index) * steps - self.iteration - 1
        silent = 0.0 if self._unwrapped else ATLAS * steps
        if self.config.validate:
            each = self._views / self.config.batch
            silent += (self.config.passes - self._validations) * each
        since = now - self._times[-1][1] if self._times else 0.0
        last = 0.0 if self.stage is Stage.DONE else SAVING
        return max(pace * (left + silent) + last - since, 0.0)

    def hear(self, line: str, now: float) -> Iterator[Event]:
        """What a line tells.

        Raises:
            ReconstructionError: the losses are no numbers any more.
        """
        self.heard = now
        if line.strip() == "-" * 9:
            self._in_flags += 1
            return
        if self._in_flags == 1:
            yield from self._flag(line)
            return
        told = lines.read(line)
        if isinstance(told, Step):
            yield from self._step(told, now)
        elif told is not None:
            self._turn(told)
            yield from self._said(told, now)

    def progress(self, now: float) -> Progress:
        """How far it is, said anew, since silence is no standstill."""
        waited = now - self.heard
        silence = f", silent for {waited:.0f} s" if waited > 30 else ""
        silent_build = self.stage is Stage.STARTING and self.compiling
        stage = Stage.BUILDING if silent_build else self.stage
        return Progress(self.fraction, stage.value + silence, self.eta(now))

    def _step(self, told: Step, now: float) -> Iterator[Event]:
        if told.iteration < self.iteration and self.pass_index + 1 < self.config.passes:
            self._earlier_pace = self._pace()
            self.pass_index += 1
            self._times.clear()
        last = self.config.passes - 1
        self.stage = Stage.TEXTURES if self.pass_index == last else Stage.SHAPE
        self.iteration = told.iteration
        self._times.append((told.iteration, now))
        while self._times[-1][0] - self._times[0][0] > SPAN:
            self._times.popleft()
        yield from self._losses(told)
        if self._is_at_end:
            self.stage = Stage.WRITING if self.pass_index == last else Stage.ATLAS
        yield self.progress(now)

    def _losses(self, told: Step) -> Iterator[Event]:
        step = self.pass_index * (self.config.iter + 1) + told.iteration
        values = {"img_loss": told.image_loss, "reg_loss": told.other_loss}
        odd = [name for name, value in values.items() if not isfinite(value)]
        for name, value in values.items():
            if name not in odd:
                yield Metric(name, step, value)
        yield Metric("learning_rate", step, told.rate)
        yield Metric("milliseconds", step, told.seconds * 1000)
        self._not_numbers = self._not_numbers + 1 if odd else 0
        if self._not_numbers == 1:
            yield Warned(f"Step {step}: {' and '.join(odd)} not a number. The next steps decide.")
        elif self._not_numbers > 1:
            wanted = "numbers; from these it never comes back"
            fix = (
                "Check the poses (lightmould poses check) and the masks; if they are good, halve "
                "learning_rate, or begin again: nvdiffrec is not seeded."
            )
            found = f"{' and '.join(odd)} not a number for 10 steps, at step {step}"
            raise ReconstructionError("nvdiffrec", found, wanted, fix)

    def _turn(self, told: lines.Told) -> None:
        """Notice where in its course nvdiffrec is."""
        two_passes_ahead = self.pass_index + 1 < self.config.passes
        match told:
            case lines.Building() | lines.Locked():
                self.stage = Stage.BUILDING
                self.lock = told.path if isinstance(told, lines.Locked) else ""
            case lines.Encoder() | lines.Built():
                self.stage = Stage.SHAPE if isinstance(told, lines.Encoder) else Stage.STARTING
                self.lock = ""
            case lines.Pictures():
                self._views = told.count  # the last told are those to validate with
            case lines.Validation():
                self.stage, self._validations = Stage.VALIDATION, self._validations + 1
            case lines.Score():
                self.stage = Stage.ATLAS if two_passes_ahead else Stage.WRITING
            case lines.Base():
                self._unwrapped, self.stage = True, Stage.TEXTURES
            case lines.Exported() if not two_passes_ahead and self._is_at_end:
                self.stage = Stage.DONE

    def _said(self, told: lines.Told, now: float) -> Iterator[Event]:
        step = self.pass_index * (self.config.iter + 1) + max(self.iteration, 0)
        match told:
            case lines.Reference(faces, vertices) | lines.Base(faces, vertices):
                which = "reference" if isinstance(told, lines.Reference) else "found"
                yield Metric(f"{which}_faces", step, faces)
                yield Metric(f"{which}_vertices", step, vertices)
            case lines.Score(mse, psnr):
                self.psnr = psnr if isfinite(psnr) else None
                yield from (
                    Metric(name, step, value)
                    for name, value in (("mse", mse), ("psnr", psnr))
                    if isfinite(value)
                )
            case lines.Counted(count, what):
                yield Metric(f"written_{what}", step, count)
            case lines.Caution(text):
                yield Warned(text)
            case lines.NotSaved(path):
                yield Warned(f"nvdiffrec could not save {path}.")
            case lines.Locked(path):
                yield Warned(f"torch waits for another compiler's lock, {path}.")
            case _:
                yield Progress(self.fraction, _words(told) or self.stage.value, self.eta(now))

    def _flag(self, line: str) -> Iterator[Event]:
        """A key as nvdiffrec took it; what it took otherwise than it was told is told."""
        told = lines.flag(line)
        if told is not None and told.name in {*self.config.__slots__} - _ITS_OWN:
            wanted = getattr(self.config, told.name)
            if not _same(told.value, wanted):
                yield Warned(f"nvdiffrec took {told.name} as {told.value}, not as {wanted}.")

    def _pace(self) -> float | None:
        """Seconds a step."""
        if len(self._times) < 2:
            return self._earlier_pace
        (first, then), (last, now) = self._times[0], self._times[-1]
        return (now - then) / (last - first)


def _words(told: lines.Told) -> str:
    """A line that is worth a few words."""
    match told:
        case lines.Pictures(kind, count, (width, height)):
            return f"{count} pictures of {width}x{height}, {kind}"
        case lines.Building(name):
            return f"compiling {name}, which takes minutes the first time"
        case lines.Built(name):
            return f"{name} is compiled"
        case lines.Writing(path, kind):
            return f"writing the {kind}, {path}"
        case lines.Note(text):
            return text
        case _:
            return ""


def _same(text: str, wanted: object) -> bool:
    """Whether text is how Python writes a value, give or take kinds of numbers and lists."""
    return _plain(text) == _plain(str(wanted))


def _plain(text: str) -> str:
    for old, new in (("(", "["), (")", "]"), (",]", "]"), (" ", ""), ("'", ""), ('"', "")):
        text = text.replace(old, new)
    parts = text.replace("[", "[,").replace("]", ",]").split(",")
    return ",".join(_number(part) for part in parts)


def _number(part: str) -> str:
    try:
        return repr(float(part))
    except ValueError:
        return part
