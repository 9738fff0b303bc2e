"""The six faces of a cube map, in OpenGL's order and orientation."""

from typing import Final

import numpy as np

# What a face's rows, columns and outward normal are along x, y, z: (6, 3, 3). A direction d points
# to the face whose normal it follows most; there A = axes @ d, and s = (A[0] / A[2] + 1) / 2 runs
# along the rows, t = (A[1] / A[2] + 1) / 2 down the columns, from 0 to 1.
# Source: OpenGL 4.6 core profile specification, table 8.19.
AXES: Final = np.array(
    [
        [(0, 0, -1), (0, -1, 0), (1, 0, 0)],  # +X
        [(0, 0, 1), (0, -1, 0), (-1, 0, 0)],  # -X
        [(1, 0, 0), (0, 0, 1), (0, 1, 0)],  # +Y
        [(1, 0, 0), (0, 0, -1), (0, -1, 0)],  # -Y
        [(1, 0, 0), (0, -1, 0), (0, 0, 1)],  # +Z
        [(-1, 0, 0), (0, -1, 0), (0, 0, -1)],  # -Z
    ],
    np.float64,
)
AXES.setflags(write=False)
