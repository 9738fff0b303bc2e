import numpy as np
import trimesh

from lightmould.engine.isosurfaces.dual import dual, dual_mesh


def _torus(side: int) -> np.ndarray:
    x, y, z = np.meshgrid(*[np.linspace(-1, 1, side)] * 3, indexing="ij")
    return np.hypot(np.hypot(x, z) - 0.6, y) - 0.25


def test_a_torus_is_one_closed_surface_with_one_hole() -> None:
    vertices, faces = dual_mesh(_torus(40))
    mesh = trimesh.Trimesh(vertices, faces, process=False)
    assert mesh.is_watertight
    assert mesh.euler_number == 0


def test_faces_look_outward() -> None:
    vertices, faces = dual_mesh(_torus(40))
    volume = trimesh.Trimesh(vertices, faces, process=False).volume * (2 / 39) ** 3
    np.testing.assert_allclose(volume, 2 * np.pi**2 * 0.6 * 0.25**2, rtol=0.02)


def test_vertices_lie_on_a_plane_that_the_distance_describes() -> None:
    x = np.indices((12, 12, 12), dtype=float)[0]
    vertices, faces = dual_mesh(x - 5.3)
    crossing = vertices[(vertices[:, 1:] > 1.5).all(axis=1) & (vertices[:, 1:] < 9.5).all(axis=1)]
    # The forced border closes the half space; away from it the plane is met exactly.
    on_plane = crossing[crossing[:, 0] > 2]
    np.testing.assert_allclose(on_plane[:, 0], 5.3, atol=1e-12)
    assert len(faces) > 0


def test_a_grid_that_is_inside_up_to_its_border_is_still_closed() -> None:
    vertices, faces = dual_mesh(np.full((6, 6, 6), -1.0))
    mesh = trimesh.Trimesh(vertices, faces, process=False)
    assert mesh.is_watertight
    assert mesh.volume > 0


def test_an_empty_grid_has_no_surface() -> None:
    surface = dual(np.ones((5, 5, 5)))
    assert surface.vertices.shape == (0, 3)
    assert surface.faces.shape == (0, 3)
    assert not surface.backward(surface.vertices).distance.any()


def test_every_edge_has_two_faces_whatever_the_signs() -> None:
    values = np.random.default_rng(0).normal(size=(14, 14, 14))
    vertices, faces = dual_mesh(values)
    sides = np.sort(faces[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1)
    _, counts = np.unique(sides, axis=0, return_counts=True)
    assert (counts == 2).all()
    assert trimesh.Trimesh(vertices, faces, process=False).is_winding_consistent


def test_gradients_of_a_dual_surface_are_finite_differences() -> None:
    rng = np.random.default_rng(1)
    values = _torus(16) + rng.normal(0, 0.02, (16, 16, 16))
    surface = dual(values)
    grad = rng.normal(size=surface.vertices.shape)
    way = rng.normal(size=values.shape)
    ahead, behind = ((dual(values + h * way).vertices * grad).sum() for h in (1e-7, -1e-7))
    slope = (surface.backward(grad).distance * way).sum()
    np.testing.assert_allclose((ahead - behind) / 2e-7, slope, rtol=1e-5)
