"""Colors of faces by how many cameras see them."""

import numpy as np

from lightmould.model.arrays import Floats
from lightmould.model.coverage import Coverage

UNSEEN = (0.90, 0.10, 0.55)
"""sRGB of faces that no camera sees."""

SCALE = ((0.13, 0.13, 0.35), (0.10, 0.42, 0.56), (0.24, 0.72, 0.46), (0.98, 0.90, 0.30))
"""sRGB from one view to the most that a face has; lighter is more, whatever colors one sees."""


def face_colors(coverage: Coverage) -> Floats:
    """(F, 3) sRGB colors of faces by how many cameras see them."""
    most = max(int(coverage.views.max(initial=1)), 2)
    share = np.clip((coverage.views - 1) / (most - 1), 0, 1)
    steps = np.linspace(0, 1, len(SCALE))
    scale = np.array(SCALE)
    colors = np.stack([np.interp(share, steps, scale[:, k]) for k in range(3)], axis=1)
    colors[coverage.views == 0] = UNSEEN
    return colors
