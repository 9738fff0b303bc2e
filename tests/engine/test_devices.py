"""The stages in torch: elsewhere than on the CPU, and in single precision."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from lightmould.engine import backend, devices
from lightmould.engine.differentiable import cuda
from lightmould.engine.differentiable.cuda import Nvdiffrast, Probe
from lightmould.engine.flat import FlatMesh, targets_of
from lightmould.engine.geometry import hull, shape
from lightmould.engine.measure.shape import compare
from lightmould.engine.plain.backend import Plain
from lightmould.engine.plain.place import Place
from lightmould.engine.reconstruct import reconstruct
from lightmould.engine.shell import ShellInput
from lightmould.engine.texturing import appearance, atlas, light
from lightmould.engine.texturing.points import PointLook
from lightmould.errors import ToolError
from lightmould.model import Mesh
from lightmould.raster import cpu
from lightmould.raster.fragments import Array
from lightmould.settings.reconstruction import AppearanceLevel, Reconstruction, ShapeLevel
from lightmould.tools.own import ReconstructionRequest

ELSEWHERE = torch.device("meta")
"""Torch's device of tensors that have a shape but no numbers: who mixes it with another, looks at
a number or copies one back meets an error."""


class Elsewhere(Place):
    """A place whose door counts what passes."""

    def __init__(self) -> None:
        super().__init__(ELSEWHERE, torch.float32)
        self.sent = list[tuple[int, ...]]()
        self.returned = list[tuple[int, ...]]()

    def tensor(self, array: Array) -> Tensor:
        self.sent.append(array.shape)
        return super().tensor(array)

    def array(self, tensor: Tensor) -> Array:
        assert tensor.device == ELSEWHERE
        self.returned.append(tuple(tensor.shape))
        return torch.zeros(tensor.shape, dtype=tensor.dtype).numpy()


class Shapes:
    """nvdiffrast's shapes without its numbers, as strict about its arguments."""

    def RasterizeCudaContext(self) -> Any:  # noqa: N802  (its name)
        return None

    def rasterize(
        self, ctx: Any, pos: Tensor, tri: Tensor, resolution: Sequence[int]
    ) -> tuple[Tensor, Tensor]:
        del ctx
        packed = self._made((len(pos), *resolution, 4), tri, pos)
        return packed, packed * 0

    def interpolate(
        self,
        attr: Tensor,
        rast: Tensor,
        tri: Tensor,
        rast_db: Tensor | None = None,
        diff_attrs: str | None = None,
    ) -> tuple[Tensor, Tensor]:
        assert rast_db is None
        assert diff_attrs is None
        return self._made((*rast.shape[:3], attr.shape[2]), tri, attr, rast), rast

    def texture(self, *_: Any, **__: Any) -> Tensor:
        raise AssertionError("No stage looks a texture up in pictures.")

    def antialias(self, color: Tensor, rast: Tensor, pos: Tensor, tri: Tensor) -> Tensor:
        return self._made(tuple(color.shape), tri, color, rast, pos)

    def _made(self, size: tuple[int, ...], tri: Tensor, *floats: Tensor) -> Tensor:
        assert tri.dtype == torch.int32
        assert all(one.is_contiguous() and one.dtype == torch.float32 for one in floats)
        assert all(one.device == ELSEWHERE for one in (tri, *floats))
        return torch.stack([one.sum() for one in floats]).sum().expand(size)


class Drawing(Probe):
    """Finds `Shapes` for every device."""

    def __init__(self) -> None:
        super().__init__(Shapes)

    def backend(self, device: torch.device) -> Nvdiffrast:
        assert device == ELSEWHERE
        return Nvdiffrast(Shapes())


def test_no_step_of_a_picture_leaves_the_device(scene, monkeypatch) -> None:
    monkeypatch.setattr(cuda, "PROBE", Drawing())
    place, targets = Elsewhere(), targets_of(scene.train)
    mesh = FlatMesh(
        scene.mesh.positions.astype(np.float32),
        np.full(scene.mesh.positions.shape, 0.5, np.float32),
        scene.mesh.faces.copy(),
        cpu.adjacency(scene.mesh.faces),
    )
    compute, size = Plain(place), mesh.positions.shape
    for chosen in (np.array([0, 3]), np.array([2, 5])):
        found = compute.flat_difference(mesh, targets, chosen, 20.0)
        assert found.grad_positions.shape == found.grad_colors.shape == size
    assert place.returned == [(), size, size] * 2
    assert place.sent.count(targets.truth.shape) == 1
    assert len(place.sent) == 1 + 2 * len(("positions", "colors", "chosen", "faces", "cameras"))


def test_no_step_of_a_shell_leaves_the_device(scene) -> None:
    place = Elsewhere()
    size = scene.mesh.positions.shape
    albedo, harmonics = np.full(size, 0.5, np.float32), np.ones((9, 3), np.float32)
    shell = Plain(place).shell(
        ShellInput(scene.mesh.positions.copy(), scene.mesh.faces.copy(), albedo, harmonics)
    )
    shell.backward(shell.colors, 0.1)
    assert place.returned == [size, (), size, size, (9, 3)]


def test_no_step_of_a_texture_leaves_the_device(scene, monkeypatch) -> None:
    points = appearance.gathered(scene.train, atlas.corners_of(scene.mesh))
    monkeypatch.setattr("lightmould.engine.plain.shade.PIECE", len(points) // 5)  # of a third
    look = PointLook(scene.look.texture, light.filtered(scene.look.light))
    place = Elsewhere()
    compute = Plain(place)
    for offset in (0, 1):
        compute.point_difference(points, look, (3, offset), 0.01)
    assert place.returned == [look.texture.shape, look.images.shape, ()] * 2
    assert place.sent.count(points.rows.shape) == 1
    assert len(place.sent) == len(("points", "table")) + 2 * len(("texture", "images"))


def test_another_array_of_the_same_name_is_sent_again() -> None:
    place = Place(torch.device("cpu"), torch.float64)
    first, second = np.zeros(3, np.float32), np.ones(3, np.float32)
    assert place.kept("rows", first) is place.kept("rows", first)
    assert torch.equal(place.kept("rows", second), torch.ones(3))
    assert torch.equal(place.kept("rows", first), torch.zeros(3))


def single(_: object) -> Plain:
    """Torch as on a GPU, in single precision."""
    return Plain(Place(torch.device("cpu"), torch.float32))


def both(work: Callable[[Callable[[int, float], None]], Any], module: Any) -> Iterator[Any]:
    """What a stage finds and its losses: by fused kernels, then by torch in single precision."""
    for compute in (module.backend, single):
        losses = list[float]()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(module, "backend", compute)
            yield work(lambda _, loss, heard=losses: heard.append(loss)), losses


def test_a_shape_found_in_single_precision_is_the_fused_one(scene) -> None:
    contours = hull.contours_of(scene.train)
    grid = hull.grid_over(*hull.find_object(contours), 16)
    begun, level = shape.start(grid, hull.carve(contours, grid)), ShapeLevel(16, 8, 0, 4)

    def refined(tell: Callable[[int, float], None]) -> Mesh:
        rng = np.random.default_rng(0)
        found = shape.refine(begun, scene.train, Reconstruction(), level, rng, tell)
        return Mesh(*shape.mesh_of(found))

    (fused, wanted), (ours, losses) = both(refined, shape)
    np.testing.assert_allclose(losses, wanted, rtol=1e-3)
    assert compare(ours, fused, np.random.default_rng(0), 5000).chamfer_rel < 1e-3


def test_textures_found_in_single_precision_are_the_fused_ones(scene) -> None:
    points = appearance.gathered(scene.train, atlas.corners_of(scene.mesh))
    gray = appearance.start(np.full((64, 64, 3), 0.4, np.float32), light.even(0.8))
    how, level = Reconstruction(texture_size=64), AppearanceLevel(0, 8, 4)

    def fitted(tell: Callable[[int, float], None]) -> Array:
        return appearance.fit(gray, points, how, level, np.random.default_rng(0), tell).texture

    (fused, wanted), (ours, losses) = both(fitted, appearance)
    np.testing.assert_allclose(losses, wanted, rtol=1e-3)
    # Adam's first steps are as long for the smallest gradient, whose sign may be anybody's.
    assert np.abs(ours - fused).mean() < 1e-3


@pytest.mark.skipif(torch.cuda.is_available(), reason="here is a GPU")
def test_a_device_that_is_not_here_is_an_error_before_any_work(tmp_path) -> None:
    asked = ReconstructionRequest(
        tmp_path / "none.json", tmp_path / "out", Reconstruction(device="cuda")
    )
    with pytest.raises(ToolError, match=r"finds no GPU; wanted a GPU with CUDA.*device to cpu"):
        reconstruct(asked, lambda _: None)
    assert not asked.out.exists()
    with pytest.raises(ToolError, match="finds no GPU"):
        backend.backend("cuda")


def test_a_gpu_without_nvdiffrast_finds_textures_but_no_shape(monkeypatch) -> None:
    def missing() -> Shapes:
        raise ModuleNotFoundError("No module named 'nvdiffrast'")

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(cuda, "PROBE", Probe(missing))
    with pytest.raises(ToolError, match=r"nvdiffrast is not installed.*set device to cpu"):
        devices.check("cuda", draws=True)
    devices.check("cuda")
    assert isinstance(backend.backend("cuda"), Plain)
