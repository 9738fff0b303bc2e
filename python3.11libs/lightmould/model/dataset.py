"""A folder of posed pictures and what their numbers mean."""

from dataclasses import dataclass, field, replace
from math import isfinite
from pathlib import Path, PurePosixPath
from typing import Literal, TypeAlias

from lightmould.errors import DatasetError
from lightmould.model.arrays import Floats
from lightmould.model.camera import Camera
from lightmould.model.drawn import Stance, ViewLook

Split: TypeAlias = Literal["train", "val", "test"]
PassName: TypeAlias = Literal[
    "distance",
    "position",
    "normal_camera",
    "instance",
    "albedo",
    "roughness",
    "metallic",
    "uv",
]


@dataclass(frozen=True, slots=True)
class Pass:
    """What the pixels of a data picture say. None is antialiased: each is of its pixel's center.

    Attributes:
        kind: what is told.
        space: where, or in which encoding, the numbers mean it.
        unit: of the numbers.
        nothing: the number where nothing is seen, as `float` reads it.
    """

    kind: str
    space: str
    unit: str
    nothing: Literal["0", "inf", "nan"] = "0"


PASSES: dict[PassName, Pass] = {
    "distance": Pass("distance from the camera's center", "along the ray", "metre", "inf"),
    "position": Pass("the point that is seen", "world", "metre", "nan"),
    "normal_camera": Pass("unit normal", "camera: looks along -Z, +Y up", "none"),
    "instance": Pass("number of the object, from 1", "see instances", "none"),
    "albedo": Pass("base color", "linear RGB", "none"),
    "roughness": Pass("perceptual roughness", "linear", "none"),
    "metallic": Pass("metalness", "linear", "none"),
    "uv": Pass("texture coordinates", "(0, 0) is the lower left corner", "none"),
}
"""The data pictures that may be asked for beside mask, depth and normal."""


@dataclass(frozen=True, slots=True)
class View:
    """One picture and the camera that took it; paths are relative to the dataset's folder.

    Attributes:
        camera: who took it.
        split: what it is for.
        color: RGBA, straight alpha; RGB where the mask stands in for the alpha.
        mask: white where the object is seen. The alpha of `color`, which may be finer, wins.
        depth: see `Dataset.depth_kind`; inf where nothing is seen.
        normal: see `Dataset.normal_space`; 0 where nothing is seen.
        passes: further data pictures, EXR of 32 bits; see `Dataset.passes`.
        stance: how the camera's place was drawn, if it was.
        look: how light and paint were drawn; None is as all views have them.
        engine: of Blender, that made the color; empty if none did.
        device: what that ran on.
    """

    camera: Camera
    split: Split
    color: PurePosixPath
    mask: PurePosixPath | None = None
    depth: PurePosixPath | None = None
    normal: PurePosixPath | None = None
    passes: dict[PassName, PurePosixPath] = field(default_factory=dict)
    stance: Stance | None = None
    look: ViewLook | None = None
    engine: str = ""
    device: str = ""

    @property
    def paths(self) -> tuple[PurePosixPath, ...]:
        """The files that there are."""
        usual = (self.color, self.mask, self.depth, self.normal)
        return (*(path for path in usual if path is not None), *self.passes.values())


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a dataset's world lies in its source's coordinates: `scale * world + offset`.

    Attributes:
        scale: units of the source for each metre of the world.
        offset: the world's origin, in the source's units.
    """

    scale: float = 1.0
    offset: tuple[float, float, float] = (0.0, 0.0, 0.0)

    def __post_init__(self) -> None:
        numbers = (self.scale, *self.offset)
        if not all(isfinite(number) for number in numbers) or self.scale <= 0:
            wanted, fix = "finite numbers, scale above 0", "Import the photos again."
            raise DatasetError("placement", f"{numbers}", wanted, fix)

    def in_source(self, positions: Floats) -> Floats:
        """(..., 3) positions of the world in the source's coordinates."""
        placed: Floats = self.scale * positions + self.offset
        return placed

    def camera_in_source(self, camera: Camera) -> Camera:
        """A camera of the world in the source's coordinates."""
        pose = camera.world_from_camera.copy()
        pose[:3, 3] = self.in_source(pose[:3, 3])
        near, far = camera.near * self.scale, camera.far * self.scale
        return replace(camera, world_from_camera=pose, near=near, far=far)

    def camera(self, camera: Camera) -> Camera:
        """A camera of the source in the world."""
        pose = camera.world_from_camera.copy()
        pose[:3, 3] = (pose[:3, 3] - self.offset) / self.scale
        near, far = camera.near / self.scale, camera.far / self.scale
        return replace(camera, world_from_camera=pose, near=near, far=far)


@dataclass(frozen=True, slots=True)
class Dataset:
    """Views in one folder, and what their numbers mean.

    Attributes:
        folder: where the views lie; not part of the manifest.
        views: at least one.
        color_space: encoding of color files.
        depth_kind: "z" is the distance along the viewing axis, "ray" along the ray; metres.
        normal_space: the space of normal files.
        up_axis: of the world; "unknown" where nobody said.
        passes: what the data pictures of the views' `passes` say.
        instances: names of the objects, in the order of their numbers, if they were told apart.
        source: the mesh that was rendered, if one was; absolute, or relative to the folder.
        source_hash: sha256 of that file as it was then, if known.
        versions: program name to version.
        hashes: relative path to sha256 of every file.
        placement: of the world in the coordinates of the poses that it was made of; results go
            back there.
    """

    folder: Path
    views: tuple[View, ...]
    color_space: Literal["srgb", "linear"] = "srgb"
    depth_kind: Literal["z", "ray"] = "z"
    normal_space: Literal["world", "camera"] = "world"
    up_axis: Literal["y", "z", "unknown"] = "y"
    passes: dict[PassName, Pass] = field(default_factory=dict)
    instances: tuple[str, ...] = ()
    source: Path | None = None
    source_hash: str | None = None
    versions: dict[str, str] = field(default_factory=dict)
    hashes: dict[str, str] = field(default_factory=dict)
    placement: Placement = field(default_factory=Placement)

    def __post_init__(self) -> None:
        if not self.views:
            raise DatasetError(self.folder, "no views", "at least one", "Render or add views.")
        for view in self.views:
            for path in view.paths:
                if path.is_absolute() or ".." in path.parts:
                    raise DatasetError(
                        self.folder,
                        f"the path {path}",
                        "paths inside the dataset's folder",
                        "Copy the file into the folder.",
                    )

    def of(self, split: Split) -> tuple[View, ...]:
        """The views of one split."""
        return tuple(view for view in self.views if view.split == split)
