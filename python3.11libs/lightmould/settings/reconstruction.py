"""How a reconstruction is done: shape level by level, then textures and light level by level."""

from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import Literal, TypeAlias

from lightmould.errors import SettingsError
from lightmould.settings.ranges import check_ranges, needed, within

Supervision: TypeAlias = Literal["depth", "normal"]

LightFrame: TypeAlias = Literal["world", "camera", "auto"]
IsosurfaceName: TypeAlias = Literal["dual", "dmtet", "flexicubes"]
Device: TypeAlias = Literal["cpu", "cuda"]


@dataclass(frozen=True, slots=True)
class ShapeLevel:
    """One pass over the shape at one resolution.

    Attributes:
        cells: along the object's longest side.
        steps: optimization steps.
        halvings: how often pictures of 512 pixels are halved before they are compared with; smaller
            ones are halved less often.
        batch: pictures per step.
        rate: roughly how far the surface moves at the first step, cells. Dents that no silhouette
            shows are many cells deep, and want long steps on coarse grids.
        smoothness: weight of the uniform Laplacian.
        settled: share of the rate at the last step; in between it falls by the same share each.
    """

    cells: int = needed(4, 4096)
    steps: int = needed(1, 10_000_000)
    halvings: int = needed(0, 16)
    batch: int = needed(1, 4096)
    rate: float = within(0.06, 0.0, 1e6)
    smoothness: float = within(0.05, 0.0, 1e6)
    settled: float = within(0.1, 1e-9, 1e6)

    def __post_init__(self) -> None:
        check_ranges(self)

    def speed(self, step: int) -> float:
        """The rate at a step, cells."""
        return float(self.rate * self.settled ** (step / self.steps))


@dataclass(frozen=True, slots=True)
class AppearanceLevel:
    """One pass over textures and light at one resolution.

    Attributes:
        halvings: how often the texture's side is halved, down to 128 texels.
        steps: optimization steps.
        every: of how many surface points each step looks at one.
        begin: factor on all rates at its first step.
        end: at its last step; in between it falls by the same share each step.
        finish: factor on the rates of roughness and metalness besides.
    """

    halvings: int = needed(0, 16)
    steps: int = needed(1, 10_000_000)
    every: int = needed(1, 10_000_000)
    begin: float = within(1.0, 1e-9, 1e6)
    end: float = within(0.1, 1e-9, 1e6)
    finish: float = within(1.0, 0.0, 1e6)

    def __post_init__(self) -> None:
        check_ranges(self)

    def speed(self, step: int) -> float:
        """Factor on all rates at a step."""
        return float(self.begin * (self.end / self.begin) ** (step / self.steps))


@dataclass(frozen=True, slots=True)
class Reconstruction:
    """How shape, textures and light are found.

    Attributes:
        levels: passes over the shape, coarse to fine; at least one, unless there is a base mesh.
        thin_levels: passes instead of these over an object of parts so thin that coarse grids lose
            them; none: `levels` for all.
        refine_steps: least-squares steps that move the mesh's vertices onto the masks' contours and
            the colors of all pictures onto each other.
        faces: of the mesh, at most; roughly, and by coarser grids where there would be more.
        texture_size: texels along the side of each texture.
        appearance: passes over textures and light, coarse to fine; at least one.
        seed: of the order in which pictures are looked at.
        extent: side of a cube around the origin, metres; nothing is looked for outside of it.
            Unset, the masks alone say where the object is.
        base_mesh: an OBJ with uvs that keeps its shape and its atlas: textures and light are
            found, shape and atlas are not. Unset, there is nothing but the pictures.
        base_textures: whether the fit begins with the base mesh's own material, or with gray.
        light: lat-long picture of the light, with which the fit begins; unset is even light.
        light_scale: factor on the radiance of that picture.
        lock_light: whether the light stays as it is given.
        light_frame: what the light stands still with: world; camera, as when the object turned
            on a table; or auto, whichever explains the pictures better.
        kd_min: least albedo, linear RGB.
        kd_max: greatest albedo.
        ks_min: least occluded amount, roughness and metalness.
        ks_max: greatest of them.
        supervision: what the dataset knows beside colors and masks that the shape begins with:
            depth, or depth and normal.
        isosurface: how a grid becomes a mesh: dual is fast and even; dmtet, marching tetrahedra,
            has three times as many faces; flexicubes bends to edges.
        device: where shape, textures and light are compared with the pictures: cpu, every core of
            the processor; or cuda, a GPU through torch, and nvdiffrast where there is a shape to
            be found.
    """

    levels: tuple[ShapeLevel, ...] = (ShapeLevel(40, 40, 2, 8), ShapeLevel(72, 40, 1, 6))
    thin_levels: tuple[ShapeLevel, ...] = ()
    refine_steps: int = within(1, 0, 100)
    faces: int = within(40_000, 100, 10_000_000)
    texture_size: int = within(512, 16, 8192)
    appearance: tuple[AppearanceLevel, ...] = (
        AppearanceLevel(2, 60, 80, 1.0, 0.7),
        AppearanceLevel(0, 32, 24, 0.7, 0.03, 0.5),
    )
    seed: int = within(0, 0, 2**31 - 1)
    extent: float | None = None
    base_mesh: Path | None = None
    base_textures: bool = True
    light: Path | None = None
    light_scale: float = within(1.0, 0.0, 1e6)
    lock_light: bool = False
    light_frame: LightFrame = "auto"
    kd_min: tuple[float, float, float] = within((0.0, 0.0, 0.0), 0.0, 1.0)
    kd_max: tuple[float, float, float] = within((1.0, 1.0, 1.0), 0.0, 1.0)
    ks_min: tuple[float, float, float] = within((0.0, 0.08, 0.0), 0.0, 1.0)
    ks_max: tuple[float, float, float] = within((1.0, 1.0, 1.0), 0.0, 1.0)
    supervision: tuple[Supervision, ...] = ()
    isosurface: IsosurfaceName = "dual"
    device: Device = "cpu"

    def __post_init__(self) -> None:
        check_ranges(self)
        for name in ("appearance",) if self.base_mesh else ("appearance", "levels"):
            if not getattr(self, name):
                where, fix = f"reconstruction.{name}", "Name a pass, or leave the field out."
                raise SettingsError(where, "none", "at least one", fix)
        if self.extent is not None and not 0 < self.extent < inf:
            found, fix = f"{self.extent}", "Correct it, or leave it out."
            raise SettingsError("reconstruction.extent", found, "metres above 0", fix)
        for kind in ("kd", "ks"):
            low, high = getattr(self, f"{kind}_min"), getattr(self, f"{kind}_max")
            if any(least > most for least, most in zip(low, high, strict=True)):
                where, found = f"reconstruction.{kind}_min", f"{low}, above {high}"
                raise SettingsError(where, found, f"{kind}_max at most", "Swap them.")
