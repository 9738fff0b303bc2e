"""Where to put cameras: pure functions of a target, a lens and a random generator."""

from lightmould.rigs.around import around_sphere
from lightmould.rigs.pose import Lens, framing, look_at
from lightmould.rigs.shapes import ring, sphere

__all__ = ["Lens", "around_sphere", "framing", "look_at", "ring", "sphere"]
