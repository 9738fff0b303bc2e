"""Coverage as NumPy's .npz: an array for each attribute of faces, in the order of the mesh's.

`views` int32, `incidence` float64 radians, `density` float64 pixels per metre, `areas` float64
square metres, each (F,); `cameras` int32, alone. Reading needs NumPy, writing too.
"""

import io
import zipfile
from pathlib import PurePath

import numpy as np

from lightmould.errors import FormatError, LightmouldError
from lightmould.model.coverage import Coverage

_NAMES = ("cameras", "views", "incidence", "density", "areas")
_DAMAGED = (
    *(KeyError, OSError, TypeError, ValueError, EOFError, zipfile.BadZipFile),
    *(RuntimeError, MemoryError),  # a zip that is encrypted or packed otherwise; absurd shapes
)
_FIX = "Write it anew with `lightmould rig ... --coverage`."


def write(coverage: Coverage) -> bytes:
    """The file's bytes; equal coverages give equal bytes."""
    buffer = io.BytesIO()
    cameras = np.int32(coverage.cameras)
    arrays = {name: getattr(coverage, name) for name in _NAMES[1:]}
    np.savez(buffer, cameras=cameras, **arrays)
    return buffer.getvalue()


def read(data: bytes, source: PurePath) -> Coverage:
    """The coverage that a file holds.

    Args:
        data: the whole file.
        source: its name, for errors.

    Raises:
        FormatError: it is damaged, or not such a file.
    """
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as file:
            found = {name: file[name] for name in _NAMES}
        return Coverage(int(found.pop("cameras")), **found)
    except LightmouldError as error:
        raise FormatError(source, f"{error.where} {error.found}", error.wanted, _FIX) from None
    except _DAMAGED as error:
        wanted = f"arrays named {', '.join(_NAMES)}"
        raise FormatError(source, str(error) or "nothing", wanted, _FIX) from error
