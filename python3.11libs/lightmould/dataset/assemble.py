"""What Blender wrote becomes a dataset: layers taken apart, everything checked and described."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

import lightmould
from lightmould.dataset import images, manifest, passes
from lightmould.dataset.images import Pixels
from lightmould.errors import DatasetError, FormatError, SettingsError
from lightmould.formats import codec, view_table
from lightmould.formats.files import file_hash, write_atomically
from lightmould.formats.poses import transforms
from lightmould.model import (
    CameraRig,
    Dataset,
    Event,
    Poses,
    Progress,
    Shot,
    View,
    Warned,
    Wrote,
)
from lightmould.model.axes import Y_UP_FROM_Z_UP
from lightmould.model.dataset import PASSES, Split

LIST = "views.json"
_INSTANCES = "raw/instances.json"
_NOTHING_SEEN = 1e9  # metres; Blender writes 1e10
_FIX = "Run it again: what is missing or damaged will be rendered anew."


@dataclass(frozen=True, slots=True)
class RenderedView:
    """A view as Blender left it.

    Attributes:
        key: hash of all that decides its pixels.
        blender: version of the Blender that made it.
        color: SHA-256 of color/NAME.png.
        raw: SHA-256 of raw/NAME.exr, which holds depth and normal.
    """

    key: str
    blender: str
    color: str
    raw: str


@dataclass(frozen=True, slots=True)
class Rendered:
    """views.json: Blender finished.

    Attributes:
        views: by name.
    """

    views: dict[str, RenderedView]


def assemble(planned: Dataset) -> Iterator[Event]:
    """Take the rendered views of a planned dataset apart and describe them; the manifest is last.

    Raises:
        DatasetError: a view is missing or damaged; Blender's list of views, which says otherwise,
            is removed, so that a next run renders what is missing.
    """
    try:
        yield from _assemble(planned)
    except (DatasetError, FormatError):
        (planned.folder / LIST).unlink(missing_ok=True)
        raise


def _assemble(planned: Dataset) -> Iterator[Event]:
    folder, total = planned.folder, len(planned.views)
    rendered = _rendered(planned)
    for count, view in enumerate(planned.views, 1):
        layers = _measured(planned, view, rendered.views[view.camera.name])
        _write_measures(planned, view, layers)
        yield from (Wrote(path.as_posix(), path.parent.name) for path in view.paths[1:])
        yield Progress(count / total, f"view {count} of {total}")
    yield from _write_poses(planned)
    blender = ", ".join(sorted({view.blender for view in rendered.views.values()}))
    names = sorted(path.as_posix() for view in planned.views for path in view.paths)
    finished = replace(
        planned,
        instances=_instances(planned) if "instance" in planned.passes else (),
        versions={"blender": blender, "lightmould": lightmould.__version__},
        hashes={name: file_hash(folder / name) for name in names},
    )
    manifest.write(finished, folder / manifest.NAME)
    yield Wrote(manifest.NAME, "manifest")


def _rendered(planned: Dataset) -> Rendered:
    path = planned.folder / LIST
    try:
        rendered = codec.read(Rendered, path.read_bytes(), path)
    except (OSError, FormatError) as error:
        found = "no list of views: Blender ended before it had rendered all"
        fix = "Run it again, and see the render step's log if it fails again."
        raise DatasetError(path, found, "that list", fix) from error
    missing = [one.camera.name for one in planned.views if one.camera.name not in rendered.views]
    if missing:
        raise DatasetError(path, f"no views {missing}", "every planned view", _FIX)
    return rendered


def _instances(planned: Dataset) -> tuple[str, ...]:
    path = planned.folder / _INSTANCES
    try:
        return codec.read(tuple[str, ...], path.read_bytes(), path)
    except (OSError, FormatError) as error:
        raise DatasetError(path, "no names of objects", "what Blender wrote", _FIX) from error


def _measured(planned: Dataset, view: View, rendered: RenderedView) -> dict[str, Pixels]:
    """What Blender measured of a view, after a look at all that it wrote."""
    color, raw = planned.folder / view.color, planned.folder / f"raw/{view.camera.name}.exr"
    _check_hash(color, rendered.color)
    _check_hash(raw, rendered.raw)
    layers = images.read_layers(raw)
    missing = {"Depth", "Normal"} - set(layers)
    if missing:
        raise DatasetError(raw, f"layers {sorted(layers)}", f"also {sorted(missing)}", _FIX)
    _check_size(color, images.read(color, 4), view.camera.size)
    _check_size(raw, layers["Depth"], view.camera.size)
    return layers


def _check_hash(path: Path, wanted: str) -> None:
    if not path.is_file():
        raise DatasetError(path, "no file", "what Blender wrote", _FIX)
    if file_hash(path) != wanted:
        raise DatasetError(path, "a damaged or foreign file", "what Blender wrote", _FIX)


def _check_size(path: Path, pixels: Pixels, wanted: tuple[int, int]) -> None:
    height, width, _ = pixels.shape
    if (width, height) != wanted:
        raise DatasetError(path, f"{(width, height)} pixels", f"{wanted}", _FIX)


def _write_measures(planned: Dataset, view: View, layers: dict[str, Pixels]) -> None:
    seen = layers["Depth"] < _NOTHING_SEEN
    depth = np.where(seen, layers["Depth"], np.float32(np.inf))
    normal = np.where(seen, _unit(layers["Normal"]), np.float32(0))
    images.write_png(planned.folder / str(view.mask), seen.astype(np.float32))
    images.write_exr(planned.folder / str(view.depth), depth)
    images.write_exr(planned.folder / str(view.normal), normal)
    for name, path in view.passes.items():
        if name in passes.LAYERS:
            told = passes.layer(name, layers)
            if told is None:
                where, found = planned.folder / path, f"layers {sorted(layers)}"
                raise DatasetError(where, found, f"one that tells {name}", _FIX)
            pixels = np.where(seen, told, np.float32(PASSES[name].nothing))
        else:
            pixels = passes.derived(name, view.camera, depth, normal)
        images.write_exr(planned.folder / path, pixels)


def _unit(normal_in_blender: Pixels) -> Pixels:
    """Normals of Blender's Z-up world in ours, of length 1 where there are any."""
    turn = Y_UP_FROM_Z_UP[:3, :3].astype(np.float32)
    normal = normal_in_blender @ turn.T
    length = np.linalg.norm(normal, axis=2, keepdims=True)
    return np.asarray(normal / np.where(length > 0, length, 1), np.float32)


def _write_poses(planned: Dataset) -> Iterator[Event]:
    """The cameras once more, for readers of our rigs, of tables and of NeRF-synthetic."""
    cameras = tuple(view.camera for view in planned.views)
    held_out: dict[Split, tuple[str, ...]] = {
        split: tuple(view.camera.name for view in planned.of(split)) for split in ("val", "test")
    }
    rig = CameraRig("rendered", cameras, held_out["val"], held_out["test"])
    texts = {"rig.json": codec.write(rig), view_table.NAME: view_table.write(planned)}
    splits: tuple[Split, ...] = ("train", "val", "test") if rig.val else ("train", "test")
    for split in splits:
        shots = tuple(Shot(view.camera, view.color) for view in planned.of(split))
        name = f"transforms_{split}.json"
        try:
            texts[name] = transforms.write(Poses(shots), "nerf-synthetic")
        except SettingsError as error:
            yield Warned(f"There will be no {name}, which other programs read. {error}")
    for name, text in texts.items():
        write_atomically(planned.folder / name, text)
        yield Wrote(name, "poses")
