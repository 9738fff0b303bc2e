"""Keys of nvdiffrec's configuration that mean nothing here, or something else, said by name."""

from collections.abc import Callable, Iterator
from dataclasses import fields
from typing import TypeAlias

from lightmould.engine.train import mapping
from lightmould.formats.nvdiffrec import Config

Differs: TypeAlias = Callable[[Config], bool]

USUAL = {one.name: one.default for one in fields(Config)}

_UNLESS_DEFAULT = {
    "spp": "pictures are antialiased at silhouettes, at one sample a pixel",
    "layers": "the surface is opaque",
    "display_interval": "there is no window; see save_interval",
    "min_roughness": "nvdiffrec does not read it either; see ks_min",
    "custom_mip": "textures are looked up without mip levels",
    "loss": "the engine has one loss, robust against outliers",
    "sdf_regularizer": "the grid begins as the visual hull and stays a distance",
    "pre_load": "all pictures to learn from are in memory",
    "nrm_min": "normals stay near the mesh's own",
    "nrm_max": "normals stay near the mesh's own",
    "local_rank": "there is one process",
    "multi_gpu": "there is one process",
}
"""Keys without any effect, and why."""


def _not_square(config: Config) -> bool:
    return config.texture_res[0] != config.texture_res[1]


def _odd_interval(config: Config) -> bool:
    return 0 < config.save_interval < mapping.SHORTEST


def _relit(config: Config) -> bool:
    return any("relight" in panel for panel in config.display or ())


def _tangents(config: Config) -> bool:
    drawn = ("pbr", "kd", "ks", "normal", None)
    return any(panel.get("bsdf") not in drawn for panel in config.display or ())


_WHERE: tuple[tuple[str, Differs, str], ...] = (
    (
        "lock_light",
        lambda config: config.lock_light and config.learn_light,
        "is not applied: the first pass only guesses a light; see learn_light",
    ),
    ("texture_res", _not_square, "becomes square, as long as its longer side"),
    ("save_interval", _odd_interval, f"becomes {mapping.SHORTEST}, the shortest there is"),
    (
        "laplace",
        lambda config: config.laplace not in ("absolute", "relative"),
        "is neither absolute nor relative: there is no smoothing, as in nvdiffrec",
    ),
    ("display", _relit, "has a relight panel, on which nvdiffrec crashes: it is not drawn"),
    ("display", _tangents, "has a tangent or diffuse panel: it is not drawn"),
    (
        "background",
        lambda config: config.background == "reference",
        "is drawn black: what is outside of a mask is not kept",
    ),
)


def notes(config: Config) -> Iterator[str]:
    """A sentence for every key whose value asks for what is not done."""
    for name, why in _UNLESS_DEFAULT.items():
        if getattr(config, name) != USUAL[name]:
            yield f"{name} does not apply: {why}."
    for name, differs, what in _WHERE:
        if differs(config):
            yield f"{name} {what}."
