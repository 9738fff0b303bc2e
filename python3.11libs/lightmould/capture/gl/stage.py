"""A scene in the memory of OpenGL, and frames drawn of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

import moderngl
from numpy.typing import NDArray

from lightmould.capture.gl import wire
from lightmould.capture.gl.tables import POINT, VERTEX, tables, view
from lightmould.capture.pictures import Arrays
from lightmould.errors import ToolError

TARGETS: dict[str, tuple[str, int, str, int]] = {
    "color": ("vec4", 4, "f1", 3),
    "depth": ("float", 1, "f4", 1),
    "normal": ("vec4", 4, "f4", 3),
    "uv": ("vec2", 2, "f4", 2),
    "depth_code": ("uint", 1, "u2", 1),
    "normal_code": ("vec4", 4, "f1", 3),
    "id": ("uint", 1, "u2", 1),
}
"""Of each of `KINDS`: a shader's type, components, their type, how many of them are read."""

SRGB8_ALPHA8 = 0x8C43
"""Of OpenGL: what is read of such a texture is linear."""

_SHADERS = resources.files("lightmould.capture.gl") / "shaders"
_ELSE = "Capture with --backend cpu, which has no such limit."


@dataclass(frozen=True, slots=True)
class _Pass:
    """One call of OpenGL: what is drawn, of how many vertices, how often."""

    array: moderngl.VertexArray
    vertices: int = -1
    instances: int = 1


class Stage:
    """A scene that is ready to be drawn.

    Args:
        context: of OpenGL; whoever calls has to be on its thread.
        order: how it is drawn.
        arrays: of `lightmould.capture.look.Look`.

    Raises:
        ToolError: the scene is larger than OpenGL takes.
    """

    def __init__(self, context: moderngl.Context, order: wire.Stage, arrays: Arrays) -> None:
        self._context, self._order = context, order
        self._tables = known = tables(arrays)
        self._row = 1 << (int(context.info["GL_MAX_TEXTURE_SIZE"]).bit_length() - 1)
        self._view = context.buffer(reserve=4 * 64)
        self._view.bind_to_uniform_block(0)
        self._textures = {
            "faces": self._table(known.faces, 4, "u4"),
            "materials": self._table(known.materials, 4, "u4"),
            "levels": self._table(arrays["level"], 4, "i4"),
            "texels": self._table(arrays["texels"], 4, "f1", SRGB8_ALPHA8),
            "linear_texels": self._table(_linear(arrays), 4, "f1"),
        }
        self._vertices, self._indices, self._dots = (
            context.buffer(table.tobytes()) if table.size else None
            for table in (known.vertices, known.indices, known.dots)
        )
        self._defines = {
            "ROW": str(self._row),
            "NOTHING": "uintBitsToFloat(0x7FC00000u)",  # nan
            "BACKGROUND": "vec3({:.9f}, {:.9f}, {:.9f})".format(*order.background),
            **({"LIT": ""} if order.lit else {}),
            **({"HAS_UVS": ""} if len(arrays["uvs"]) else {}),
            **({"HAS_MAPS": ""} if len(arrays["uvs"]) and len(arrays["level"]) else {}),
            **({"HAS_LINEAR_MAPS": ""} if (arrays["level"][:, 3] > 0).any() else {}),
            **({"HAS_COLORS": ""} if len(arrays["colors"]) else {}),
        }
        self._passes: dict[tuple[str, ...], list[_Pass]] = {}
        self._frames: dict[tuple[Any, ...], moderngl.Framebuffer] = {}

    def draw(self, shot: wire.Shot, into: Arrays) -> None:
        """A frame.

        Args:
            shot: which.
            into: the arrays that are filled.

        Raises:
            ToolError: the picture is larger than OpenGL takes.
        """
        frame = self._frame(shot.size, shot.names)
        frame.use()
        self._context.enable_only(moderngl.DEPTH_TEST)
        radius, camera_normals = self._order.point_radius, self._order.camera_normals
        numbers = view(shot, self._tables, radius, camera_normals=camera_normals)
        self._view.write(numbers.tobytes())
        first, *others = self._made(shot.names)
        self._context.depth_func = "1"  # always
        first.array.render(vertices=first.vertices)
        self._context.depth_func = ">"
        for one in others:
            one.array.render(vertices=one.vertices, instances=one.instances)
        for attachment, name in enumerate(shot.names):
            _, _, dtype, components = TARGETS[name]
            frame.read_into(
                into[name].data,
                components=components,
                attachment=attachment,
                alignment=1,
                dtype=dtype,
            )

    def _made(self, names: tuple[str, ...]) -> list[_Pass]:
        """The background, then meshes, then points: of what is as near, the first one is seen."""
        if names not in self._passes:
            made = [_Pass(self._array("nothing", names, []), 3)]
            if self._vertices is not None:
                attributes = ("in_place", "in_normal", "in_uv", "in_color")
                made.append(
                    _Pass(self._array("mesh", names, [(self._vertices, VERTEX, *attributes)]))
                )
            if self._dots is not None:
                attributes = ("in_place", "in_normal", "in_color", "in_object")
                array = self._array("points", names, [(self._dots, POINT, *attributes)])
                made.append(_Pass(array, 4, len(self._tables.dots)))
            self._passes[names] = made
        return self._passes[names]

    def _array(self, name: str, names: Sequence[str], content: list[Any]) -> moderngl.VertexArray:
        program = self._context.program(
            vertex_shader=self._source(f"{name}.vert", "view.glsl"),
            fragment_shader=self._source(f"{name}.frag", "view.glsl", "surface.glsl", names=names),
        )
        for place, (table, texture) in enumerate(self._textures.items()):
            texture.use(place)
            if table in program:
                program[table] = place
        indices = self._indices if name == "mesh" else None
        mode = moderngl.TRIANGLE_STRIP if name == "points" else moderngl.TRIANGLES
        return self._context.vertex_array(
            program, content, index_buffer=indices, mode=mode, skip_errors=True
        )

    def _source(self, name: str, *before: str, names: Sequence[str] = ()) -> str:
        head = ["#version 420"]
        head += [f"#define {word} {value}" for word, value in self._defines.items()]
        for place, wanted in enumerate(names):
            head.append(f"#define WANTS_{wanted.upper()}")
            head.append(f"layout(location = {place}) out {TARGETS[wanted][0]} out_{wanted};")
        texts = [(_SHADERS / file).read_text(encoding="ascii") for file in (*before, name)]
        return "\n".join([*head, *texts])

    def _frame(self, size: tuple[int, int], names: tuple[str, ...]) -> moderngl.Framebuffer:
        """Room for pictures; that of the last kind is kept."""
        if (size, names) not in self._frames:
            if max(size) > self._row:
                found = f"{size[0]} x {size[1]} pixels"
                raise ToolError("OpenGL", found, f"{self._row} a side at most", _ELSE)
            for frame in self._frames.values():
                frame.release()
            targets = [TARGETS[name] for name in names]
            self._frames = {
                (size, names): self._context.framebuffer(
                    [self._context.renderbuffer(size, n, dtype=kind) for _, n, kind, _ in targets],
                    self._context.depth_renderbuffer(size),
                )
            }
        return self._frames[size, names]

    def _table(
        self, table: NDArray[Any], components: int, dtype: str, internal: int | None = None
    ) -> moderngl.Texture:
        """Numbers in rows as long as a texture's may be."""
        count = table.nbytes // (components * int(dtype[1]))
        rows = max(1, -(-count // self._row))
        if rows > self._row:
            found, wanted = f"{count} entries of a table", f"{self._row**2} at most"
            raise ToolError("OpenGL", found, wanted, _ELSE)
        width = self._row if rows > 1 else max(count, 1)
        data = table.tobytes().ljust(rows * width * components * int(dtype[1]), b"\0")
        texture = self._context.texture(
            (width, rows), components, data, dtype=dtype, internal_format=internal
        )
        texture.filter = moderngl.NEAREST, moderngl.NEAREST
        return texture


def _linear(arrays: Arrays) -> NDArray[Any]:
    """All texels, if there are color maps that hold linear light; else none."""
    return arrays["texels"] if (arrays["level"][:, 3] > 0).any() else arrays["texels"][:0]
