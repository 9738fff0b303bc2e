"""Every key of nvdiffrec's configuration, with its type, its default and what it may be.

Lists that name a picture's size are [height, width]. Paths are text, as the file has it.

Source: nvdiffrec's documentation and the behavior of its `train.py --config`.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Any, Literal, TypeAlias

from lightmould.errors import SettingsError

Rate: TypeAlias = float | tuple[float, float]
Rates: TypeAlias = float | tuple[Rate, ...]
Panel: TypeAlias = dict[str, bool | str]

PANELS = ("latlong", "bsdf", "relight")
BSDFS = ("pbr", "diffuse", "kd", "ks", "normal", "tangent")


def _key(default: Any, wanted: str, fits: Callable[[Any], bool] = lambda _: True) -> Any:
    """A key that is `wanted`, which `fits` tells for values of the declared type."""
    return field(default=default, metadata={"wanted": wanted, "fits": fits})


def _whole(default: int, least: int) -> Any:
    return _key(default, f"a whole number, {least} or more", lambda value: value >= least)


def _number(default: float, *, positive: bool = False) -> Any:
    wanted = "a number above 0" if positive else "a number, 0 or more"
    return _key(default, wanted, lambda value: value > 0 or (value == 0 and not positive))


def _switch(*, default: bool) -> Any:
    return _key(default, "true or false")


def _text(default: str | None = None) -> Any:
    return _key(default, "text, not empty", lambda value: value is None or bool(value.strip()))


def _size(default: tuple[int, int] | None) -> Any:
    wanted = "[height, width], each 1 or more"
    return _key(default, wanted, lambda value: value is None or min(value) >= 1)


def _amounts(default: tuple[float, ...], counts: tuple[int, ...]) -> Any:
    return _key(
        default,
        f"a list of {' or '.join(map(str, counts))} numbers",
        lambda value: len(value) in counts,
    )


def _powers_of_two(size: tuple[int, int]) -> bool:
    return all(side >= 1 and side & (side - 1) == 0 for side in size)


def _are_rates(rates: Rates) -> bool:
    every = rates if isinstance(rates, tuple) else (rates,)
    flat = [one for rate in every for one in (rate if isinstance(rate, tuple) else (rate,))]
    return 1 <= len(every) <= 2 and min(flat) > 0


def _is_panel(panel: Panel) -> bool:
    match list(panel.items()):
        case [("latlong", bool())]:
            return True
        case [("bsdf", str(name))]:
            return name in BSDFS
        case [("relight", str(path))]:
            return bool(path)
    return False


@dataclass(frozen=True, slots=True)
class Config:
    """An nvdiffrec run; the names are the keys of its JSON files.

    Attributes:
        ref_mesh: an .obj to imitate, or a folder of views.
        out_dir: results go to this folder within `out`.
        config: the file itself, as the command line names it.
        iter: optimization steps of each pass.
        batch: views a step.
        spp: samples along a pixel's side.
        layers: of transparent surfaces in the second pass.
        train_res: of the pictures to learn from.
        display_res: of previews; the same as train_res where there is none.
        texture_res: of textures.
        display_interval: steps between updates of a window; 0 is no window.
        save_interval: steps between preview pictures; 0 is none.
        learning_rate: one for all, or a list of one for each pass; each one number, or one for
            positions and one for materials.
        min_roughness: read by nobody.
        custom_mip: whether mip levels are trained on their own.
        random_textures: whether a base mesh's own textures are forgotten.
        background: of previews and validation.
        loss: between pictures.
        base_mesh: an .obj with uvs that keeps its shape.
        validate: whether views are scored after each pass.
        isosurface: how a mesh is made of a grid.
        mtl_override: materials to use in place of the reference mesh's.
        dmtet_grid: cells along the grid's side.
        mesh_scale: length of the grid's side.
        envmap: lat-long light.
        env_scale: factor on that light.
        display: further panels of previews and validation.
        camera_space_light: whether the light turns with the camera.
        lock_light: whether the light stays as it is in the second pass.
        lock_pos: whether vertices stay where they are in the second pass.
        learn_light: whether the light is found; otherwise envmap is the light.
        sdf_regularizer: weight against crossings of the grid that no view asks for.
        laplace: whether smoothness is of positions or of their change.
        laplace_scale: weight of smoothness.
        pre_load: whether pictures are kept in memory.
        kd_min: least albedo, linear.
        kd_max: greatest albedo.
        ks_min: least occlusion, roughness, metalness.
        ks_max: greatest of them.
        nrm_min: least tangent-space normal.
        nrm_max: greatest of it.
        cam_near_far: clipping planes.
        local_rank: of this process among several.
        multi_gpu: whether there are several.
    """

    ref_mesh: str = _text()
    out_dir: str = _text()
    config: str | None = _text()
    iter: int = _whole(5000, 1)
    batch: int = _whole(1, 1)
    spp: int = _whole(1, 1)
    layers: int = _whole(1, 1)
    train_res: tuple[int, int] = _size((512, 512))
    display_res: tuple[int, int] | None = _size(None)
    texture_res: tuple[int, int] = _key(
        (1024, 1024), "[height, width], each a power of two", _powers_of_two
    )
    display_interval: int = _whole(0, 0)
    save_interval: int = _whole(1000, 0)
    learning_rate: float | tuple[float | tuple[float, float], ...] = _key(
        0.01,
        "a number above 0, or a list of one for each pass, each a number or [positions, materials]",
        _are_rates,
    )
    min_roughness: float = _number(0.08)
    custom_mip: bool = _switch(default=False)
    random_textures: bool = _switch(default=False)
    background: Literal["checker", "black", "white", "reference", "random"] = _key(
        "checker", "checker, black, white, reference or random"
    )
    loss: Literal["logl1", "logl2", "mse", "smape", "relmse"] = _key(
        "logl1", "logl1, logl2, mse, smape or relmse"
    )
    base_mesh: str | None = _text()
    validate: bool = _switch(default=True)
    isosurface: Literal["dmtet", "flexicubes"] = _key("dmtet", "dmtet or flexicubes")
    mtl_override: str | None = _text()
    dmtet_grid: int = _whole(64, 2)
    mesh_scale: float = _number(2.1, positive=True)
    envmap: str | None = _key(
        None, "a .hdr file", lambda path: path is None or path.lower().endswith(".hdr")
    )
    env_scale: float = _number(1.0)
    display: tuple[Panel, ...] | None = _key(
        None,
        f'a list of {{"latlong": true}}, {{"bsdf": one of {", ".join(BSDFS)}}} '
        'or {"relight": a .hdr file}',
        lambda panels: all(_is_panel(panel) for panel in panels or ()),
    )
    camera_space_light: bool = _switch(default=False)
    lock_light: bool = _switch(default=False)
    lock_pos: bool = _switch(default=False)
    learn_light: bool = _switch(default=True)
    sdf_regularizer: float = _number(0.2)
    laplace: str = _key("relative", "absolute or relative; anything else is none")
    laplace_scale: float = _number(10_000.0)
    pre_load: bool = _switch(default=True)
    kd_min: tuple[float, ...] = _amounts((0.0, 0.0, 0.0, 0.0), (3, 4))
    kd_max: tuple[float, ...] = _amounts((1.0, 1.0, 1.0, 1.0), (3, 4))
    ks_min: tuple[float, ...] = _amounts((0.0, 0.08, 0.0), (3,))
    ks_max: tuple[float, ...] = _amounts((1.0, 1.0, 1.0), (3,))
    nrm_min: tuple[float, ...] = _amounts((-1.0, -1.0, 0.0), (3,))
    nrm_max: tuple[float, ...] = _amounts((1.0, 1.0, 1.0), (3,))
    cam_near_far: tuple[float, float] = _key(
        (0.1, 1000.0), "[near, far], 0 < near < far", lambda planes: 0 < planes[0] < planes[1]
    )
    local_rank: int = _whole(0, 0)
    multi_gpu: bool = _switch(default=False)

    def __post_init__(self) -> None:
        for one in fields(self):
            value = getattr(self, one.name)
            required = value is None and one.name in ("ref_mesh", "out_dir")
            if required or not one.metadata["fits"](value):
                _refuse(one.name, shown(value), one.metadata["wanted"], "Correct that value.")
        _check_together(self)

    @property
    def passes(self) -> int:
        """2, or 1 where a base mesh keeps its shape."""
        return 1 if self.base_mesh else 2

    def rates(self, index: int) -> tuple[float, float]:
        """Learning rates of positions and of materials in pass 0 or 1."""
        rates = self.learning_rate
        one = rates[min(index, len(rates) - 1)] if isinstance(rates, tuple) else rates
        return one if isinstance(one, tuple) else (one, one)


def _check_limits(config: Config) -> None:
    """Refuse limits that leave nothing between them."""
    for name in ("kd_min", "kd_max"):
        if config.layers > 1 and len(getattr(config, name)) < 4:
            fix = "Append the opacity's limit."
            _refuse(name, shown(getattr(config, name)), "four, as layers are above 1", fix)
    for name in ("kd", "ks", "nrm"):
        low, high = getattr(config, f"{name}_min"), getattr(config, f"{name}_max")
        if any(least > most for least, most in zip(low, high, strict=False)):
            wanted = f"at most {name}_max, {shown(high)}"
            _refuse(f"{name}_min", shown(low), wanted, "Exchange them.")


def _check_together(config: Config) -> None:
    """Refuse what is good alone but fails together, which nvdiffrec notices late or never."""
    _check_limits(config)
    rates = config.learning_rate
    if isinstance(rates, tuple) and len(rates) < config.passes:
        fix = "Write a plain number, or one for each pass."
        _refuse("learning_rate", shown(rates), "two of them, as there are two passes", fix)
    if config.envmap is None and not config.learn_light:
        fix = "Name a light, or let it be learned."
        _refuse("envmap", "none", "a .hdr file, as learn_light is false", fix)
    if config.envmap is None and config.ref_mesh.lower().endswith(".obj"):
        _refuse("envmap", "none", "a .hdr file to light the mesh with", "Name a light.")


def _refuse(name: str, found: str, wanted: str, fix: str) -> None:
    raise SettingsError(name, found, wanted, fix)


def shown(value: object) -> str:
    """A value as JSON, cut where it is long."""
    text = json.dumps(value)
    return text if len(text) < 80 else f"{text[:77]}..."
