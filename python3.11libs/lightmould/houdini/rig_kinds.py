"""Which parameters a kind of camera rig has; no Houdini is needed to know it."""

AIMED = ("sphere", "hemisphere", "ring", "dome", "spiral", "random", "path", "points")
"""Kinds whose cameras look at a target."""

AT_A_DISTANCE = ("sphere", "hemisphere", "ring", "dome", "spiral", "around")
"""Kinds whose cameras stand at one distance."""

COUNTED = ("sphere", "hemisphere", "ring", "dome", "spiral", "random", "around", "path")
"""Kinds that are told how many cameras there are."""
