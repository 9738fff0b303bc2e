"""What is captured: meshes with their looks, and points."""

from dataclasses import dataclass

import numpy as np

from lightmould.errors import SettingsError
from lightmould.model import Material, Mesh
from lightmould.model.arrays import Floats, Ints, locked


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """A mesh and what it looks like.

    Attributes:
        name: of the object.
        mesh: without normals it is seen with flat ones.
        materials: their base colors and color maps are used; gray where a face has none.
        face_materials: (F,) into materials; -1 where a face has none.
        colors: (V, 3) linear; they multiply what the material has, and stand alone without one.
    """

    name: str
    mesh: Mesh
    materials: tuple[Material, ...] = ()
    face_materials: Ints | None = None
    colors: Floats | None = None

    def __post_init__(self) -> None:
        _lock(self, self.name, "colors", len(self.mesh.positions))
        given = self.face_materials
        if given is not None:
            count = len(self.mesh.faces)
            indices = locked(f"{self.name} face_materials", given, (count,), np.int32)
            object.__setattr__(self, "face_materials", indices)
            if indices.size and not -1 <= indices.min() <= indices.max() < len(self.materials):
                found = f"indices {indices.min()} to {indices.max()}"
                wanted = f"-1 to {len(self.materials) - 1}"
                raise SettingsError(f"{self.name} face_materials", found, wanted, "Correct them.")


@dataclass(frozen=True, slots=True, eq=False)
class Points:
    """Points, seen as small discs.

    Attributes:
        name: of the object.
        positions: (P, 3) metres.
        colors: (P, 3) linear; gray where there are none.
        normals: (P, 3) unit; without them points are not shaded.
    """

    name: str
    positions: Floats
    colors: Floats | None = None
    normals: Floats | None = None

    def __post_init__(self) -> None:
        positions = locked(f"{self.name} positions", self.positions, (-1, 3), np.float64)
        object.__setattr__(self, "positions", positions)
        for field in ("colors", "normals"):
            _lock(self, self.name, field, len(positions))


@dataclass(frozen=True, slots=True)
class Scene:
    """All that is seen.

    Attributes:
        shapes: objects 1 to S.
        points: the objects after them.
    """

    shapes: tuple[Shape, ...]
    points: tuple[Points, ...] = ()

    def __post_init__(self) -> None:
        faces = sum(len(shape.mesh.faces) for shape in self.shapes)
        dots = sum(len(points.positions) for points in self.points)
        if not faces + dots:
            fix = "Name a file that has some."
            raise SettingsError("the scene", "neither faces nor points", "either", fix)
        if faces + dots >= 2**31:
            found = f"{faces + dots} faces and points"
            raise SettingsError("the scene", found, f"fewer than {2**31}", "Capture it in parts.")

    @property
    def names(self) -> tuple[str, ...]:
        """Of the objects, in the order of their numbers, from 1 on."""
        shapes = (shape.name for shape in self.shapes)
        return (*shapes, *(points.name for points in self.points))


def _lock(value: object, name: str, field: str, count: int) -> None:
    given = getattr(value, field)
    if given is not None:
        array = locked(f"{name} {field}", given, (count, 3), np.float64)
        object.__setattr__(value, field, array)
