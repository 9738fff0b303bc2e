"""Open3D's documented headless workflow, for `capture.py` to compare with; runs in its interpreter.

    PYTHON capture_open3d.py MESH.obj TRAJECTORY.json OUT sequence|render

`sequence` writes color, depth and normals as PNG, as the documentation does it, by its own writer;
`render` only draws and reads back. Prints the seconds of the frames after the first.
"""

import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import open3d as o3d


def main() -> None:
    """Capture every camera of a trajectory."""
    mesh_file, trajectory_file, out, what = sys.argv[1:]
    mesh = o3d.io.read_triangle_mesh(mesh_file, enable_post_processing=False)
    mesh.compute_triangle_normals()  # without them it is drawn unlit, and normals are gray
    trajectory = o3d.io.read_pinhole_camera_trajectory(trajectory_file)
    lens = trajectory.parameters[0].intrinsic
    viewer = o3d.visualization.Visualizer()
    viewer.create_window(width=lens.width, height=lens.height, visible=False)
    viewer.add_geometry(mesh)
    for name in ("image", "depth", "normal"):
        (Path(out) / name).mkdir(parents=True, exist_ok=True)
    frame = read_back if what == "render" else write
    began = 0.0
    for index, camera in enumerate([trajectory.parameters[0], *trajectory.parameters]):
        if index == 1:  # the first one is drawn twice: it builds buffers and shaders
            began = time.perf_counter()
        viewer.get_view_control().convert_from_pinhole_camera_parameters(
            camera, allow_arbitrary=True
        )
        kinds = o3d.visualization.MeshColorOption
        for folder, kind in (("image", kinds.Color), ("normal", kinds.Normal)):
            viewer.get_render_option().mesh_color_option = kind
            viewer.update_renderer()
            viewer.poll_events()
            frame(viewer, folder, f"{index:05d}.png", out)
    print(time.perf_counter() - began)
    viewer.destroy_window()


def read_back(viewer: Any, folder: str, _name: str, _out: str) -> None:
    """One pass as arrays."""
    np.asarray(viewer.capture_screen_float_buffer(do_render=True))
    if folder == "image":
        np.asarray(viewer.capture_depth_float_buffer(do_render=False))


def write(viewer: Any, folder: str, name: str, out: str) -> None:
    """One pass as files."""
    viewer.capture_screen_image(f"{out}/{folder}/{name}", do_render=True)
    if folder == "image":
        viewer.capture_depth_image(f"{out}/depth/{name}", do_render=False)


main()
