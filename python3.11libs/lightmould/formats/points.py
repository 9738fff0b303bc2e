"""Points as text: for cameras that stand at them, or go along them.

A row of numbers a point, between white space, commas or semicolons: x y z in metres, then nothing,
or a direction x y z, or an orientation (a unit quaternion x y z w). What follows a # is a comment;
so is a first row of words. Or a line of an OBJ file: its `l`, else its vertices as they come.
"""

import re
from pathlib import PurePath

import numpy as np

from lightmould.errors import FormatError, at
from lightmould.formats.wavefront import number, statements, words
from lightmould.model.arrays import Floats

WIDTHS = (3, 6, 7)
"""Numbers in a row: a place; a place and a direction; a place and an orientation."""

_FIX = "Correct or remove that line."
_BETWEEN = re.compile(r"[\s,;]+")


def read(data: bytes, source: PurePath) -> Floats:
    """The rows of a file, (N, 3), (N, 6) or (N, 7).

    Raises:
        FormatError: rows of other or of different lengths, or what is not a number; or no row.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FormatError(source, f"byte {error.start}", "UTF-8", "Save it as UTF-8.") from None
    rows: list[list[float]] = []
    for line, content in enumerate(text.splitlines(), 1):
        cells = [cell for cell in _BETWEEN.split(content.split("#", 1)[0]) if cell]
        if not cells or (not rows and not _begins_a_number(cells[0])):
            continue
        where = at(source, line)
        wanted = WIDTHS if not rows else (len(rows[0]),)
        if len(cells) not in wanted:
            found, need = f"{len(cells)} numbers", " or ".join(map(str, wanted))
            raise FormatError(where, found, need, _FIX)
        rows.append([number(cell, where) for cell in cells])
    if not rows:
        raise FormatError(source, "no points", "rows of x y z", "Add points.")
    return np.array(rows)


def read_line(data: bytes, source: PurePath) -> tuple[Floats, bool]:
    """The points of a line in an OBJ file, (P, 3) metres, and whether it ends where it began.

    Raises:
        FormatError: two lines, vertices that are not there, or numbers that are none.
    """
    vertices: list[list[float]] = []
    lines: list[tuple[str, list[str]]] = []
    for line, keyword, rest in statements(data):
        where = at(source, line)
        if keyword == "v":
            vertices.append([number(word, where) for word in words(rest)[:3]])
            if len(vertices[-1]) < 3:
                raise FormatError(where, f"{len(vertices[-1])} numbers", "x y z", _FIX)
        elif keyword == "l":
            lines.append((where, words(rest)))
    if len(lines) > 1:
        raise FormatError(lines[1][0], "a second line", "one in a file", "Remove the others.")
    if not vertices:
        raise FormatError(source, "no vertices", "some", "Export the line again.")
    points = np.array(vertices)
    if not lines:
        return points, False
    where, named = lines[0]
    order = [_index(word, len(points), where) for word in named]
    closed = len(order) > 2 and order[0] == order[-1]
    return points[order[:-1] if closed else order], closed


def _begins_a_number(cell: str) -> bool:
    return cell[0].isdigit() or cell[0] in "+-." or cell.lower() in ("nan", "inf")


def _index(word: str, count: int, where: str) -> int:
    """The index that a word of an OBJ line names: from 1 on, or from the last one, -1, back."""
    text = word.split("/", 1)[0]
    try:
        value = int(text)
    except ValueError:
        value = 0
    if not (1 <= value <= count or -count <= value <= -1):
        raise FormatError(where, f"vertex {word!r}", f"1 to {count}", _FIX)
    return value - 1 if value > 0 else count + value
