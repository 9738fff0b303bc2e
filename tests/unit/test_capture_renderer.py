"""Pictures of scenes: against a ray for every pixel, and shapes known by heart."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lightmould.capture import reading
from lightmould.capture.frame import OUTPUTS, Frame, Style
from lightmould.capture.renderer import Renderer
from lightmould.capture.scene import Points, Scene, Shape
from lightmould.dataset import images
from lightmould.errors import SettingsError
from lightmould.formats import obj
from lightmould.formats.color import linear_from_srgb
from lightmould.model import Camera, Mesh
from lightmould.model.asset import Map, Material
from lightmould.model.camera import project
from lightmould.model.distortion import Fisheye
from lightmould.model.mesh import vertex_normals
from lightmould.raster import pool
from lightmould.raster.reference.draw import cast
from lightmould.raster.reference.textures import texture
from lightmould.rigs import Lens, look_at, ring

LENS = Lens((40, 30), 0.9)
AHEAD = Camera("ahead", (64, 48), (60.0, 55.0), (30.0, 26.0), np.eye(4), 0.1, 100.0)


def plane(depth: float, half: float) -> Mesh:
    corners = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)], float)
    positions = np.column_stack([corners * half, np.full(4, -depth)])
    faces = np.array([(0, 1, 2), (0, 2, 3)])
    return Mesh(positions, faces, corners / 2 + 0.5, faces)


def crumpled(rng: np.random.Generator) -> Mesh:
    """Loose triangles around the origin, each with normals and uvs of its own."""
    positions = rng.normal(scale=0.6, size=(40, 1, 3)) + rng.normal(scale=0.4, size=(40, 3, 3))
    positions = positions.reshape(-1, 3)
    faces = np.arange(120).reshape(40, 3)
    normals = rng.normal(size=(120, 3))
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    return Mesh(positions, faces, rng.random((120, 2)), faces, normals, faces)


def looking(place: tuple[float, float, float], target: tuple[float, float, float]) -> Camera:
    return Camera("c", (40, 30), (41.0, 44.0), (19.0, 16.0), look_at(place, target))


def seen_by(camera: Camera, *shapes: Mesh, style: Style | None = None) -> Frame:
    scene = Scene(tuple(Shape(f"s{i}", mesh) for i, mesh in enumerate(shapes)))
    return Renderer(scene, OUTPUTS, style).render(camera)


@pytest.mark.parametrize("seed", range(4))
def test_pixels_see_what_their_rays_meet(seed: int) -> None:
    rng = np.random.default_rng(seed)
    mesh = crumpled(rng)
    # From within some of them: triangles that cross the near plane and the eye's plane.
    for camera in (
        looking((2.5, 0.8, 0.3), (0, 0, 0)),
        replace(looking((0.3, 0.1, 0.2), (0, 0, -1)), near=0.05),
    ):
        triangle, depth, weights = cast(mesh.positions, mesh.faces, camera)
        frame = Renderer(Scene((Shape("mesh", mesh),)), OUTPUTS).render(camera)
        same = (frame.depth < np.inf) & np.isclose(frame.depth, depth, rtol=1e-5)
        nothing = np.isinf(frame.depth) & (triangle < 0)
        # Corners are snapped to 1/256 pixel: rays within a hair of an edge may differ.
        assert (same | nothing).mean() > 0.99
        flat = mesh.face_normals[triangle[same]]
        normal = (weights[same][..., None] * mesh.normals[flat]).sum(axis=1)
        normal /= np.linalg.norm(normal, axis=1, keepdims=True)
        found = frame.normal[same]
        assert np.abs(np.abs((found * normal).sum(axis=1)) - 1).max() < 1e-4
        uv = (weights[same][..., None] * mesh.uvs[flat]).sum(axis=1)
        assert np.abs(frame.uv[same] - uv).max() < 1e-4
        assert (frame.id[same] == 1).all()
        assert (frame.id[nothing] == 0).all()


def test_a_plane_is_where_it_is_to_the_last_digit() -> None:
    frame = seen_by(AHEAD, plane(3.0, 50.0))
    assert np.abs(frame.depth - 3.0).max() < 1e-6
    assert np.allclose(frame.normal, (0, 0, 1))


def test_a_plane_that_passes_below_the_camera_has_no_hole() -> None:
    floor = Mesh(
        np.array([(-500, -1, -500), (500, -1, -500), (500, -1, 500), (-500, -1, 500)], float),
        np.array([(0, 2, 1), (0, 3, 2)]),
    )
    frame = seen_by(AHEAD, floor)
    rows = (AHEAD.center[1] - np.arange(48) - 0.5) / AHEAD.focal[1]
    depth = np.where(rows < 0, -1 / rows, np.inf)
    depth[depth > AHEAD.far] = np.inf
    assert np.allclose(frame.depth, np.repeat(depth[:, None], 64, axis=1), rtol=1e-6)


def test_what_is_nearer_or_farther_than_the_clipping_planes_is_not_seen() -> None:
    near, between, far = (plane(z, 500.0) for z in (0.05, 5.0, 101.0))
    assert np.allclose(seen_by(AHEAD, near, far, between).depth, 5.0)
    assert np.isinf(seen_by(AHEAD, near, far).depth).all()


def test_a_triangle_that_is_wider_than_any_screen_is_seen() -> None:
    vast = plane(1.0, 1e7)
    assert np.allclose(seen_by(AHEAD, vast).depth, 1.0)


def test_normals_face_the_camera_in_the_space_that_is_asked_for() -> None:
    turned = looking((0.0, 0.0, -6.0), (0, 0, -3))
    world = seen_by(turned, plane(3.0, 9.0))
    camera = seen_by(turned, plane(3.0, 9.0), style=Style(normal_space="camera"))
    assert np.allclose(world.normal, (0, 0, -1), atol=1e-6)
    assert np.allclose(camera.normal, (0, 0, 1), atol=1e-6)


def test_a_light_at_the_camera_falls_off_with_the_cosine() -> None:
    frame, bare = (seen_by(AHEAD, plane(3.0, 50.0), style=Style(lit=lit)) for lit in (True, False))
    x, y = np.meshgrid((np.arange(64) + 0.5 - 30) / 60, (26 - np.arange(48) - 0.5) / 55)
    cosine = 1 / np.sqrt(1 + x**2 + y**2)
    gray = linear_from_srgb(bare.color[0, 0, 0] / 255)
    shaded = linear_from_srgb(frame.color[..., 0] / 255)
    assert np.abs(shaded - gray * cosine).max() < 0.006
    assert (bare.color == bare.color[0, 0]).all()


def test_color_maps_lie_as_their_uvs_say(tmp_path: Path) -> None:
    picture = np.zeros((2, 2, 3), np.float32)
    picture[0, 0], picture[0, 1], picture[1, 0] = (1, 0, 0), (0, 1, 0), (0, 0, 1)
    images.write_png(tmp_path / "map.png", np.repeat(np.repeat(picture, 8, 0), 8, 1))
    material = Material("m", base_color_map=Map(tmp_path / "map.png", "srgb"))
    mesh = plane(1.0, 0.4)
    shape = Shape("s", mesh, (material,), np.zeros(2, np.int32))
    camera = Camera("c", (40, 40), (50.0, 50.0), (20.0, 20.0), np.eye(4))
    color = Renderer(Scene((shape,)), ("color",), Style(lit=False)).render(camera).color
    assert color[8, 8].tolist() == [255, 0, 0]  # the picture's upper left, as it is seen
    assert color[8, 32].tolist() == [0, 255, 0]
    assert color[32, 8].tolist() == [0, 0, 255]
    assert color[32, 32].tolist() == [0, 0, 0]


def test_color_maps_are_mixed_as_the_slow_twin_mixes_them(tmp_path: Path) -> None:
    rng = np.random.default_rng(8)
    image = rng.integers(0, 256, (7, 12, 3)) / 255
    images.write_png(tmp_path / "map.png", image.astype(np.float32))
    material = Material("m", base_color_map=Map(tmp_path / "map.png", "srgb"))
    flat = plane(1.0, 0.4)
    mesh = replace(flat, uvs=rng.uniform(-2, 2, (4, 2)))
    shape = Shape("s", mesh, (material,), np.zeros(2, np.int32))
    camera = Camera("c", (300, 200), (375.0, 250.0), (150.0, 100.0), np.eye(4))
    frame = Renderer(Scene((shape,)), ("color", "uv"), Style(lit=False)).render(camera)
    wanted = texture(linear_from_srgb(image)[None], frame.uv[None].astype(float))[0]
    error = linear_from_srgb(frame.color / 255) - wanted
    # The place among texels is rounded to 1/256 of one, colors to 8 bits of sRGB.
    assert np.abs(error).max() < 0.012
    assert abs(error.mean()) < 2e-4


def test_edge_on_and_needle_thin_triangles_are_drawn_without_harm() -> None:
    rng = np.random.default_rng(9)
    thin = rng.normal(size=(300, 1, 3)) * 0.4 + rng.normal(size=(300, 3, 3)) * (1.0, 1e-9, 0.7)
    faces = np.arange(900).reshape(300, 3)
    mesh = Mesh(thin.reshape(-1, 3), faces, rng.normal(size=(900, 2)) * 1e6, faces)
    frame = seen_by(looking((3.0, 0.0, 0.0), (0, 0, 0)), mesh)
    seen = np.isfinite(frame.depth)
    assert (frame.depth[seen] > 0).all()
    assert np.isfinite(frame.uv[seen]).all()


def test_color_maps_that_are_too_fine_for_the_pixels_are_seen_as_their_mean(tmp_path: Path) -> None:
    dots = np.indices((64, 64)).sum(axis=0) % 2
    images.write_png(tmp_path / "map.png", np.repeat(dots[..., None], 3, 2).astype(np.float32))
    material = Material("m", base_color_map=Map(tmp_path / "map.png", "srgb"))
    shape = Shape("s", plane(1.0, 0.4), (material,), np.zeros(2, np.int32))
    camera = Camera("c", (10, 10), (12.5, 12.5), (5.0, 5.0), np.eye(4))
    color = Renderer(Scene((shape,)), ("color",), Style(lit=False)).render(camera).color
    assert np.abs(linear_from_srgb(color / 255) - 0.5).max() < 0.01


def test_colors_of_corners_are_interpolated() -> None:
    mesh = plane(1.0, 0.4)
    colors = np.zeros((4, 3))
    colors[[1, 2]] = 0.8  # the right side
    scene = Scene((Shape("s", mesh, (Material("m", (1.0, 1.0, 1.0)),), np.zeros(2, int), colors),))
    camera = Camera("c", (40, 40), (50.0, 50.0), (20.0, 20.0), np.eye(4))
    row = Renderer(scene, ("color",), Style(lit=False)).render(camera).color[20, :, 0]
    wanted = 0.8 * (np.arange(40) + 0.5) / 40
    assert np.abs(linear_from_srgb(row / 255) - wanted).max() < 0.006


def test_colors_of_corners_without_a_material_are_seen_as_they_are(tmp_path: Path) -> None:
    text = obj.write(plane(1.0, 0.4), colors=np.full((4, 3), (0.25, 0.5, 1.0)))
    (tmp_path / "a.obj").write_text(text)
    scene = reading.read([tmp_path / "a.obj"])
    camera = Camera("c", (4, 4), (5.0, 5.0), (2.0, 2.0), np.eye(4))
    color = Renderer(scene, ("color",), Style(lit=False)).render(camera).color
    assert np.abs(linear_from_srgb(color / 255) - (0.25, 0.5, 1.0)).max() < 0.006


def test_points_are_discs_where_they_project_and_hide_what_is_behind() -> None:
    rng = np.random.default_rng(5)
    places = rng.uniform((-1, -1, -4), (1, 1, -2), (30, 3))
    cloud = Points("cloud", places, np.full((30, 3), 0.5))
    frame = Renderer(Scene((Shape("wall", plane(5.0, 50.0)),), (cloud,)), OUTPUTS).render(AHEAD)
    pixels = project(AHEAD, places)
    inside = ((pixels >= 1) & (pixels < (63, 47))).all(axis=1)
    hit = np.floor(pixels[inside]).astype(int)
    assert inside.sum() > 10
    assert (frame.id[hit[:, 1], hit[:, 0]] == 2).all()
    nearest = frame.depth[hit[:, 1], hit[:, 0]]
    assert (nearest <= -places[inside, 2] + 1e-5).all()
    assert (frame.depth[frame.id == 1] == 5).all()
    assert (frame.normal[frame.id == 2] == 0).all()
    assert np.isnan(frame.uv[frame.id == 2]).all()


def test_flat_meshes_are_seen_with_flat_normals() -> None:
    rng = np.random.default_rng(3)
    mesh = crumpled(rng)
    bare = Mesh(mesh.positions, mesh.faces)
    camera = looking((2.5, 0.8, 0.3), (0, 0, 0))
    triangle, depth, _ = cast(bare.positions, bare.faces, camera)
    frame = seen_by(camera, bare)
    same = np.isclose(frame.depth, depth, rtol=1e-5) & (triangle >= 0)
    a, b, c = np.moveaxis(bare.positions[bare.faces[triangle[same]]], 1, 0)
    normal = np.cross(b - a, c - a)
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    assert np.abs(np.abs((frame.normal[same] * normal).sum(axis=1)) - 1).max() < 1e-5


def test_a_frame_has_the_same_bytes_on_any_number_of_threads() -> None:
    mesh = crumpled(np.random.default_rng(2))
    smooth = vertex_normals(mesh.positions, mesh.faces)
    scene = Scene((Shape("a", replace(mesh, normals=smooth, face_normals=mesh.faces)),))
    rig = ring((0, 0, 0), 3.0, 5, LENS)
    renderer = Renderer(scene, OUTPUTS)
    try:
        pool.set_threads(3)
        several = [renderer.render(camera) for camera in rig.cameras]
        many = [*renderer.frames(rig.cameras)]
        pool.set_threads(1)
        alone = [renderer.render(camera) for camera in rig.cameras]
    finally:
        pool.set_threads(None)
    for one, two, three in zip(several, many, alone, strict=True):
        for name in OUTPUTS:
            arrays = [getattr(frame, name).tobytes() for frame in (one, two, three)]
            assert arrays[0] == arrays[1] == arrays[2]


def test_a_lens_that_bends_is_refused() -> None:
    camera = replace(AHEAD, distortion=Fisheye(0.1, 0.0, 0.0, 0.0))
    with pytest.raises(SettingsError, match="pinhole"):
        seen_by(camera, plane(1.0, 1.0))


def test_a_scene_of_nothing_is_refused() -> None:
    with pytest.raises(SettingsError, match="neither faces nor points"):
        Scene(())
