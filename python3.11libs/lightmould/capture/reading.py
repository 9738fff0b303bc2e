"""Files as a scene: OBJ with its materials and colors, PLY with its colors."""

from collections.abc import Sequence
from pathlib import Path

from lightmould.capture.scene import Points, Scene, Shape
from lightmould.errors import FormatError
from lightmould.formats import ply
from lightmould.formats.asset import read_obj_asset

MODELS = (".obj", ".ply")
"""Endings of the files that are read as they are."""


def read(paths: Sequence[Path]) -> Scene:
    """The scene that files make together; each is an object, named as its file.

    Raises:
        FormatError: one of them can't be read, or is of another kind.
        SettingsError: there is nothing in them.
    """
    shapes: list[Shape] = []
    points: list[Points] = []
    for path in paths:
        one = _read(path)
        if isinstance(one, Shape):
            shapes.append(one)
        else:
            points.append(one)
    return Scene(tuple(shapes), tuple(points))


def _read(path: Path) -> Shape | Points:
    kind = path.suffix.lower()
    if kind == ".obj":
        asset = read_obj_asset(path)
        return Shape(path.stem, asset.mesh, asset.materials, asset.face_materials, asset.colors)
    if kind != ".ply":
        found = f"a {path.suffix or 'nameless kind of'} file"
        fix = "Convert it: `lightmould render` reads all kinds of models by Blender."
        raise FormatError(path, found, f"one of {', '.join(MODELS)}", fix)
    try:
        data = path.read_bytes()
    except OSError as error:
        found = (error.strerror or str(error)).lower()
        raise FormatError(path, found, "a readable file", "Correct the path.") from error
    found_ply = ply.read(data, path)
    if found_ply.mesh is None:
        return Points(path.stem, found_ply.positions, found_ply.colors, found_ply.normals)
    return Shape(path.stem, found_ply.mesh, colors=found_ply.colors)
