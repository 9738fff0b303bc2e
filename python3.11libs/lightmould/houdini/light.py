"""The light that was found, as a dome around the scene.

Our probe has -Z in its center and +X to the right of it. Houdini follows OpenEXR: +Z in the center,
+X to the left. One turned by half a turn about +Y is the other.

Source: OpenEXR's environment maps, as the help of Houdini's dome light quotes it; that the
Environment Light object does the same is not verified, see `scripts/houdini_smoke.py`.
"""

from pathlib import Path

import hou

from lightmould.houdini import nodes

TURN = (0.0, 180.0, 0.0)
"""Rotation of the light, degrees."""


def dome(parent: hou.OpNode, name: str, probe: Path) -> hou.OpNode:
    """An environment light of a lat-long picture; the one of that name if we made it before."""
    values = {"env_map": probe.as_posix(), "light_intensity": 1.0, "r": TURN}
    found = nodes.ours(parent, name)
    if found is not None:
        nodes.set_all(found, values)
        return found
    made = nodes.made(parent, "envlight", name, values)
    nodes.claim(made, "light")
    made.setComment(f"From {probe.name}, turned to Houdini's convention.")
    made.moveToGoodPosition()
    return made
