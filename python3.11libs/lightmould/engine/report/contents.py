"""What a report tells."""

from dataclasses import dataclass
from pathlib import Path

from lightmould.engine.measure.metrics import Metrics
from lightmould.errors import SettingsError
from lightmould.model import ViewResult


@dataclass(frozen=True, slots=True)
class Curve:
    """A number over the steps of the optimization.

    Attributes:
        name: for people, for example "Shape: loss".
        steps: rising.
        values: one a step; what is not finite is left out of the drawing.
        unit: of the values; empty where there is none.
    """

    name: str
    steps: tuple[int, ...]
    values: tuple[float, ...]
    unit: str = ""

    def __post_init__(self) -> None:
        if len(self.steps) != len(self.values):
            found = f"{len(self.steps)} steps and {len(self.values)} values"
            raise SettingsError(f"curve {self.name!r}", found, "as many of both", "Pair them.")


@dataclass(frozen=True, slots=True)
class Timing:
    """How long a stage took.

    Attributes:
        name: for people.
        seconds: wall time.
    """

    name: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Fact:
    """A number that only a known source can give.

    Attributes:
        name: for people, for example "Albedo error".
        value: finite.
        unit: empty where there is none.
        meaning: one sentence.
    """

    name: str
    value: float
    unit: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Output:
    """A file that was made.

    Attributes:
        name: relative to the asset's folder.
        bytes: its size.
    """

    name: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that the page shows; what is empty is left out.

    Attributes:
        title: of the page.
        metrics: the headline.
        settings: name and value of every setting that matters.
        warnings: what a person should know of how it went.
        curves: in the order of the stages.
        views: the held-out ones, in any order.
        film: stage and picture (PNG or JPEG) of one view after it, in the order they ran.
        textures: label and picture (PNG or JPEG), light probes tone-mapped.
        stages: in the order they ran.
        known: numbers against the known source beyond the metrics.
        outputs: the asset's files.
        before: steps of the job before this one, in the order they ran.
    """

    title: str
    metrics: Metrics
    settings: tuple[tuple[str, str], ...] = ()
    warnings: tuple[str, ...] = ()
    curves: tuple[Curve, ...] = ()
    views: tuple[ViewResult, ...] = ()
    film: tuple[tuple[str, Path], ...] = ()
    textures: tuple[tuple[str, Path], ...] = ()
    stages: tuple[Timing, ...] = ()
    known: tuple[Fact, ...] = ()
    outputs: tuple[Output, ...] = ()
    before: tuple[Timing, ...] = ()
