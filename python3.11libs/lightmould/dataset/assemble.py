"""What Blender wrote becomes a dataset: layers taken apart, everything checked and described."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

import lightmould
from lightmould.dataset import images, manifest
from lightmould.dataset.images import Pixels
from lightmould.errors import DatasetError, FormatError, SettingsError
from lightmould.formats import codec, transforms
from lightmould.formats.files import file_hash, write_atomically
from lightmould.model import CameraRig, Dataset, Event, Progress, View, Warned, Wrote
from lightmould.model.axes import Y_UP_FROM_Z_UP
from lightmould.model.dataset import Split

_NOTHING_SEEN = 1e9  # metres; Blender writes 1e10


@dataclass(frozen=True, slots=True)
class Rendered:
    """views.json: the render script finished.

    Attributes:
        blender: its version.
        views: the names of all views.
    """

    blender: str
    views: tuple[str, ...]


def assemble(planned: Dataset) -> Iterator[Event]:
    """Take the rendered views of a planned dataset apart and describe them; the manifest is last.

    Depth and normal come from raw/NAME.exr, which goes once the manifest is there. A view that
    can't be used is made to be rendered again by the next run.

    Raises:
        DatasetError: a view is missing or damaged.
    """
    folder = planned.folder
    rendered = _rendered(planned)
    for count, view in enumerate(planned.views, 1):
        _complete(folder, view)
        yield from (Wrote(path.as_posix(), path.parent.name) for path in view.paths[1:])
        total = len(planned.views)
        yield Progress(count / total, f"view {count} of {total}")
    versions = {"blender": rendered.blender, "lightmould": lightmould.__version__}
    names = sorted(path.as_posix() for view in planned.views for path in view.paths)
    hashes = {name: file_hash(folder / name) for name in names}
    yield from _write_poses(planned)
    manifest.write(replace(planned, versions=versions, hashes=hashes), folder / manifest.NAME)
    yield Wrote(manifest.NAME, "manifest")
    for view in planned.views:
        _raw(folder, view).unlink(missing_ok=True)


def _rendered(planned: Dataset) -> Rendered:
    path = planned.folder / "views.json"
    try:
        rendered = codec.read(Rendered, path.read_bytes(), path)
    except (OSError, FormatError) as error:
        fix = "Run it again, and see the render step's log if it fails again."
        found = "no list of the views: Blender ended before it had rendered all"
        raise DatasetError(path, found, "that list", fix) from error
    for view in planned.views:
        if view.camera.name not in rendered.views:
            raise _again(planned.folder, view, f"no view {view.camera.name}")
    return rendered


def _complete(folder: Path, view: View) -> None:
    """Write mask, depth and normal unless that was done, and check the rest by decoding it."""
    try:
        pictures = [images.read(folder / view.color, 4)]
        if _raw(folder, view).exists():
            pictures.append(_take_apart(folder, view))
        else:
            channels = ((view.mask, 1), (view.depth, 1), (view.normal, 3))
            pictures += [images.read(folder / path, count) for path, count in channels if path]
    except FormatError as error:
        raise _again(folder, view, f"{error.where}: {error.found}") from error
    for height, width, _ in (picture.shape for picture in pictures):
        if (width, height) != view.camera.size:
            raise _again(folder, view, f"a picture of {width}x{height} pixels")


def _take_apart(folder: Path, view: View) -> Pixels:
    """Write mask, depth and normal of a view; returns the depth."""
    raw = _raw(folder, view)
    layers = images.read_layers(raw)
    missing = {"Depth", "Normal"} - set(layers)
    if missing:
        raise FormatError(raw, f"layers {sorted(layers)}", f"{sorted(missing)}", "Render it again.")
    seen = layers["Depth"] < _NOTHING_SEEN
    depth = np.where(seen, layers["Depth"], np.float32(np.inf))
    normal = np.where(seen, _unit(layers["Normal"]), np.float32(0))
    images.write_png(folder / str(view.mask), seen.astype(np.float32))
    images.write_exr(folder / str(view.depth), depth)
    images.write_exr(folder / str(view.normal), normal)
    return depth


def _unit(normal_in_blender: Pixels) -> Pixels:
    """Normals of Blender's Z-up world in ours, of length 1 where there are any."""
    turn = Y_UP_FROM_Z_UP[:3, :3].astype(np.float32)
    normal = normal_in_blender @ turn.T
    length = np.linalg.norm(normal, axis=2, keepdims=True)
    return np.asarray(normal / np.where(length > 0, length, 1), np.float32)


def _write_poses(planned: Dataset) -> Iterator[Event]:
    """The cameras once more, for readers of our rigs and of NeRF-synthetic."""
    cameras = tuple(view.camera for view in planned.views)
    texts = {"rig.json": codec.write(CameraRig("rendered", cameras))}
    splits: tuple[Split, ...] = ("train", "test")
    for split in splits:
        frames = [transforms.Frame(view.color, view.camera) for view in planned.of(split)]
        name = f"transforms_{split}.json"
        try:
            texts[name] = transforms.write(frames, "nerf-synthetic")
        except SettingsError as error:
            yield Warned(f"There will be no {name}, which other programs read. {error}")
    for name, text in texts.items():
        write_atomically(planned.folder / name, text)
        yield Wrote(name, "poses")


def _again(folder: Path, view: View, found: str) -> DatasetError:
    """The error for a view that can't be used; the next run will render it."""
    name = view.camera.name
    (folder / f"views/{name}.json").unlink(missing_ok=True)
    (folder / "views.json").unlink(missing_ok=True)
    width, height = view.camera.size
    wanted = f"view {name} whole, {width}x{height}"
    return DatasetError(folder, found, wanted, "Run it again: that view will be rendered anew.")


def _raw(folder: Path, view: View) -> Path:
    return folder / f"raw/{view.camera.name}.exr"
