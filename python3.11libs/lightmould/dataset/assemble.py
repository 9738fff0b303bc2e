"""What was rendered becomes a dataset: everything checked and described."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import lightmould
from lightmould.dataset import manifest, records
from lightmould.dataset.look import contradicted
from lightmould.dataset.records import FrameRecord, Rendered
from lightmould.dataset.views import FolderViews
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
from lightmould.model.dataset import Split

_LOOKED_AT = 8  # views, or a few more; `lightmould check` looks at every one
_FIX = "Run it again: what is missing or damaged will be rendered anew."


def assemble(planned: Dataset) -> Iterator[Event]:
    """Check the rendered views of a planned dataset and describe them; the manifest is last.

    Raises:
        DatasetError: a view is missing or damaged; the list of views, which says otherwise, is
            removed, so that a next run renders what is missing.
    """
    try:
        yield from _assemble(planned)
    except (DatasetError, FormatError):
        (planned.folder / records.LIST).unlink(missing_ok=True)
        raise


def _assemble(planned: Dataset) -> Iterator[Event]:
    rendered = _rendered(planned)
    planned = _without(planned, rendered.missing)
    folder, total = planned.folder, len(planned.views)
    hashes: dict[str, str] = {}
    for count, view in enumerate(planned.views, 1):
        for record in rendered.views[view.camera.name].values():
            _check(folder, record)
            hashes |= record.files
        yield Progress(count / total, f"view {count} of {total}")
    views = tuple(_told(view, rendered) for view in planned.views)
    made_by = {one.blender for frames in rendered.views.values() for one in frames.values()}
    finished = replace(
        planned,
        views=views,
        instances=rendered.views[views[0].camera.name]["data"].instances,
        versions={"blender": ", ".join(sorted(made_by)), "lightmould": lightmould.__version__},
        hashes={
            path.as_posix(): hashes[path.as_posix()]
            for path in sorted(path for view in views for path in view.paths)
        },
    )
    _check_sense(finished)
    yield from _write_poses(finished)
    manifest.write(finished, folder / manifest.NAME)
    yield Wrote(manifest.NAME, "manifest")


def _without(planned: Dataset, missing: tuple[str, ...]) -> Dataset:
    """The dataset of the views that are there."""
    views = tuple(view for view in planned.views if view.camera.name not in missing)
    return replace(planned, views=views)


def _check_sense(dataset: Dataset) -> None:
    """Refuse views whose pictures contradict each other, looking at some: mistakes are in all.

    Raises:
        DatasetError: naming the first such view.
    """
    views, count = FolderViews(dataset), len(dataset.views)
    for index in range(0, count, max(1, count // _LOOKED_AT)):
        for said in contradicted(views, index):
            where = f"{dataset.folder}: view {dataset.views[index].camera.name}"
            fix = "Report it: this is no mistake of yours."
            raise DatasetError(where, f"{said.found} ({said.numbers})", said.wanted, fix)


def _rendered(planned: Dataset) -> Rendered:
    path = planned.folder / records.LIST
    try:
        rendered = codec.read(Rendered, path.read_bytes(), path)
    except (OSError, FormatError) as error:
        found = "no list of views: Blender ended before it had rendered all"
        fix = "Run it again, and see the render step's log if it fails again."
        raise DatasetError(path, found, "that list", fix, "damaged") from error
    wanted = _without(planned, rendered.missing).views
    missing = [one.camera.name for one in wanted if not _is_complete(one, rendered)]
    if missing:
        raise DatasetError(path, f"no views {missing}", "every planned view", _FIX, "damaged")
    return rendered


def _is_complete(view: View, rendered: Rendered) -> bool:
    frames = rendered.views.get(view.camera.name, {})
    return {path.as_posix() for path in view.paths} == {
        name for record in frames.values() for name in record.files
    }


def _check(folder: Path, record: FrameRecord) -> None:
    for name, wanted in record.files.items():
        path = folder / name
        if not path.is_file():
            raise DatasetError(path, "no file", "what was rendered", _FIX, "damaged")
        if file_hash(path) != wanted:
            raise DatasetError(
                path, "a damaged or foreign file", "what was rendered", _FIX, "damaged"
            )


def _told(view: View, rendered: Rendered) -> View:
    """The view with what made its picture."""
    record = rendered.views[view.camera.name]["color"]
    return replace(view, engine=record.engine, device=record.device)


def _write_poses(dataset: Dataset) -> Iterator[Event]:
    """The cameras once more, for readers of our rigs, of tables and of NeRF-synthetic."""
    cameras = tuple(view.camera for view in dataset.views)
    held_out: dict[Split, tuple[str, ...]] = {
        split: tuple(view.camera.name for view in dataset.of(split)) for split in ("val", "test")
    }
    rig = CameraRig("rendered", cameras, held_out["val"], held_out["test"])
    texts = {"rig.json": codec.write(rig), view_table.NAME: view_table.write(dataset)}
    splits: tuple[Split, ...] = ("train", "val", "test") if rig.val else ("train", "test")
    for split in splits:
        shots = tuple(Shot(view.camera, view.color) for view in dataset.of(split))
        name = f"transforms_{split}.json"
        try:
            texts[name] = transforms.write(Poses(shots), "nerf-synthetic")
        except SettingsError as error:
            yield Warned(f"There will be no {name}, which other programs read. {error}")
    for name, text in texts.items():
        write_atomically(dataset.folder / name, text)
        yield Wrote(name, "poses")
