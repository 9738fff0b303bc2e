"""How well the cameras of a rig see a mesh, face by face."""

from dataclasses import dataclass
from math import pi
from typing import Any

import numpy as np

from lightmould.model.arrays import Floats, Ints, locked


@dataclass(frozen=True, slots=True)
class Summary:
    """A coverage in a few numbers. Faces without area count nowhere.

    Attributes:
        cameras: how many looked.
        faces: how many there are.
        views_min: cameras that see the face that the fewest see.
        views_median: cameras that see a face; half of the faces are seen by more.
        unseen: faces that no camera sees.
        unseen_share: of the whole area, 0 to 1.
        incidence_worst: of the faces that are seen, the largest of `Coverage.incidence`, radians;
            None where none is seen.
        incidence_median: the median of the same.
        density_min: of the faces that are seen, the least of `Coverage.density`, pixels per metre.
        density_median: the median of the same.
    """

    cameras: int
    faces: int
    views_min: int
    views_median: float
    unseen: int
    unseen_share: float
    incidence_worst: float | None
    incidence_median: float | None
    density_min: float | None
    density_median: float | None


@dataclass(frozen=True, slots=True, eq=False)
class Coverage:
    """How well the cameras of a rig see each face of a mesh.

    Attributes:
        cameras: how many looked.
        views: (F,) how many of them see the face.
        incidence: (F,) radians; the smallest angle between the face's normal and the way to a
            camera that sees it; pi/2 where none does.
        density: (F,) pixels per metre of surface, of the camera that has the most; 0 where none
            sees it.
        areas: (F,) square metres.
    """

    cameras: int
    views: Ints
    incidence: Floats
    density: Floats
    areas: Floats

    def __post_init__(self) -> None:
        count = len(np.asarray(self.views))
        kinds: dict[str, Any] = {"views": np.int32}
        for name in ("views", "incidence", "density", "areas"):
            kind = kinds.get(name, np.float64)
            values = locked(f"coverage {name}", getattr(self, name), (count,), kind)
            object.__setattr__(self, name, values)

    def summary(self) -> Summary:
        """The coverage in a few numbers."""
        real = self.areas > 0
        seen = real & (self.views > 0)
        views, whole = self.views[real], float(self.areas.sum())
        some = bool(seen.any())
        return Summary(
            cameras=self.cameras,
            faces=int(real.sum()),
            views_min=int(views.min()) if len(views) else 0,
            views_median=float(np.median(views)) if len(views) else 0.0,
            unseen=int((real & ~seen).sum()),
            unseen_share=float(self.areas[~seen].sum()) / whole if whole else 0.0,
            incidence_worst=float(self.incidence[seen].max()) if some else None,
            incidence_median=float(np.median(self.incidence[seen])) if some else None,
            density_min=float(self.density[seen].min()) if some else None,
            density_median=float(np.median(self.density[seen])) if some else None,
        )


UNSEEN = pi / 2
"""The incidence of a face that no camera sees."""
