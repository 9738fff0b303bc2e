"""Between our Y-up world and the Z-up world of Blender, NeRF-synthetic and nerfstudio.

The point (x, y, z) of ours is (x, -z, y) there: a quarter turn about X, no mirror. Both matrices
hold only 0 and 1 and -1, so turning there and back gives the same numbers to the last bit.

Source: nvdiffrec's NeRF loader turns its input the same way, which is why its meshes overlay ours.
"""

import numpy as np

from lightmould.model.arrays import Floats, locked

_TURN = ((1, 0, 0, 0), (0, 0, -1, 0), (0, 1, 0, 0), (0, 0, 0, 1))

Z_UP_FROM_Y_UP: Floats = locked("Z_UP_FROM_Y_UP", _TURN, (4, 4), np.float64)
"""(4, 4) ours to Z-up; `Z_UP_FROM_Y_UP @ world_from_camera` is a pose in that world."""

Y_UP_FROM_Z_UP: Floats = locked("Y_UP_FROM_Z_UP", np.transpose(_TURN), (4, 4), np.float64)
"""(4, 4) Z-up to ours."""
