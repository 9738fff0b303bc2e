"""A dataset's folder becomes one file, or some, of plain arrays; see `dataset.packed`."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

import lightmould
from lightmould.dataset import manifest, packed
from lightmould.dataset.packed import Contents, Index, Listed
from lightmould.dataset.views import MEANINGS, FolderViews, Form, of_folder
from lightmould.errors import JobError, SettingsError
from lightmould.formats import codec, npz
from lightmould.formats.files import file_hash, write_atomically
from lightmould.model import Event, Progress, Wrote

SHARD = 2 << 30
"""Bytes of pictures in a file, at most, unless one view has more."""

_MOST_VIEWS = 20_000  # in a file: what is said of each has to be read before any

Forms = tuple[tuple[str, Form], ...]


def index_of(out: Path) -> Path:
    """The index of a packed dataset, by the name of its file."""
    return out.with_suffix(".json")


def pack(folder: Path, out: Path, shard: int = SHARD) -> Iterator[Event]:
    """Pack a dataset; the index is last. Equal datasets give equal bytes.

    Args:
        folder: of the dataset, whose files have to be those that its manifest describes.
        out: an .npz; where more than one is wanted, they are numbered: NAME-000000.npz.
        shard: bytes of pictures in one file, at most.

    Raises:
        DatasetError: the dataset is incomplete or damaged.
        FormatError: a picture can't be decoded.
        SettingsError: that is no name of an .npz, or no size.
        JobError: there is such a set, the disk has no room, or can't be written to.
    """
    if out.suffix != ".npz":
        raise SettingsError("--out", str(out), "a file that ends in .npz", "Correct the name.")
    if shard < 1:
        raise SettingsError("shard", f"{shard} bytes", "at least 1", "Allow more.")
    index = index_of(out)
    if index.exists():
        fix = "Remove it and the files that it lists, or choose another name."
        raise JobError(index, "a file", "none, for the index of what is to be packed", fix)
    views = of_folder(folder)
    manifest.verify(views.dataset)
    groups = _grouped(views, shard)
    total = sum(form.size * len(group) for forms, group in groups for _, form in forms)
    _check_room(out, total)
    source, listed, done = file_hash(folder / manifest.NAME), [], 0
    for number, (forms, group) in enumerate(groups):
        one = len(groups) == 1
        path = out if one else out.with_name(f"{out.stem}-{number:06d}.npz")
        for size in _write_shard(path, views, forms, group, source):
            done += size
            yield Progress(done / total, f"file {number + 1} of {len(groups)}")
        listed.append(Listed(path.name, len(group), path.stat().st_size, file_hash(path)))
        yield Wrote(path.as_posix(), "packed")
    write_atomically(index, codec.write(Index(1, source, tuple(listed))))
    yield Wrote(index.as_posix(), "index")


def _grouped(views: FolderViews, shard: int) -> list[tuple[Forms, list[int]]]:
    """Views of one kind that fit into a file, file by file, in their order."""
    kinds: dict[Forms, list[int]] = {}
    for index in range(len(views.dataset.views)):
        forms = tuple((name, views.form(index, name)) for name in views.names(index))
        kinds.setdefault(forms, []).append(index)
    groups = []
    for forms, members in kinds.items():
        one = sum(form.size for _, form in forms)
        count = min(max(1, shard // one), _MOST_VIEWS)
        groups += [(forms, members[i : i + count]) for i in range(0, len(members), count)]
    return groups


def _check_room(out: Path, wanted: int) -> None:
    folder = next(one for one in (out.parent, *out.parent.absolute().parents) if one.is_dir())
    free = shutil.disk_usage(folder).free
    if free < wanted:
        found, fix = f"{free >> 20} MiB free", "Free space, or choose another disk."
        raise JobError(out, found, f"{(wanted >> 20) + 1} MiB", fix)


def _write_shard(
    path: Path, views: FolderViews, forms: Forms, group: list[int], source: str
) -> Iterator[int]:
    """Write one file; yields the bytes of each picture."""
    dataset = views.dataset
    chosen = tuple(dataset.views[index] for index in group)
    named = {file.as_posix() for view in chosen for file in view.paths}
    hashes = {name: value for name, value in dataset.hashes.items() if name in named}
    part = replace(dataset, folder=Path(), views=chosen, hashes=hashes)
    cameras = [view.camera for view in chosen]
    checks = {}
    with npz.writing(path) as writer:
        for name, form in forms:
            crcs: list[int] = []
            with writer.array(name, form.dtype, (len(group), *form.shape)) as stream:
                for index in group:
                    crcs.append(stream(views.array(index, name)))
                    yield form.size
            checks[name] = tuple(crcs)
        writer.add("K", np.stack([packed.intrinsics(camera) for camera in cameras]))
        writer.add("c2w", np.stack([camera.world_from_camera for camera in cameras]))
        meanings = {name: said for name, said in MEANINGS.items() if name in (*checks, "K", "c2w")}
        contents = Contents(1, lightmould.__version__, source, part, checks, meanings)
        writer.add("meta", np.frombuffer(codec.write(contents).encode(), np.uint8))
