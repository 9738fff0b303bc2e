# SPDX-License-Identifier: Apache-2.0 OR GPL-3.0-or-later
"""Makes an OBJ with its MTL and textures of a model in any format that Blender reads.

Runs as render.py does; the request is a `lightmould.tools.blender.conversion.ConversionRequest`
as JSON. Into its folder come model.obj (Y-up, metres, one `o` an object), model.mtl, textures and
last, by which it counts as done, model.json: how the model was placed.
"""

import importlib
import json
import signal
import sys
from array import array
from collections.abc import Iterator
from math import inf
from pathlib import Path
from typing import Any, TextIO

sys.path.insert(0, str(Path(__file__).parent))  # Python did so itself, Blender did not
render = importlib.import_module("render")
conversation = importlib.import_module("voice")

SOLID = ("MESH", "CURVE", "SURFACE", "FONT", "META")
Point = tuple[float, float, float]


class Placing:
    """From Blender's Z-up world to ours: turned, scaled, then moved."""

    def __init__(self, unit: float) -> None:
        self.scale = unit
        self.shift = (0.0, 0.0, 0.0)

    def point(self, x: float, y: float, z: float) -> Point:
        """Where a point of Blender's world is in ours, metres."""
        right, up, back = self.shift
        return self.scale * x + right, self.scale * z + up, back - self.scale * y

    def normalize(self, low: Point, high: Point) -> None:
        """Scale and move a box to a longest side of 1 around the origin."""
        factor = 1 / max(top - bottom for bottom, top in zip(low, high, strict=True))
        self.scale *= factor
        middle = ((bottom + top) / 2 for bottom, top in zip(low, high, strict=True))
        x, y, z = (-factor * value for value in middle)
        self.shift = (x, y, z)


class Part:
    """One object, as triangles in Blender's world."""

    def __init__(self, thing: Any, mesh: Any, matrix: Any) -> None:
        self.name = thing.name
        looks = (slot.material for slot in thing.material_slots)
        self.materials = [look.original if look else None for look in looks]
        self._mesh = mesh
        self._matrix = [tuple(row) for row in matrix]
        turn = matrix.to_3x3()
        self._turn = [tuple(row) for row in turn.inverted_safe().transposed()]
        self._order = (0, 2, 1) if turn.determinant() < 0 else (0, 1, 2)

    def __len__(self) -> int:
        """How many vertices it has."""
        return len(self._mesh.vertices)

    def points(self) -> Iterator[Point]:
        """Its vertices."""
        values = _numbers(self._mesh.vertices, "co", "f", 3)
        rows = self._matrix
        for x, y, z in zip(*[iter(values)] * 3, strict=True):
            at = [a * x + b * y + c * z + d for a, b, c, d in rows[:3]]
            yield at[0], at[1], at[2]

    def uvs(self) -> list[tuple[float, float]]:
        """One for each corner of its polygons; none if it has no atlas."""
        layers = self._mesh.uv_layers
        layer = next((each for each in layers if each.active_render), None)
        if layer is None:
            return []
        values = _numbers(layer.data, "uv", "f", 2)
        return list(zip(*[iter(values)] * 2, strict=True))

    def normals(self) -> list[Point]:
        """One for each corner of its polygons, not of length 1."""
        if hasattr(self._mesh, "corner_normals"):  # 4.1 and later
            values = _numbers(self._mesh.corner_normals, "vector", "f", 3)
        else:
            self._mesh.calc_normals_split()
            values = _numbers(self._mesh.loops, "normal", "f", 3)
        turned = []
        for x, y, z in zip(*[iter(values)] * 3, strict=True):
            at = [a * x + b * y + c * z for a, b, c in self._turn]
            turned.append((at[0], at[1], at[2]))
        return turned

    def triangles(self) -> Iterator[tuple[int, list[tuple[int, int]]]]:
        """Index of the material, and three pairs of vertex and corner."""
        mesh = self._mesh
        mesh.calc_loop_triangles()
        corners = _numbers(mesh.loop_triangles, "loops", "i", 3)
        vertices = _numbers(mesh.loop_triangles, "vertices", "i", 3)
        slots = _numbers(mesh.loop_triangles, "material_index", "i", 1)
        for i, slot in enumerate(slots):
            yield slot, [(vertices[3 * i + k], corners[3 * i + k]) for k in self._order]


def _numbers(items: Any, name: str, kind: str, width: int) -> Any:
    values = array(kind, bytes(4 * width * len(items)))
    items.foreach_get(name, values)
    return values


def convert(request: dict[str, Any], voice: Any) -> None:
    """Make the OBJ that a request asks for."""
    blender, models = render.import_inside("stage"), render.import_inside("models")
    version, folder, model = blender.version(), Path(request["folder"]), request["model"]
    render.refuse_changed({model: request["hash"]})
    bpy = importlib.import_module("bpy")
    bpy.ops.wm.read_factory_settings(use_empty=True)
    warnings = models.load(model, request["up"])
    unit = request["unit"] * bpy.context.scene.unit_settings.scale_length
    placing = Placing(unit)
    low, high, faces = _extent(bpy, placing)
    if not faces or low == high:
        found = "no faces that are rendered" if not faces else "all of it in one point"
        raise models.RefusedError(model, found, "a mesh of some size", "Check the file.")
    if request["normalize"]:
        placing.normalize(low, high)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "model.obj").open("w", encoding="utf-8", newline="\n") as file:
        names = _write(bpy, file, placing, warnings)
    _write_materials(names, folder, request, warnings)
    for warning in dict.fromkeys(warnings):
        voice.say("warned", message=f"{model}: {warning}")
    record = {
        "source": model, "source_hash": request["hash"], "blender": version, "up": request["up"],
        "unit": unit, "normalized": request["normalize"], "scale": placing.scale,
        "shift": placing.shift, "low": low, "high": high, "warnings": warnings,
    }  # fmt: skip
    text = json.dumps(record, indent=1, ensure_ascii=False)
    (folder / ".model.json").write_text(f"{text}\n", encoding="utf-8")
    (folder / ".model.json").replace(folder / "model.json")
    for path in ("model.obj", "model.mtl", *sorted(_textures(folder))):
        voice.say("wrote", path=path, kind="model")
    voice.say("progress", fraction=1.0, status="converted", eta=0.0)


def _textures(folder: Path) -> Iterator[str]:
    for path in (folder / "textures").glob("*"):
        yield path.relative_to(folder).as_posix()


def _parts(bpy: Any) -> Iterator[Part]:
    """Everything solid that is rendered, copies of instances included."""
    depsgraph = bpy.context.evaluated_depsgraph_get()
    for instance in depsgraph.object_instances:
        thing = instance.object
        if thing.type not in SOLID or not instance.show_self or _is_hidden(thing.original):
            continue
        mesh = thing.to_mesh()
        if mesh is not None and len(mesh.polygons):
            yield Part(thing, mesh, instance.matrix_world.copy())
        thing.to_mesh_clear()


def _is_hidden(thing: Any) -> bool:
    """Whether renders leave it out."""
    groups = thing.users_collection
    return bool(thing.hide_render or (groups and all(group.hide_render for group in groups)))


def _extent(bpy: Any, placing: Placing) -> tuple[Point, Point, int]:
    """The box around everything, metres, and how many parts there are."""
    low, high, count = [inf] * 3, [-inf] * 3, 0
    for part in _parts(bpy):
        count += 1
        for point in part.points():
            for axis, value in enumerate(placing.point(*point)):
                low[axis], high[axis] = min(low[axis], value), max(high[axis], value)
    return (low[0], low[1], low[2]), (high[0], high[1], high[2]), count


def _write(bpy: Any, file: TextIO, placing: Placing, warnings: list[str]) -> dict[str, Any]:
    """Write the OBJ; returns the materials that it names."""
    file.write("mtllib model.mtl\n")
    looks, counts = render.import_inside("looks"), [1, 1, 1]
    names: dict[str, Any] = {}
    for part in _parts(bpy):
        file.write(f"o {looks.plain(part.name)}\n")
        places = (placing.point(*point) for point in part.points())
        file.writelines("v {:.9g} {:.9g} {:.9g}\n".format(*place) for place in places)
        uvs = _table(file, "vt {:.9g} {:.9g}\n", part.uvs())
        turned = [(x, z, -y) for x, y, z in part.normals()]
        normals = _table(file, "vn {:.6g} {:.6g} {:.6g}\n", turned)
        used = None
        for slot, corners in part.triangles():
            look = part.materials[slot] if slot < len(part.materials) else None
            name = _name(look, names, looks)
            if name != used:
                file.write(f"usemtl {name}\n")
                used = name
            words = (
                f"{counts[0] + vertex}/{counts[1] + uvs[corner] if uvs else ''}"
                f"/{counts[2] + normals[corner]}"
                for vertex, corner in corners
            )
            file.write(f"f {' '.join(words)}\n")
        counts[0] += len(part)
        counts[1] += len(set(uvs))
        counts[2] += len(set(normals))
    if any(len(mesh.color_attributes) for mesh in bpy.data.meshes):
        warnings.append("vertex colors are left out.")
    return names


def _table(file: TextIO, form: str, values: list[Any]) -> list[int]:
    """Write each value once; returns where each is."""
    known: dict[str, int] = {}
    found = []
    for value in values:
        text = form.format(*value)
        if text not in known:
            file.write(text)
        found.append(known.setdefault(text, len(known)))
    return found


def _name(look: Any, names: dict[str, Any], looks: Any) -> str:
    """The name that a material has in the files."""
    for name, known in names.items():
        if known == look:
            return name
    name = looks.plain(look.name) if look else "plain"
    while name in names:
        name += "_"
    names[name] = look
    return name


def _write_materials(
    names: dict[str, Any], folder: Path, request: dict[str, Any], warnings: list[str]
) -> None:
    looks = render.import_inside("looks")
    textures = looks.Textures(folder, request["model"])
    given = {one["name"]: one for one in request["materials"]}
    blocks = []
    for name, look in names.items():
        if look is None:
            said = ["Kd 0.8 0.8 0.8", "Pr 0.5"]
        elif given:
            said = looks.given(given[look.name], textures)
        else:
            said = looks.lines(look, textures, warnings)
        blocks.append("".join(f"{line}\n" for line in (f"newmtl {name}", *said)))
    (folder / "model.mtl").write_text("\n".join(blocks), encoding="utf-8")


def main() -> None:
    """Fulfill the request that the last argument names."""
    voice = conversation.Voice()
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    request = {"folder": sys.argv[-1]}
    try:
        request = json.loads(Path(sys.argv[-1]).read_bytes())
        convert(request, voice)
    except Exception as error:
        voice.say("failed", message=render.words(error, request.get("folder", "")), exit_code=1)
        raise


if __name__ == "__main__":
    main()
