"""The operations on CUDA tensors: nvdiffrast, where the user has installed it.

It is no dependency of ours and none of it is here: its license allows research and evaluation
only. This adapter turns its conventions into ours. **It is proved against a fake only**, that
follows nvdiffrast's documented conventions on the CPU; it has not run on a GPU yet.

What differs there: row 0 of an image is its bottom; of a texture, too; the rasterizer's result is
one tensor u, v, z/w, triangle + 1; derivatives are per pixel to the right and up. A cube map is
taken to have OpenGL's faces, as ours.
"""

import importlib
import logging
from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol, cast

import torch
from torch import Tensor

from lightmould.engine.differentiable.values import Backend, Fragments, Indices, Lod
from lightmould.errors import SettingsError, ToolError
from lightmould.raster.detail import Boundary

_log = logging.getLogger(__name__)
_FIX: Final = "Move the tensors to the CPU, or install nvdiffrast: github.com/NVlabs/nvdiffrast."


class Module(Protocol):
    """What we call of nvdiffrast.torch, as its documentation has it."""

    def RasterizeCudaContext(self) -> Any:  # noqa: N802  (its name)
        """What rasterize keeps its buffers in; an error without a GPU."""
        ...

    def rasterize(
        self, ctx: Any, pos: Tensor, tri: Tensor, resolution: Sequence[int]
    ) -> tuple[Tensor, Tensor]:
        """(N, H, W, 4) packed fragments, and derivatives of u and v."""
        ...

    def interpolate(
        self,
        attr: Tensor,
        rast: Tensor,
        tri: Tensor,
        rast_db: Tensor | None = None,
        diff_attrs: str | None = None,
    ) -> tuple[Tensor, Tensor]:
        """(N, H, W, A), and (N, H, W, 2 A) derivatives."""
        ...

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
        """(N, h, w, C)."""
        ...

    def antialias(self, color: Tensor, rast: Tensor, pos: Tensor, tri: Tensor) -> Tensor:
        """(N, H, W, C)."""
        ...


class Nvdiffrast:
    """`Backend` for CUDA tensors.

    Args:
        module: nvdiffrast.torch; a context is created at once, which fails without a GPU.
    """

    def __init__(self, module: Module) -> None:
        self._module = module
        self._context = module.RasterizeCudaContext()

    def rasterize(
        self, clip: Tensor, faces: Indices, size: tuple[int, int]
    ) -> tuple[Fragments, Tensor]:
        """As `differentiable.rasterize`."""
        tri = _triangles(faces, clip)
        width, height = size
        packed, slopes = self._module.rasterize(
            self._context, clip.contiguous(), tri, resolution=[height, width]
        )
        packed = packed.flip(1)
        triangle = packed[..., 3].detach().round().int() - 1
        depth = torch.where(triangle >= 0, packed[..., 2].detach(), 1.0)
        derivatives = slopes.flip(1).unflatten(3, (2, 2)) * _downwards(clip)
        barycentric = packed[..., :2]
        return Fragments(triangle, barycentric.detach(), depth, derivatives), barycentric

    def barycentric_derivatives(
        self,
        clip: Tensor,  # noqa: ARG002  (rasterize has made them of it)
        faces: Indices,  # noqa: ARG002
        fragments: Fragments,
    ) -> Tensor:
        """As `differentiable.barycentric_derivatives`."""
        if fragments.derivatives is None:
            raise SettingsError("fragments", "none of a GPU", "its own", "Rasterize there.")
        return fragments.derivatives

    def interpolate(
        self, attributes: Tensor, faces: Indices, fragments: Fragments, barycentric: Tensor
    ) -> Tensor:
        """As `differentiable.interpolate`."""
        packed, tri = _packed(fragments, barycentric), _triangles(faces, attributes)
        out, _ = self._module.interpolate(attributes.contiguous(), packed, tri)
        return out.flip(1)

    def attribute_derivatives(
        self, attributes: Tensor, faces: Indices, fragments: Fragments, derivatives: Tensor
    ) -> Tensor:
        """As `differentiable.attribute_derivatives`."""
        packed, tri = _packed(fragments, fragments.barycentric), _triangles(faces, attributes)
        slopes = (derivatives * _downwards(derivatives)).flatten(3).flip(1).contiguous()
        _, out = self._module.interpolate(
            attributes.contiguous(), packed, tri, rast_db=slopes, diff_attrs="all"
        )
        steps: Tensor = out.flip(1).unflatten(3, (-1, 2)) * _downwards(out)
        return steps

    def texture(
        self, image: Tensor | Sequence[Tensor], uv: Tensor, boundary: Boundary, lod: Lod
    ) -> Tensor:
        """As `differentiable.texture`."""
        finest, *coarser = [image] if isinstance(image, Tensor) else image[: lod.levels]
        slopes = lod.derivatives
        if boundary != "cube":
            # Textures are stored the other way up there: v turns around instead of the image.
            turn = torch.tensor([1.0, -1.0], device=uv.device)
            uv = uv * turn + (1 - turn) / 2
            slopes = None if slopes is None else slopes * turn[:, None]
        deepest = None if lod.levels is None else lod.levels - 1
        if not isinstance(image, Tensor):
            deepest = len(coarser)
        return self._module.texture(
            finest.contiguous(),
            uv.contiguous(),
            None if slopes is None else slopes.flatten(3).contiguous(),
            lod.level,
            [level.contiguous() for level in coarser] or None,
            filter_mode="linear" if lod.bilinear else "linear-mipmap-linear",
            boundary_mode=boundary,
            max_mip_level=deepest,
        )

    def antialias(
        self,
        color: Tensor,
        clip: Tensor,
        faces: Indices,
        fragments: Fragments,
        adjacency: Indices | None,  # noqa: ARG002  (it has its own)
    ) -> Tensor:
        """As `differentiable.antialias`."""
        packed, tri = _packed(fragments, fragments.barycentric), _triangles(faces, clip)
        turned = color.flip(1).contiguous()
        out = self._module.antialias(turned, packed, clip.contiguous(), tri)
        return out.flip(1)


class Probe:
    """Whether CUDA tensors can be worked on; tried at first use, once, by creating a context.

    Args:
        load: imports nvdiffrast.torch.
    """

    def __init__(self, load: Callable[[], Module]) -> None:
        self._load = load
        self._found: Nvdiffrast | None = None
        self._reason: str | None = None

    def reason(self) -> str | None:
        """Why it can't, in the words of whoever refused; None if it can."""
        if self._found is None and self._reason is None:
            try:
                self._found = Nvdiffrast(self._load())
            except ImportError as error:
                self._reason = f"nvdiffrast is not installed ({error})"
            except (OSError, RuntimeError, AssertionError) as error:
                self._reason = f"nvdiffrast is installed, but makes no context ({error})"
            else:
                _log.warning("nvdiffrast's license allows research and evaluation only.")
        return self._reason

    def backend(self, device: torch.device) -> Backend:
        """Who works on this device's tensors.

        Raises:
            ToolError: nobody does.
        """
        if device.type != "cuda":
            raise ToolError("tensors", f"device {device}", "cpu or cuda", "Move them to the CPU.")
        reason = self.reason()
        if self._found is None:
            raise ToolError("nvdiffrast", str(reason), "a rasterizer for CUDA tensors", _FIX)
        return self._found


def _nvdiffrast() -> Module:
    return cast(Module, importlib.import_module("nvdiffrast.torch"))


PROBE: Final = Probe(_nvdiffrast)


def _packed(fragments: Fragments, barycentric: Tensor) -> Tensor:
    """(N, H, W, 4) u, v, z/w, triangle + 1, row 0 at the bottom; 0 where nothing is seen."""
    seen = fragments.triangle >= 0
    depth = torch.where(seen, fragments.depth, 0.0)
    rest = torch.stack([depth, fragments.triangle + 1.0], dim=3)
    return torch.cat([barycentric, rest], dim=3).flip(1).contiguous()


def _triangles(faces: Indices, like: Tensor) -> Tensor:
    return torch.as_tensor(faces, dtype=torch.int32, device=like.device).contiguous()


def _downwards(like: Tensor) -> Tensor:
    """What turns a derivative per pixel to the right and up into one to the right and down."""
    return torch.tensor([1.0, -1.0], device=like.device)
