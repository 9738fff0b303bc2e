"""Colors of an OBJ file's vertices: three more numbers after a place, `v x y z r g b`.

In the file they are sRGB, 0 to 1, as Blender writes and reads them and MeshLab writes its bytes;
whole numbers above 1 are bytes, as some scanners have it. In memory they are linear.
"""

from collections.abc import Iterator
from pathlib import PurePath

import numpy as np

from lightmould.errors import FormatError, SettingsError, at
from lightmould.formats.color import linear_from_srgb, srgb_from_linear
from lightmould.formats.obj_faces import Lines
from lightmould.formats.wavefront import number, words
from lightmould.model.arrays import Floats, locked


def read_colors(vertices: Lines, source: PurePath) -> Floats | None:
    """(V, 3) linear; white where only other vertices have some, None where none has any.

    Raises:
        FormatError: naming the line: what follows a place is no color.
    """
    rows = [words(text) for text in vertices.texts]
    lengths = np.fromiter(map(len, rows), np.int64, len(rows))
    having = np.flatnonzero(lengths == 6)
    if not len(having):
        return None
    given = np.array([_color(rows[i], at(source, vertices.numbers[i])) for i in having])
    if given.max() > 1:
        bytes_ = (given == np.rint(given)) & (given <= 255)
        if not bytes_.all():
            wrong = int(having[np.argmin(bytes_.all(axis=1))])
            found = f"the color {' '.join(rows[wrong][3:])}"
            wanted = "sRGB from 0 to 1 throughout, or whole numbers from 0 to 255 throughout"
            fix = "Export the colors again, or leave them out."
            raise FormatError(at(source, vertices.numbers[wrong]), found, wanted, fix)
        given /= 255
    colors = np.ones((len(rows), 3))
    colors[having] = linear_from_srgb(given)
    return colors


def _color(row: list[str], where: str) -> list[float]:
    color = [number(word, where) for word in row[3:]]
    if min(color) < 0:
        wanted, fix = "numbers from 0 to 1", "Correct or remove that line's color."
        raise FormatError(where, f"the color {' '.join(row[3:])}", wanted, fix)
    return color


def vertex_lines(positions: Floats, colors: Floats | None) -> Iterator[str]:
    """The `v` lines.

    Args:
        positions: (V, 3).
        colors: (V, 3) linear, 0 to 1.

    Raises:
        SettingsError: there are others, or not as many.
    """
    if colors is None:
        return ("v " + " ".join(map(repr, place)) for place in positions.tolist())
    colors = locked("colors", colors, positions.shape, np.float64)
    if colors.min(initial=0) < 0 or colors.max(initial=0) > 1:
        found = f"{colors.min()} to {colors.max()}"
        raise SettingsError("colors", found, "linear, 0 to 1", "Bring them into that range.")
    table = np.concatenate([positions, srgb_from_linear(colors)], axis=1)
    return ("v " + " ".join(map(repr, row)) for row in table.tolist())
