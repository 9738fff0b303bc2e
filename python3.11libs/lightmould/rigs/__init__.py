"""Where to put cameras: pure functions of a target, a lens and a random generator."""

from lightmould.rigs.around import around_sphere
from lightmould.rigs.changes import Jitter, enclosing, jittered, split, upright
from lightmould.rigs.curves import Curve, path
from lightmould.rigs.off_surface import off_surface
from lightmould.rigs.placed import aimed, placed
from lightmould.rigs.pose import Lens, framing, look_at
from lightmould.rigs.scatter import Limits, scatter
from lightmould.rigs.shapes import dome, hemisphere, ring, sphere, spiral

__all__ = [
    "Curve",
    "Jitter",
    "Lens",
    "Limits",
    "aimed",
    "around_sphere",
    "dome",
    "enclosing",
    "framing",
    "hemisphere",
    "jittered",
    "look_at",
    "off_surface",
    "path",
    "placed",
    "ring",
    "scatter",
    "sphere",
    "spiral",
    "split",
    "upright",
]
