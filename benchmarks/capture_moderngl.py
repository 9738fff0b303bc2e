"""A plain program of moderngl's, for `capture.py` to compare with: one pass, read back directly.

    python capture_moderngl.py MESH.obj TRAJECTORY.json

Draws color, depth and normals as most would: the driver's depth buffer, mip maps and filters, and 8
bits for normals. Prints the driver's name and the seconds of the frames after the first.
"""

import sys
import time
from pathlib import Path

import moderngl
import numpy as np

from lightmould.capture import reading, trajectory
from lightmould.capture.gl.device import open_context
from lightmould.capture.scene import Scene, Shape
from lightmould.dataset import images
from lightmould.model import Mesh

VERTEX = """
#version 330
uniform mat4 clip_from_world; uniform mat4 camera_from_world;
in vec3 place; in vec3 normal; in vec2 uv;
out vec3 world_normal; out vec3 eye; out vec2 at;
void main() {
  gl_Position = clip_from_world * vec4(place, 1.0);
  eye = (camera_from_world * vec4(place, 1.0)).xyz;
  world_normal = normal;
  at = uv;
}"""
FRAGMENT = """
#version 330
uniform sampler2D map; uniform mat4 camera_from_world;
in vec3 world_normal; in vec3 eye; in vec2 at;
layout(location = 0) out vec4 color; layout(location = 1) out float depth;
layout(location = 2) out vec4 normal;
void main() {
  vec3 n = normalize(world_normal);
  float light = abs(dot(mat3(camera_from_world) * n, normalize(eye)));
  color = vec4(texture(map, at).rgb * light, 1.0);
  depth = -eye.z;
  normal = vec4(n * 0.5 + 0.5, 1.0);
}"""


def main() -> None:
    """Draw every camera of a trajectory."""
    model, path = map(Path, sys.argv[1:])
    shape = reading.read([model]).shapes[0]
    cameras = trajectory.read(path, Scene((shape,)))
    context, _ = open_context()
    size = cameras[0].size
    frame = context.framebuffer(
        [
            context.renderbuffer(size, 4),
            context.renderbuffer(size, 1, dtype="f4"),
            context.renderbuffer(size, 4),
        ],
        context.depth_renderbuffer(size),
    )
    program = context.program(vertex_shader=VERTEX, fragment_shader=FRAGMENT)
    vertices, indices = corners(shape.mesh)
    array = context.vertex_array(
        program,
        [(context.buffer(vertices), "3f 3f 2f", "place", "normal", "uv")],
        index_buffer=context.buffer(indices),
    )
    surface(context, shape).use(0)
    context.enable_only(moderngl.DEPTH_TEST)
    width, height = size
    pictures = [np.zeros((height, width, 3), np.uint8) for _ in range(2)]
    depth = np.zeros((height, width), np.float32)
    began = 0.0
    for index, camera in enumerate([cameras[0], *cameras]):
        if index == 1:  # the first one is drawn twice: it builds shaders
            began = time.perf_counter()
        matrices = camera.clip_from_world, camera.camera_from_world
        for name, matrix in zip(("clip_from_world", "camera_from_world"), matrices, strict=True):
            program[name].write(matrix.T.astype(np.float32).tobytes())  # type: ignore[union-attr]
        frame.clear(1.0, 1.0, 1.0, 1.0)
        frame.use()
        array.render()
        frame.read_into(pictures[0], components=3, attachment=0)
        frame.read_into(depth, components=1, attachment=1, dtype="f4")
        frame.read_into(pictures[1], components=3, attachment=2)
    seconds = time.perf_counter() - began
    print(context.info["GL_RENDERER"], seconds)


def corners(mesh: Mesh) -> tuple[bytes, bytes]:
    """Vertices of place, normal and uv, each once, and their indices."""
    given = (mesh.positions, mesh.normals, mesh.uvs), (mesh.faces, mesh.face_normals, mesh.face_uvs)
    rows = np.stack([faces.reshape(-1) for faces in given[1]], axis=1)
    unique, indices = np.unique(rows, axis=0, return_inverse=True)
    every = [table[column] for table, column in zip(given[0], unique.T, strict=True)]
    vertices = np.concatenate(every, axis=1).astype(np.float32)
    return vertices.tobytes(), indices.astype(np.uint32).tobytes()


def surface(context: moderngl.Context, shape: Shape) -> moderngl.Texture:
    """The color map, or white."""
    found = shape.materials[0].base_color_map if shape.materials else None
    pixels = np.ones((1, 1, 3)) if found is None else images.read(found.path, 3)[::-1]
    data = np.rint(pixels * 255).astype(np.uint8)
    texture = context.texture(data.shape[1::-1], 3, data.tobytes())
    texture.build_mipmaps()
    texture.filter = moderngl.LINEAR_MIPMAP_LINEAR, moderngl.LINEAR
    return texture


main()
