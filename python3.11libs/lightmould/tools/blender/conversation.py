"""What our side and the script in Blender say to each other while views are rendered.

Blender says lines on standard output: events, as all our programs do, and what is below, each
marked. A `Taken` without a file is followed by its pixels: layer after layer, rows from below,
float32 in the machine's order. On its standard input Blender gets an `Order`, then `Batch`es; its
end is the end.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from lightmould.errors import FormatError
from lightmould.formats import codec
from lightmould.formats.events import MARK
from lightmould.model import Frame
from lightmould.settings import DeviceName, EngineName

Route: TypeAlias = Literal["memory", "file"]


@dataclass(frozen=True, slots=True)
class Hello:
    """Blender runs.

    Attributes:
        version: of Blender.
    """

    version: str


@dataclass(frozen=True, slots=True)
class Ready:
    """The stage is set and a test was rendered.

    Attributes:
        engine: Blender's name of the engine that makes the pictures.
        device: what it renders on.
        instances: names of the objects, in the order of their numbers.
        test: file of the test's layers; they follow from memory, too, as a `Taken`, if the
            engine let them be had.
        in_memory: whether they do.
    """

    engine: str
    device: str
    instances: tuple[str, ...]
    test: Path
    in_memory: bool


@dataclass(frozen=True, slots=True)
class Layer:
    """One of the layers of a frame.

    Attributes:
        name: as Blender calls it.
        channels: floats a pixel.
    """

    name: str
    channels: int


@dataclass(frozen=True, slots=True)
class Taken:
    """A frame was rendered.

    Attributes:
        frame: which.
        size: (width, height), pixels.
        layers: in the order of their pixels.
        file: a multi-layer EXR that has them; None if they follow.
    """

    frame: Frame
    size: tuple[int, int]
    layers: tuple[Layer, ...]
    file: Path | None

    @property
    def floats(self) -> int:
        """How many follow."""
        return self.size[0] * self.size[1] * sum(layer.channels for layer in self.layers)


@dataclass(frozen=True, slots=True)
class Order:
    """What to render with.

    Attributes:
        engine: for the pictures; data is always Cycles'.
        device: where Cycles renders.
        scratch: folder for files that go from Blender to us.
    """

    engine: EngineName
    device: DeviceName
    scratch: Path


@dataclass(frozen=True, slots=True)
class Batch:
    """What to render now.

    Attributes:
        route: how the pixels are to come.
        frames: in this order.
    """

    route: Route
    frames: tuple[Frame, ...]


@dataclass(frozen=True, slots=True)
class _Said:
    said: Hello | Ready | Taken


def parse(line: str) -> Hello | Ready | Taken | None:
    """What a line of Blender's says beyond events; None for anything else."""
    if not line.startswith(MARK):
        return None
    try:
        return codec.read(_Said, line.removeprefix(MARK), "standard output").said
    except FormatError:
        return None
