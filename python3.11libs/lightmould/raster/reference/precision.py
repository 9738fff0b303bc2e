"""What precision an answer comes in."""

from typing import Any

import numpy as np

from lightmould.raster.fragments import Array


def like(*arrays: Array) -> np.dtype[Any]:
    """float64 where any of the arrays is, for finite differences; float32 otherwise."""
    return np.result_type(np.float32, *arrays)
