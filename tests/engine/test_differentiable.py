"""The operations under torch: gradients against differences, batches, other calling conventions."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
import torch
from torch import Tensor

from lightmould.engine import differentiable
from lightmould.engine.differentiable import packed
from lightmould.engine.differentiable.cuda import Module, Nvdiffrast, Probe
from lightmould.engine.differentiable.host import KERNELS
from lightmould.engine.differentiable.values import Backend, Lod
from lightmould.errors import SettingsError, ToolError
from lightmould.raster.detail import Boundary

SIZE = (14, 10)
STEP = 2.0**-10
QUAD = torch.tensor([[0, 1, 2], [0, 2, 3]], dtype=torch.int32)
BOUNDARIES: tuple[Boundary, ...] = ("wrap", "clamp", "zero", "cube")


def quad(half: float) -> Tensor:
    """Two leaning rectangles (2, 4, 4) in clip space."""
    corners = torch.tensor([[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]])
    w = torch.tensor([[1.0, 1.2, 1.4, 1.1], [1.3, 1.0, 1.1, 1.2]])
    xy = half * (corners + torch.tensor([[[0.013, 0.021]], [[-0.11, 0.07]]]))
    z = torch.tensor([[0.1, 0.2, 0.3, 0.1], [0.0, 0.3, 0.2, 0.4]])
    return torch.cat([xy * w[..., None], (z * w)[..., None], w[..., None]], dim=2)


def noise(seed: int, *shape: int) -> Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed))


def check(function: Callable[..., Tensor], *given: Tensor, step: float = STEP) -> None:
    """Every argument's gradient is the slope of a random sum of what the function returns."""
    wanted = [x.clone().requires_grad_() for x in given]
    weights = noise(99, *function(*given).shape).double() - 0.5
    (function(*wanted).double() * weights).sum().backward()
    for i, tensor in enumerate(given):
        grad = wanted[i].grad
        assert grad is not None
        assert grad.shape == tensor.shape
        for seed in range(3):
            way = noise(seed, *tensor.shape) - 0.3
            ends = [
                (function(*given[:i], tensor + s * way, *given[i + 1 :]).double() * weights).sum()
                for s in (step, -step)
            ]
            slope = float(ends[0] - ends[1]) / (2 * step)
            assert float((grad * way).double().sum()) == pytest.approx(slope, rel=2e-2, abs=2e-2)


def test_barycentrics_and_their_derivatives_have_torch_gradients() -> None:
    corners = torch.tensor([[-9.0, -8.0], [10.0, -9.0], [-0.3, 12.0]])
    w = torch.tensor([[1.0, 1.2, 1.4], [1.3, 1.0, 1.1]])[..., None]
    clip = torch.cat([corners * w, 0 * w, w], dim=2)
    assert (differentiable.rasterize(clip, QUAD[:1], SIZE)[0].triangle == 0).all()

    def slopes(clip: Tensor) -> Tensor:
        fragments, _ = differentiable.rasterize(clip, QUAD[:1], SIZE)
        return 10 * differentiable.barycentric_derivatives(clip, QUAD[:1], fragments)

    check(lambda clip: differentiable.rasterize(clip, QUAD[:1], SIZE)[1], clip)
    check(slopes, clip)


@pytest.mark.parametrize("batch", [1, 2])
def test_attributes_and_their_derivatives_have_torch_gradients(batch: int) -> None:
    clip = quad(0.7)
    fragments, barycentric = differentiable.rasterize(clip, QUAD, SIZE)
    slopes = differentiable.barycentric_derivatives(clip, QUAD, fragments)
    attributes = noise(0, batch, 4, 3)
    check(lambda a, b: differentiable.interpolate(a, QUAD, fragments, b), attributes, barycentric)
    check(
        lambda a, s: differentiable.attribute_derivatives(a, QUAD, fragments, s),
        attributes,
        slopes,
    )


@pytest.mark.parametrize("batch", [1, 2])
@pytest.mark.parametrize("boundary", BOUNDARIES)
def test_lookups_have_torch_gradients(boundary: Boundary, batch: int) -> None:
    cube = boundary == "cube"
    image = noise(1, batch, *((6, 8, 8) if cube else (8, 16)), 2)
    uv = 3 * noise(2, 2, 5, 6, 3 if cube else 2) - 1
    slopes = 0.2 * (noise(3, *uv.shape, 2) - 0.5)
    level = noise(4, 2, 5, 6)
    step = STEP / 16
    check(lambda i: differentiable.texture(i, uv, boundary), image)
    check(lambda x: differentiable.texture(image, x, boundary), uv, step=step)

    def mipmapped(image: Tensor, uv: Tensor, slopes: Tensor, level: Tensor) -> Tensor:
        return differentiable.texture(
            image, uv, boundary, derivatives=slopes, level=level, levels=3
        )

    check(lambda i: mipmapped(i, uv, slopes, level), image)
    check(lambda x, d, b: mipmapped(image, x, d, b), uv, slopes, level, step=step)


def test_silhouettes_have_torch_gradients() -> None:
    clip = quad(0.61)
    adjacency = differentiable.adjacency(QUAD)
    color = noise(5, 2, SIZE[1], SIZE[0], 3)
    fragments, _ = differentiable.rasterize(clip, QUAD, SIZE)
    check(lambda c, p: differentiable.antialias(c, p, QUAD, fragments, adjacency), color, clip)
    known = differentiable.antialias(color, clip, QUAD, fragments, adjacency)
    assert torch.equal(known, differentiable.antialias(color, clip, QUAD.numpy(), fragments))


def test_a_chain_of_ones_own_is_the_chain_that_is_made() -> None:
    image, uv = noise(6, 1, 8, 8, 2), noise(7, 2, 3, 4, 2)
    level = 2 * noise(8, 2, 3, 4)
    chain = [image]
    for _ in range(3):
        rows = chain[-1]
        chain.append(rows.unflatten(2, (-1, 2)).unflatten(1, (-1, 2)).mean(dim=(2, 4)))
    made = differentiable.texture(image, uv, level=level)
    assert torch.allclose(differentiable.texture(chain, uv, level=level), made, atol=1e-6)
    check(lambda *own: differentiable.texture(own, uv, level=level), *chain)
    assert torch.equal(
        differentiable.texture(chain, uv, level=level, levels=1), differentiable.texture(image, uv)
    )


def test_what_needs_no_gradient_gets_none() -> None:
    image, uv = noise(6, 1, 8, 8, 2).requires_grad_(), noise(7, 1, 3, 4, 2)
    differentiable.texture(image, uv).sum().backward()
    assert image.grad is not None
    assert uv.grad is None


@pytest.mark.parametrize("wrong", [noise(0, 1, 3, 4).double(), torch.zeros(1, 3, 4).int()])
def test_numbers_of_another_precision_are_an_error(wrong: Tensor) -> None:
    with pytest.raises(SettingsError, match="float32"):
        differentiable.rasterize(wrong, QUAD[:1], SIZE)


class Fake:
    """nvdiffrast's documented conventions, on the CPU, and as strict about its arguments."""

    def RasterizeCudaContext(self) -> Any:  # noqa: N802  (its name)
        return packed.RasterizeContext()

    def rasterize(
        self, ctx: Any, pos: Tensor, tri: Tensor, resolution: Sequence[int]
    ) -> tuple[Tensor, Tensor]:
        assert isinstance(ctx, packed.RasterizeContext)
        self._strict(tri, pos)
        return packed.rasterize(ctx, pos, tri, resolution)

    def interpolate(
        self,
        attr: Tensor,
        rast: Tensor,
        tri: Tensor,
        rast_db: Tensor | None = None,
        diff_attrs: str | None = None,
    ) -> tuple[Tensor, Tensor]:
        self._strict(tri, attr, rast, rast_db)
        return packed.interpolate(attr, rast, tri, rast_db, diff_attrs)

    def texture(  # noqa: PLR0913, PLR0917  (its arguments)
        self,
        tex: Tensor,
        uv: Tensor,
        uv_da: Tensor | None = None,
        mip_level_bias: Tensor | None = None,
        mip: list[Tensor] | None = None,
        filter_mode: str = "auto",
        boundary_mode: str = "wrap",
        max_mip_level: int | None = None,
    ) -> Tensor:
        self._strict(QUAD, tex, uv, uv_da, mip_level_bias, *(mip or []))
        return packed.texture(
            tex, uv, uv_da, mip_level_bias, mip, filter_mode, boundary_mode, max_mip_level
        )

    def antialias(self, color: Tensor, rast: Tensor, pos: Tensor, tri: Tensor) -> Tensor:
        self._strict(tri, color, rast, pos)
        return packed.antialias(color, rast, pos, tri)

    def _strict(self, tri: Tensor, *floats: Tensor | None) -> None:
        given = [tensor for tensor in floats if tensor is not None]
        assert tri.dtype == torch.int32
        assert all(tensor.is_contiguous() and tensor.dtype == torch.float32 for tensor in given)


def picture(backend: Backend, clip: Tensor, uvs: Tensor, image: Tensor) -> Tensor:
    """A textured, antialiased quad."""
    fragments, barycentric = backend.rasterize(clip, QUAD, SIZE)
    slopes = backend.barycentric_derivatives(clip, QUAD, fragments)
    uv = backend.interpolate(uvs, QUAD, fragments, barycentric)
    steps = backend.attribute_derivatives(uvs, QUAD, fragments, slopes)
    color = backend.texture(image, uv, "wrap", Lod(steps, None, 3))
    inside = (fragments.triangle >= 0)[..., None]
    color = torch.where(inside, color + fragments.depth[..., None], 0.2)
    return backend.antialias(color, clip, QUAD, fragments, None)


def test_the_adapter_turns_nvdiffrasts_conventions_into_ours_with_gradients() -> None:
    fake: Module = Fake()
    results = []
    for backend in (KERNELS, Nvdiffrast(fake)):
        given = [quad(0.7), 3 * noise(9, 1, 4, 2), noise(10, 1, 8, 8, 3)]
        leaves = [tensor.requires_grad_() for tensor in given]
        out = picture(backend, *leaves)
        (out * noise(11, *out.shape)).sum().backward()
        results.append([out.detach(), *(leaf.grad for leaf in leaves)])
    for one, other in zip(*results, strict=True):
        assert one is not None
        assert other is not None
        assert float((one - other).abs().max()) <= 1e-4 * float(one.abs().max())


@pytest.mark.parametrize("boundary", BOUNDARIES)
def test_the_adapters_lookups_are_ours(boundary: Boundary) -> None:
    cube, ways = boundary == "cube", 3 if boundary == "cube" else 2
    image, uv = noise(1, 1, *((6, 8, 8) if cube else (8, 16)), 2), 3 * noise(2, 2, 5, 6, ways) - 1
    slopes, level = 0.2 * noise(3, *uv.shape, 2), noise(4, 2, 5, 6)
    chain = [image, 0.5 * image[..., ::2, ::2, :]]
    for lod in (Lod(None, None, None), Lod(slopes, level, None), Lod(None, level, 2)):
        for texels in (image, chain, [image]):
            ours, theirs = (
                backend.texture(texels, uv, boundary, lod)
                for backend in (KERNELS, Nvdiffrast(Fake()))
            )
            assert torch.allclose(ours, theirs, atol=1e-5)


class Broken(Fake):
    """A machine with nvdiffrast and without a GPU."""

    def RasterizeCudaContext(self) -> Any:  # noqa: N802  (its name)
        raise RuntimeError("Found no NVIDIA driver")


def test_the_probe_tries_the_context_once_and_remembers_why_it_failed() -> None:
    tried = []

    def load() -> Module:
        tried.append(1)
        return Broken()

    probe, device = Probe(load), torch.device("cuda")
    for _ in range(2):
        with pytest.raises(ToolError, match="Found no NVIDIA driver"):
            probe.backend(device)
    assert "makes no context" in str(probe.reason())
    assert len(tried) == 1
    assert Probe(Fake).reason() is None
    assert isinstance(Probe(Fake).backend(device), Nvdiffrast)


def test_the_probe_says_what_is_missing_and_what_else_there_is() -> None:
    def load() -> Module:
        raise ModuleNotFoundError("No module named 'nvdiffrast'")

    with pytest.raises(ToolError, match=r"not installed.*Move the tensors to the CPU"):
        Probe(load).backend(torch.device("cuda"))
    with pytest.raises(ToolError, match="cpu or cuda"):
        Probe(Fake).backend(torch.device("meta"))
    with pytest.raises(ToolError, match="cpu or cuda"):
        differentiable.rasterize(torch.zeros(1, 3, 4, device="meta"), QUAD, SIZE)


def upper_left() -> Tensor:
    """A triangle (1, 3, 4) in the upper left of the picture, at depth 0.5."""
    return torch.tensor([[[-1.0, 0, 0.5, 1], [0, 1.0, 0.5, 1], [-1.0, 1.0, 0.5, 1]]])


def test_the_packed_convention_has_row_0_at_the_bottom_and_counts_triangles_from_1() -> None:
    context, tri = packed.RasterizeContext(), QUAD[:1]
    rast, slopes = packed.rasterize(context, upper_left(), tri, [8, 8])
    assert rast.shape == slopes.shape == (1, 8, 8, 4)
    assert not rast[0, :4].any()
    assert rast[0, 7, 0].tolist() == pytest.approx([0.125, 0.125, 0.5, 1])
    seen = rast[0, :, :, 3] == 1
    # u falls by 1 over four pixels up, v rises by 1 over four pixels to the right.
    assert torch.allclose(slopes[0][seen], torch.tensor([0.0, -0.25, 0.25, 0.0]), atol=1e-6)
    place = torch.tensor([[-1.0, 0.0], [0.0, 1.0], [-1.0, 1.0]])
    out, steps = packed.interpolate(place, rast, tri, slopes, "all")
    assert out[0, 7, 0].tolist() == pytest.approx([-0.875, 0.875])
    assert torch.allclose(steps[0][seen], torch.tensor([0.25, 0.0, 0.0, 0.25]), atol=1e-6)
    assert torch.equal(packed.interpolate(place, rast, tri, slopes, [1])[1], steps[..., 2:])


def test_the_packed_convention_has_a_textures_first_row_at_the_bottom() -> None:
    image = torch.arange(4.0).reshape(1, 2, 2, 1)
    uv = torch.tensor([[[[0.25, 0.25], [0.25, 0.75]]]])
    assert packed.texture(image, uv).flatten().tolist() == [0, 2]
    steps = torch.tensor([1.0, 0, 0, 1]).expand(1, 1, 2, 4)
    assert packed.texture(image, uv, steps).flatten().tolist() == [1.5, 1.5]
    assert packed.texture(image, uv, steps, max_mip_level=0).flatten().tolist() == [0, 2]
    blank = torch.zeros(1, 1, 1, 1)
    assert packed.texture(image, uv, steps, mip=[blank]).flatten().tolist() == [0, 0]


def test_the_packed_convention_blends_silhouettes_where_they_are() -> None:
    tri, pos = QUAD[:1], upper_left()
    rast, _ = packed.rasterize(None, pos, tri, [8, 8])
    color = (rast[..., 3:] > 0).float()
    table = packed.antialias_construct_topology_hash(tri)
    smooth = packed.antialias(color, rast, pos, tri, table)
    fragments, _ = differentiable.rasterize(pos, tri, (8, 8))
    ours = differentiable.antialias(color.flip(1), pos, tri, fragments)
    assert torch.equal(smooth, ours.flip(1))
    assert not torch.equal(smooth, color)


def test_what_the_packed_convention_can_not_do_is_an_error() -> None:
    image, uv = torch.zeros(1, 2, 2, 1), torch.zeros(1, 1, 1, 2)
    rast, _ = packed.rasterize(None, upper_left(), QUAD[:1], [8, 8])
    for call in (
        lambda: packed.texture(image, uv, filter_mode="nearest"),
        lambda: packed.texture(image, uv, filter_mode="linear-mipmap-linear"),
        lambda: packed.interpolate(torch.zeros(3, 1), rast, QUAD[:1], None, "all"),
        lambda: packed.interpolate(torch.zeros(3, 1), rast, QUAD[:1], rast, "some"),
    ):
        with pytest.raises(SettingsError):
            call()
