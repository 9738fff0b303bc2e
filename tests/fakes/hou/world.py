"""Transforms of objects as Houdini composes them: row vectors, scale, then rotate, then translate.

Source: the HOM reference of hou.hmath.buildTransform; "srt" and "xyz" are the defaults.
"""

from __future__ import annotations

from math import cos, radians, sin
from typing import Any

import numpy as np
from numpy.typing import NDArray


def rows_of_transform(node: Any) -> NDArray[np.float64]:
    """(4, 4) row-vector matrix of an object's own parameters."""
    if node.parmTuple("t") is None:
        return np.eye(4)
    x, y, z = (radians(angle) for angle in node.parmTuple("r").eval())
    rotate_x = np.array([[1, 0, 0], [0, cos(x), sin(x)], [0, -sin(x), cos(x)]])
    rotate_y = np.array([[cos(y), 0, -sin(y)], [0, 1, 0], [sin(y), 0, cos(y)]])
    rotate_z = np.array([[cos(z), sin(z), 0], [-sin(z), cos(z), 0], [0, 0, 1]])
    rows = np.eye(4)
    scale = np.array(node.parmTuple("s").eval()) * node.parm("scale").eval()
    rows[:3, :3] = np.diag(scale) @ rotate_x @ rotate_y @ rotate_z
    rows[3, :3] = node.parmTuple("t").eval()
    return rows
