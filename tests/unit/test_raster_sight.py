"""What cameras see of faces: the kernel against a ray for every point, and cases known by heart."""

from dataclasses import replace
from math import sqrt

import numpy as np
import pytest

from lightmould.errors import SettingsError
from lightmould.model import Camera, Mesh
from lightmould.model.camera import project
from lightmould.model.distortion import Fisheye
from lightmould.raster import cpu, reference
from lightmould.rigs import Lens, Limits, look_at, scatter

LENS = Lens((64, 48), 0.9)


def quad(z: float, half: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    corners = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)], float) * half
    return np.column_stack([corners, np.full(4, z)]), np.array([(0, 1, 2), (0, 2, 3)])


def quads(*depths: float) -> Mesh:
    parts = [quad(z) for z in depths]
    faces = [faces + 4 * i for i, (_, faces) in enumerate(parts)]
    return Mesh(np.concatenate([p for p, _ in parts]), np.concatenate(faces))


def knotted(rng: np.random.Generator) -> Mesh:
    """A bumpy torus and loose triangles across it."""
    turn, tilt = (n.ravel() * 2 * np.pi for n in np.mgrid[0:16, 0:8] / [[[16]], [[8]]])
    tube = 0.3 + 0.1 * rng.random(128)
    out = 0.8 + tube * np.cos(tilt)
    torus = np.stack([out * np.cos(turn), tube * np.sin(tilt), out * np.sin(turn)], axis=1)
    a, b = (n.ravel() for n in np.mgrid[0:16, 0:8])
    i, j, k, m = ((a + x) % 16 * 8 + (b + y) % 8 for x, y in ((0, 0), (1, 0), (1, 1), (0, 1)))
    loose = rng.normal(scale=0.8, size=(20, 1, 3)) + rng.normal(scale=0.4, size=(20, 3, 3))
    faces = [np.stack([i, k, j], axis=1), np.stack([i, m, k], axis=1)]
    faces.append(128 + np.arange(60).reshape(20, 3))
    return Mesh(np.concatenate([torus, loose.reshape(-1, 3)]), np.concatenate(faces))


def front(lens: Lens = LENS, distance: float = 3.0) -> Camera:
    return lens.camera("front", look_at((0, 0, distance), (0, 0, 0)))


@pytest.mark.parametrize("seed", range(2))
def test_the_kernel_sees_what_rays_see(seed: int) -> None:
    rng = np.random.default_rng(seed)
    mesh = knotted(rng)
    # From afar, from near with a near plane that cuts the mesh, and from amidst it.
    afar = scatter((0, 0, 0), Limits((2, 6)), 3, LENS, rng).cameras
    close = scatter((0, 0, 0), Limits((1, 1.5)), 2, replace(LENS, near=0.5), rng).cameras
    amidst = scatter((0.5, 0.1, 0), Limits((0.1, 0.4)), 2, Lens((30, 60), 2.5), rng).cameras
    skewed = replace(afar[0], name="skewed", center=(10.3, 40.1), focal=(40.0, 90.0))
    cameras = (*afar, *close, *amidst, skewed)
    fast, slow = cpu.sight(mesh, cameras), reference.sight(mesh, cameras)
    same = (fast[0] > 0) == (slow[0] > 0)
    assert same.mean() >= 0.999
    assert 0.1 < (fast[0] > 0).mean() < 0.5
    for one, other in zip(fast, slow, strict=True):
        np.testing.assert_allclose(one[same], other[same], rtol=1e-5, atol=1e-6)


def test_a_camera_sees_the_front_of_a_face_and_not_its_back() -> None:
    cosine, density = cpu.sight(quads(0), [front()])
    np.testing.assert_allclose(cosine[0], 3 / sqrt(9 + 2 / 9), rtol=1e-6)
    np.testing.assert_allclose(density[0], LENS.focal / 3, rtol=1e-6)
    back = LENS.camera("back", look_at((0, 0, -3), (0, 0, 0)))
    assert not cpu.sight(quads(0), [back])[0].any()


def test_density_is_pixels_per_metre_also_at_a_slant_and_off_the_axis() -> None:
    tiny = Mesh(
        np.array([(0, 0, 0), (1e-4, 0, 0), (0, 1e-4, 0)]) + np.array([0.5, 0.3, 0]), [(0, 1, 2)]
    )
    camera = LENS.camera("slant", look_at((2, 0.5, 2), (0, 0, 0)))
    a, b, c = project(camera, tiny.positions)
    (u, v), (w, x) = b - a, c - a
    pixels = abs(u * x - v * w) / 1e-8
    np.testing.assert_allclose(cpu.sight(tiny, [camera])[1], sqrt(pixels), rtol=1e-3)


def test_what_is_behind_is_hidden_and_what_touches_is_not() -> None:
    seen = cpu.sight(quads(0, 1, 1), [front()])[0] > 0
    assert seen[0].tolist() == [False, False, True, True, True, True]


def test_what_is_nearer_than_the_near_plane_hides_nothing() -> None:
    mesh = quads(0, 2)
    assert not cpu.sight(mesh, [front()])[0][0, :2].any()
    seen = cpu.sight(mesh, [front(replace(LENS, near=1.5))])[0][0] > 0
    assert seen.tolist() == [True, True, False, False]


def test_what_is_beside_the_picture_behind_the_camera_or_too_far_is_not_seen() -> None:
    aside = LENS.camera("aside", look_at((0, 0, 3), (3, 0, 2)))
    away = LENS.camera("away", look_at((0, 0, 3), (0, 0, 4)))
    assert not cpu.sight(quads(0), [aside, away, front(replace(LENS, far=2.9))])[0].any()


def test_a_part_that_is_seen_is_enough() -> None:
    low = Mesh(np.array([(-1, -1, 0), (1, -1, 0), (0, 1.5, 0)]), [(0, 1, 2)])
    corners, faces = quad(1)
    lid = Mesh(
        np.concatenate([low.positions, corners + np.array([0, 0.8, 0])]),
        np.concatenate([[(0, 1, 2)], faces + 3]),
    )
    assert cpu.sight(lid, [front()])[0][0, 0] > 0
    np.testing.assert_array_equal(cpu.sight(lid, [front()])[0], reference.sight(lid, [front()])[0])


def test_a_face_without_area_and_a_mesh_without_faces_are_seen_by_nobody() -> None:
    flat = Mesh(np.array([(0, 0, 0), (1, 0, 0), (2, 0, 0)]), [(0, 1, 2)])
    assert not cpu.sight(flat, [front()])[0].any()
    none = Mesh(np.zeros((3, 3)), np.zeros((0, 3), int))
    assert cpu.sight(none, [front()])[0].shape == (1, 0)


def test_a_lens_that_bends_is_refused() -> None:
    bent = replace(front(), distortion=Fisheye())
    with pytest.raises(SettingsError, match="a pinhole"):
        cpu.sight(quads(0), [bent])


def test_the_threads_make_no_difference() -> None:
    mesh = knotted(np.random.default_rng(9))
    cameras = scatter((0, 0, 0), Limits((2, 3)), 5, LENS, np.random.default_rng(0)).cameras
    found = []
    for count in (1, 3, None):
        cpu.set_threads(count)
        found.append(cpu.sight(mesh, cameras))
    for cosine, density in found[1:]:
        np.testing.assert_array_equal(cosine, found[0][0])
        np.testing.assert_array_equal(density, found[0][1])
