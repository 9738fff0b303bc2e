"""Triangle meshes with corners indexed as OBJ has them."""

from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from lightmould.errors import SettingsError
from lightmould.model.arrays import Floats, Ints, locked


@dataclass(frozen=True, slots=True, eq=False)
class Mesh:
    """Triangles whose positions, uvs and normals are indexed separately.

    Attributes:
        positions: (V, 3) metres.
        faces: (F, 3) into positions, counter-clockwise seen from outside.
        uvs: (T, 2), v up: (0, 0) is the lower left corner of the texture.
        face_uvs: (F, 3) into uvs; None when there are none.
        normals: (N, 3) unit.
        face_normals: (F, 3) into normals; None when there are none.
    """

    positions: Floats
    faces: Ints
    uvs: Floats | None = None
    face_uvs: Ints | None = None
    normals: Floats | None = None
    face_normals: Ints | None = None

    def __post_init__(self) -> None:
        for name, width in (("positions", 3), ("uvs", 2), ("normals", 3)):
            self._lock(name, width, np.float64)
        for name in ("faces", "face_uvs", "face_normals"):
            self._lock(name, 3, np.int32)
        if (self.uvs is None) != (self.face_uvs is None):
            self._refuse("uvs without face_uvs or the reverse", "both or neither")
        if (self.normals is None) != (self.face_normals is None):
            self._refuse("normals without face_normals or the reverse", "both or neither")
        for corners, values in (
            (self.faces, self.positions),
            (self.face_uvs, self.uvs),
            (self.face_normals, self.normals),
        ):
            if corners is not None and values is not None:
                self._check_corners(corners, len(values))

    def _lock(self, name: str, width: int, dtype: type) -> None:
        values = getattr(self, name)
        if values is not None:
            object.__setattr__(self, name, locked(f"mesh {name}", values, (-1, width), dtype))

    def _check_corners(self, corners: Ints, count: int) -> None:
        if len(corners) != len(self.faces):
            self._refuse(f"{len(corners)} rows of corners", f"{len(self.faces)}, one a face")
        if corners.size and (corners.min() < 0 or corners.max() >= count):
            self._refuse(f"indices {corners.min()} to {corners.max()}", f"0 to {count - 1}")

    def _refuse(self, found: str, wanted: str) -> None:
        raise SettingsError("mesh", found, wanted, "Build the mesh from matching arrays.")

    @property
    def bounds(self) -> tuple[Floats, Floats]:
        """Lowest and highest corner of the bounding box, (3,) and (3,), metres."""
        return self.positions.min(axis=0), self.positions.max(axis=0)

    @property
    def diagonal(self) -> float:
        """Length of the bounding box's diagonal, metres."""
        low, high = self.bounds
        return float(np.linalg.norm(high - low))


def vertex_normals(positions: NDArray[Any], faces: Ints) -> Floats:
    """Area-weighted unit normals of vertices.

    Args:
        positions: (V, 3).
        faces: (F, 3).

    Returns:
        (V, 3); zero for a vertex without area around it.
    """
    corners = positions[faces].astype(np.float64)
    cross = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    sums = np.stack(
        [
            sum(np.bincount(faces[:, c], cross[:, axis], len(positions)) for c in range(3))
            for axis in range(3)
        ],
        axis=1,
    )
    length = np.linalg.norm(sums, axis=1, keepdims=True)
    return cast(Floats, sums / np.where(length > 0, length, 1.0))
