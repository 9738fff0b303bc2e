"""The configuration that nvdiffrec gets for a job, and what it would stumble over, told before.

nvdiffrec lets its file win over its command line, takes unknown keys in silence, and keeps what
an earlier run left in its output folder: everything is in the file, and the folder is the job's.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path, PurePath

from lightmould.errors import LightmouldError, SettingsError, ToolError
from lightmould.formats.nvdiffrec import Config
from lightmould.model import Placement
from lightmould.tools.nvdiffrec.files import Views
from lightmould.tools.nvdiffrec.setup import SCRIPT, Setup

OUT = "out"
"""Folder of the checkout that nvdiffrec writes below, whatever it is told."""

_LUT = ("data/irrmaps/bsdf_256_256.bin", 524_288)
_POINTER = 1024  # bytes; a file of Git LFS that was not fetched is smaller
_VIEWS = {"transforms_train.json", "poses_bounds.npy"}


def derived(wishes: Config, folder: Path, views: Views, job: Path) -> Config:
    """The configuration of one job.

    Args:
        wishes: how to reconstruct.
        folder: the prepared views.
        views: what they are.
        job: a folder that no other job has, which the output folder is named after.
    """
    width, height = views.size
    return replace(
        wishes,
        config=None,
        ref_mesh=str(folder),
        base_mesh=None,
        mtl_override=None,
        out_dir=_own_name(job),
        train_res=(height, width),
        display_res=(height, width),
        display_interval=0,  # a window, which there is on Windows alone
        local_rank=0,
        multi_gpu=False,
        # A light from a preset belongs to its mesh; pictures have their own.
        envmap=wishes.envmap if not wishes.learn_light else None,
    )


def written_to(config: Config, checkout: Path) -> Path:
    """The folder that nvdiffrec writes."""
    return checkout / OUT / config.out_dir


def faults(config: Config, checkout: Path) -> Iterator[LightmouldError]:
    """What would fail in this checkout, late or in silence.

    Args:
        config: complete.
        checkout: nvdiffrec's folder, which paths are relative to.
    """
    yield from early_faults(config, checkout)
    reference = checkout / config.ref_mesh
    mesh = reference.suffix == ".obj" and reference.is_file()
    if not mesh and not any((reference / name).is_file() for name in _VIEWS):
        wanted = "an .obj, or a folder with transforms_train.json or poses_bounds.npy"
        yield _wrong("ref_mesh", f"{reference}, {_there(reference)}", wanted, "Correct the path.")


def early_faults(config: Config, checkout: Path) -> Iterator[LightmouldError]:
    """Those of `faults` that are known before there is anything to learn from."""
    yield from _of_files(config, checkout)
    for panel in config.display or ():
        if "relight" in panel:
            fix = "Leave that panel out; relight the asset in Houdini."
            yield _wrong("display", "a relight panel, which it crashes on", "other panels", fix)
    out = PurePath(config.out_dir)
    if out.is_absolute() or ".." in out.parts:
        yield _wrong("out_dir", config.out_dir, "a folder within out", "Name one.")
    if config.config is not None:
        yield _wrong("config", config.config, "no such key in the file", "Remove it.")
    if config.local_rank or config.multi_gpu:
        found = "local_rank or multi_gpu, which torchrun sets"
        yield _wrong("multi_gpu", found, "neither", "Remove them.")
    if config.display_interval:
        found = f"{config.display_interval}, a window"
        yield _wrong("display_interval", found, "0 where nobody looks", "Set it to 0.")


def check(wishes: Config, setup: Setup) -> None:
    """Refuse, as soon as a job is planned, what would fail whatever the pictures are.

    Raises:
        LightmouldError: naming the first such thing.
    """
    unknown = Views(Placement(), (1, 1), 1, 1)
    config = derived(wishes, Path("views"), unknown, Path("job"))
    for fault in early_faults(config, setup.checkout):
        raise fault


def ignored(config: Config) -> Iterator[str]:
    """What a configuration asks for and nvdiffrec does not do, in sentences."""
    default = {name: Config.__dataclass_fields__[name].default for name in Config.__slots__}
    if config.min_roughness != default["min_roughness"]:
        yield "min_roughness is read by nobody; ks_min has the least roughness."
    if config.custom_mip and config.base_mesh is None:
        yield "custom_mip does nothing without base_mesh."
    if config.laplace not in ("absolute", "relative"):
        yield f"laplace {config.laplace!r} is no smoothing at all."
    if config.base_mesh is not None and not config.learn_light and not config.lock_light:
        yield "learn_light is not read where there is a base_mesh: set lock_light."
    if config.camera_space_light and config.lock_light:
        yield "With lock_light, camera_space_light follows the last preview's camera."


def _of_files(config: Config, checkout: Path) -> Iterator[LightmouldError]:
    yield from of_checkout(checkout)
    if config.isosurface == "dmtet" and config.base_mesh is None:
        yield from _of_grid(config.dmtet_grid, checkout)
    if config.envmap is not None:
        light = checkout / config.envmap
        if not light.is_file() or light.stat().st_size < _POINTER:
            yield _incomplete(light, _there(light), "the light that envmap names")
    for name in ("base_mesh", "mtl_override"):
        path = checkout / (getattr(config, name) or SCRIPT)
        if not path.is_file():
            fix = "Correct the path; it is relative to the checkout."
            yield _wrong(name, f"{path}, {_there(path)}", "a file", fix)


def of_checkout(checkout: Path) -> Iterator[LightmouldError]:
    """What a checkout lacks, whatever it is to do."""
    if not (checkout / SCRIPT).is_file():
        fix = "Name the folder that `git clone` made, in LIGHTMOULD_NVDIFFREC."
        yield ToolError(checkout, f"no {SCRIPT}", "a checkout of nvdiffrec", fix)
    table, length = checkout / _LUT[0], _LUT[1]
    size = table.stat().st_size if table.is_file() else None
    if size != length:
        found = "no such file" if size is None else f"{size} bytes"
        yield _incomplete(table, found, f"its table of {length} bytes")


def _of_grid(cells: int, checkout: Path) -> Iterator[LightmouldError]:
    folder = checkout / "data" / "tets"
    path = folder / f"{cells}_tets.npz"
    if path.is_file() and path.stat().st_size >= _POINTER:
        return
    whole = (one for one in folder.glob("*_tets.npz") if one.stat().st_size >= _POINTER)
    known = sorted(int(one.name.removesuffix("_tets.npz")) for one in whole)
    wanted = f"one of {', '.join(map(str, known))}" if known else "the files of data/tets"
    if path.is_file():
        yield _incomplete(path, _there(path), "the grid")
    else:
        fix = "Choose one of those, or isosurface flexicubes, which needs none."
        yield _wrong("dmtet_grid", f"{cells}, without {path}", wanted, fix)


def _incomplete(path: Path, found: str, wanted: str) -> ToolError:
    fix = f'Make the checkout complete: git -C "{path.parent}" lfs pull, or clone it again.'
    return ToolError(path, found, wanted, fix)


def _there(path: Path) -> str:
    if path.is_file() and path.stat().st_size < _POINTER:
        return f"{path.stat().st_size} bytes, as a Git LFS pointer has"
    return "there" if path.exists() else "not there"


def _wrong(key: str, found: str, wanted: str, fix: str) -> SettingsError:
    return SettingsError(f"nvdiffrec: {key}", found, wanted, fix)


def _own_name(job: Path) -> str:
    return f"lightmould-{hashlib.sha256(str(job).encode(errors='replace')).hexdigest()[:16]}"
