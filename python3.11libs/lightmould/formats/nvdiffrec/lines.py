"""nvdiffrec's lines on standard output, and torch's about what it compiles, as values.

Source: nvdiffrec's printed output; `log` writes the same lines.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from lightmould.formats.nvdiffrec.log import Step


@dataclass(frozen=True, slots=True)
class Flag:
    """A key and its value, as Python writes it, or a rule or heading around them."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Reference:
    """The mesh that is imitated."""

    faces: int
    vertices: int


@dataclass(frozen=True, slots=True)
class Pictures:
    """A folder of views; `size` is (width, height)."""

    kind: Literal["NERF", "LLFF"]
    count: int
    size: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Note:
    """Something that is told once, as it is."""

    text: str


@dataclass(frozen=True, slots=True)
class Caution:
    """A warning of its own, as it is."""

    text: str


@dataclass(frozen=True, slots=True)
class Encoder:
    """The first pass begins."""

    dims: int


@dataclass(frozen=True, slots=True)
class Building:
    """Torch compiles an extension, in silence, for minutes."""

    name: str


@dataclass(frozen=True, slots=True)
class Built:
    """Torch loads an extension: it is compiled."""

    name: str


@dataclass(frozen=True, slots=True)
class Locked:
    """Torch waits for a lock file in a build folder, for ever if need be."""

    path: str


@dataclass(frozen=True, slots=True)
class Validation:
    """Views are about to be scored, in silence."""


@dataclass(frozen=True, slots=True)
class Score:
    """Means over the views; the heading before them has none."""

    mse: float
    psnr: float


@dataclass(frozen=True, slots=True)
class Base:
    """The mesh that the second pass textures: the atlas is done."""

    faces: int
    vertices: int


@dataclass(frozen=True, slots=True)
class Writing:
    """A file is about to be written."""

    path: str
    kind: Literal["mesh", "material"]


@dataclass(frozen=True, slots=True)
class Counted:
    """So many of the mesh's parts are written."""

    count: int
    what: str


@dataclass(frozen=True, slots=True)
class Exported:
    """A mesh, its material and its light are written."""


@dataclass(frozen=True, slots=True)
class NotSaved:
    """A picture could not be written; nvdiffrec goes on."""

    path: str


Told: TypeAlias = (
    Flag
    | Reference
    | Pictures
    | Note
    | Caution
    | Encoder
    | Building
    | Built
    | Locked
    | Step
    | Validation
    | Score
    | Base
    | Writing
    | Counted
    | Exported
    | NotSaved
)

_NUMBER = r"-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?|nan|-?inf"
_PLAIN = r"\d+(?:\.\d+)?"
_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0}


def _step(found: re.Match[str]) -> Step:
    seconds = float(found["ms"]) / 1000
    rest = float(found["rem"]) * _UNITS[found["unit"]]
    return Step(
        iteration=int(found["it"]),
        image_loss=float(found["img"]),
        other_loss=float(found["reg"]),
        rate=float(found["lr"]),
        seconds=seconds,
        left=round(rest / seconds) if seconds else 0,
    )


_READERS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], Told]], ...] = tuple(
    (re.compile(pattern), make)
    for pattern, make in (
        (
            rf"iter=\s*(?P<it>\d+), img_loss=(?P<img>{_NUMBER}), reg_loss=(?P<reg>{_NUMBER}), "
            rf"lr=(?P<lr>{_PLAIN}), time=(?P<ms>{_PLAIN}) ms, "
            rf"rem=(?P<rem>{_PLAIN}) (?P<unit>[smh])\s*$",
            _step,
        ),
        (
            r"DatasetMesh: ref mesh has (\d+) triangles and (\d+) vertices",
            lambda found: Reference(int(found[1]), int(found[2])),
        ),
        (
            r"Dataset(NERF|LLFF): (\d+) images with shape \[(\d+), (\d+)\]",
            lambda found: Pictures(_kind(found[1]), int(found[2]), (int(found[4]), int(found[3]))),
        ),
        (r"DatasetLLFF: auto-centering at .*", lambda found: Note(found[0])),
        (r"FlexiCubes grid min/max .*", lambda found: Note(found[0])),
        (r"EnvProbe, .*", lambda found: Note(found[0])),
        (r"---> WARNING: (.*)", lambda found: Caution(found[1])),
        (r"Encoder output: (\d+) dims", lambda found: Encoder(int(found[1]))),
        (r"Warning: Lock file exists in build directory: '(.+)'", lambda found: Locked(found[1])),
        (r"Building extension module (\w+)", lambda found: Building(found[1])),
        (r"Loading extension module (\w+)", lambda found: Built(found[1])),
        (r"Running validation\s*$", lambda _: Validation()),
        (r"MSE, +PSNR\s*$", lambda found: Note(found[0])),
        (
            rf"(\d+\.\d{{8}}), (-?{_PLAIN}|inf|nan)\s*$",
            lambda found: Score(float(found[1]), float(found[2])),
        ),
        (
            r"Base mesh has (\d+) triangles and (\d+) vertices\.",
            lambda found: Base(int(found[1]), int(found[2])),
        ),
        (r"Writing mesh:\s+(.+)$", lambda found: Writing(found[1], "mesh")),
        (r"Writing material:\s+(.+)$", lambda found: Writing(found[1], "material")),
        (
            r"\s+writing (\d+) (vertices|texcoords|normals|faces)\s*$",
            lambda found: Counted(int(found[1]), found[2]),
        ),
        (r"Done exporting mesh\s*$", lambda _: Exported()),
        (r"WARNING: FAILED to save image (.+)$", lambda found: NotSaved(found[1])),
    )
)
_FLAG = re.compile(r"([a-z]\w*) (.*)$")


def read(line: str) -> Told | None:
    """What a line says; None for one that is nobody's we know."""
    for pattern, make in _READERS:
        found = pattern.match(line)
        if found:
            return make(found)
    return None


def flag(line: str) -> Flag | None:
    """A key and its value, for lines between the two rules after `Config / Flags:`."""
    found = _FLAG.match(line)
    return Flag(found[1], found[2]) if found else None


def _kind(name: str) -> Any:
    return name
