"""The numbers that the fast operations and their slow twins must share."""

from typing import Final

# A triangle with a corner at or behind the eye, in clip units, is not drawn.
SMALLEST_W: Final = 1e-6

# Corners farther out than this, in 1/256 pixel, would overflow 64-bit edge functions.
FIXED_LIMIT: Final = 2**29

# Marks a corner that can't be drawn, in fixed-point coordinates.
NOWHERE: Final = -(2**31)

# Coverage is decided on corners snapped to 1/256 pixel, barycentrics come from the corners
# themselves, so a pixel's center may lie outside by a hair. Where one is below -LOOSE the triangle
# is thinner than that hair: its weights are clamped and carry no gradient.
LOOSE: Final = 0.5

# How many triangles a walk towards a silhouette may cross.
WALK_STEPS: Final = 8

# By how much of a pixel, for the same hair, a silhouette may miss the segment it should cross.
SLACK: Final = 1 / 128
