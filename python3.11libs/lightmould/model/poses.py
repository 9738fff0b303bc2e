"""What a file of poses tells: cameras, the pictures they took, and points that they saw."""

from collections import Counter
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lightmould.errors import SettingsError
from lightmould.model.arrays import Floats, Ints, locked
from lightmould.model.camera import Camera
from lightmould.model.dataset import Split


@dataclass(frozen=True, slots=True)
class Shot:
    """A camera and the picture that it took.

    Attributes:
        camera: who took it.
        picture: as the file names it, relative; None where it does not.
        mask: of the picture, likewise.
        split: what the picture is for; None where nobody said.
    """

    camera: Camera
    picture: PurePosixPath | None = None
    mask: PurePosixPath | None = None
    split: Split | None = None

    @property
    def named_picture(self) -> PurePosixPath:
        """The picture, or the name that a picture of this camera has where nobody gave another."""
        return self.picture or PurePosixPath(f"{self.camera.name}.png")


@dataclass(frozen=True, slots=True, eq=False)
class Points:
    """Points in the world and where they were seen, as structure from motion finds them.

    Attributes:
        positions: (P, 3) metres.
        colors: (P, 3) sRGB, 0 to 255.
        shots: (S,) index of the shot, for each time that a point was seen.
        points: (S,) index of the point.
        pixels: (S, 2) where in the picture; (0, 0) is its outer corner.
    """

    positions: Floats
    colors: Ints
    shots: Ints
    points: Ints
    pixels: Floats

    def __post_init__(self) -> None:
        shapes: dict[str, tuple[tuple[int, ...], Any]] = {
            "positions": ((-1, 3), np.float64),
            "colors": ((len(self.positions), 3), np.int32),
            "shots": ((-1,), np.int32),
            "points": ((len(self.shots),), np.int32),
            "pixels": ((len(self.shots), 2), np.float64),
        }
        for name, (shape, dtype) in shapes.items():
            given: NDArray[Any] = np.asarray(getattr(self, name))
            given = given.reshape([max(n, 0) for n in shape]) if not given.size else given
            object.__setattr__(self, name, locked(f"points' {name}", given, shape, dtype))
        for name, count in (("points", len(self.positions)), ("colors", 256)):
            values = getattr(self, name)
            if values.size and (values.min() < 0 or values.max() >= count):
                found = f"{name} from {values.min()} to {values.max()}"
                wanted = f"0 to {count - 1}"
                raise SettingsError("points", found, wanted, "Correct the indices.")


@dataclass(frozen=True, slots=True)
class Poses:
    """All that a file of poses tells.

    Attributes:
        shots: at least one; their cameras have unique names.
        points: if there are any.
    """

    shots: tuple[Shot, ...]
    points: Points | None = None

    def __post_init__(self) -> None:
        if not self.shots:
            raise SettingsError("poses", "no cameras", "at least one", "Add a camera.")
        counts = Counter(camera.name for camera in self.cameras)
        twice = sorted(name for name, count in counts.items() if count > 1)
        if twice:
            raise SettingsError("poses", f"{twice} twice", "unique names", "Rename the cameras.")
        seen = self.points.shots if self.points is not None else np.zeros(0, np.int32)
        if seen.size and (seen.min() < 0 or seen.max() >= len(self.shots)):
            found = f"points seen by camera {int(seen.max())}"
            wanted = f"0 to {len(self.shots) - 1}"
            raise SettingsError("poses", found, wanted, "Correct the indices.")

    @property
    def cameras(self) -> tuple[Camera, ...]:
        """The cameras alone."""
        return tuple(shot.camera for shot in self.shots)
