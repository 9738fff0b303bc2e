"""Packed datasets: plain arrays in .npz files, an index beside them; NumPy alone reads them.

`set.json` lists the files (shards), each with its size and SHA-256. A shard holds views of one size
and with the same passes: an array for each, see `dataset.views`, and

| array | type and shape | what it is |
| --- | --- | --- |
| `K` | float64 (N, 3, 3) | pixels; (0, 0) is the outer corner of the first pixel |
| `c2w` | float64 (N, 4, 4) | `world_from_camera`, metres; cameras look along -Z with +Y up |
| `meta` | uint8 (bytes,) | `Contents` as JSON in UTF-8 |

Every header is checked before anything is allocated. Of a view only its own bytes are read, and
they are checked against a CRC-32 of their own.
"""

import zlib
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from lightmould.dataset.views import CHANNELS
from lightmould.errors import DatasetError, FormatError, SettingsError
from lightmould.formats import codec, npz
from lightmould.formats.files import file_hash
from lightmould.formats.npz import FIX, Stored
from lightmould.model import Camera, Dataset
from lightmould.model.arrays import Floats

LARGEST_VIEW = 1 << 30
"""Bytes that one view's arrays may have, unless a caller allows more."""

LARGEST_META = 1 << 26
"""Bytes that an index or `meta` may have."""

_KINDS = {"rgb": ("u1", "u2", "f4"), "mask": ("u1",), "normal": ("f2", "f4")}


@dataclass(frozen=True, slots=True)
class Contents:
    """What `meta` says.

    Attributes:
        layout: version of this layout.
        packer: version of lightmould that wrote it.
        manifest: SHA-256 of the manifest of the folder that was packed.
        dataset: of that folder, with this shard's views alone.
        checks: for each picture array the CRC-32 of each view's part.
        meanings: what the arrays are, for people.
    """

    layout: Literal[1]
    packer: str
    manifest: str
    dataset: Dataset
    checks: dict[str, tuple[int, ...]]
    meanings: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Listed:
    """A shard as the index lists it.

    Attributes:
        name: of the file, which lies beside the index.
        views: in it.
        size: bytes.
        sha256: of the file.
    """

    name: str
    views: int
    size: int
    sha256: str

    def __post_init__(self) -> None:
        if not self.name.endswith(".npz") or {*self.name} & {*"/\\:\0"} or self.name[0] == ".":
            wanted = "a plain name that ends in .npz"
            raise SettingsError("index", f"the shard {self.name!r}", wanted, "Correct the name.")


@dataclass(frozen=True, slots=True)
class Index:
    """What lies beside the shards.

    Attributes:
        layout: version of this layout.
        manifest: SHA-256 of the manifest of the folder that was packed.
        shards: at least one.
    """

    layout: Literal[1]
    manifest: str
    shards: tuple[Listed, ...]

    def __post_init__(self) -> None:
        if not self.shards:
            raise SettingsError("index", "no shards", "at least one", "Pack the dataset again.")


@dataclass(frozen=True, slots=True)
class Shard:
    """One file; nothing but its headers and `meta` has been read.

    Attributes:
        path: the file.
        contents: what its `meta` says.
        arrays: by name, those that have a picture for each view.
    """

    path: Path
    contents: Contents
    arrays: dict[str, Stored]


@dataclass(frozen=True, slots=True)
class PackedViews:
    """The views of a packed dataset.

    Attributes:
        dataset: all of its views; its folder is the packed files' one.
        shards: in the order of their views.
        index: what lists them; None where a shard was opened by itself.
    """

    dataset: Dataset
    shards: tuple[Shard, ...]
    index: Index | None = None

    def names(self, index: int) -> tuple[str, ...]:
        """The arrays that a view has, in the order of `CHANNELS`."""
        arrays = self._place(index)[0].arrays
        return tuple(name for name in CHANNELS if name in arrays)

    def array(self, index: int, name: str) -> NDArray[Any]:
        """An array of a view; only its bytes are read.

        Raises:
            FormatError: they are not those that were written, or there is no such array.
        """
        shard, row = self._place(index)
        if name not in shard.arrays:
            raise FormatError(shard.path, f"no array {name!r}", f"{sorted(shard.arrays)}", FIX)
        stored = shard.arrays[name]
        array = stored.row(row)
        if zlib.crc32(array.reshape(-1).view(np.uint8).data) != shard.contents.checks[name][row]:
            view = shard.contents.dataset.views[row].camera.name
            found = f"damaged bytes in view {view!r}"
            raise stored.wrong(found, "those that were written, by their CRC-32")
        return array

    def _place(self, index: int) -> tuple[Shard, int]:
        row = range(len(self.dataset.views))[index]
        for shard in self.shards:
            count = len(shard.contents.dataset.views)
            if row < count:
                return shard, row
            row -= count
        raise IndexError(index)

    def verify(self) -> None:
        """Check every shard against the index's hash.

        Raises:
            DatasetError: one is another file.
        """
        for listed, shard in zip(
            self.index.shards if self.index else (), self.shards, strict=False
        ):
            found = file_hash(shard.path)
            if found != listed.sha256:
                wanted = f"{listed.sha256}, as the index says"
                raise DatasetError(shard.path, f"SHA-256 {found}", wanted, FIX)


def read(path: Path, limit: int = LARGEST_VIEW) -> PackedViews:
    """The views of a packed dataset, none of them read.

    Args:
        path: the index, or one shard.
        limit: bytes that one view's arrays may have at most.

    Raises:
        FormatError: a file is missing, damaged, or not what it claims to be.
        DatasetError: the files contradict each other.
    """
    if path.suffix == ".npz":
        shard = read_shard(path, limit)
        return PackedViews(replace(shard.contents.dataset, folder=path.parent), (shard,))
    index = codec.read(Index, _text(path), path)
    shards = tuple(_listed_shard(path, listed, limit) for listed in index.shards)
    datasets = [shard.contents.dataset for shard in shards]
    if {shard.contents.manifest for shard in shards} != {index.manifest}:
        wanted = "shards of one dataset, the index's"
        raise DatasetError(path, "shards of another dataset", wanted, "Pack the dataset again.")
    whole = replace(
        datasets[0],
        folder=path.parent,
        views=tuple(view for one in datasets for view in one.views),
        hashes={name: value for one in datasets for name, value in one.hashes.items()},
    )
    counts = Counter(view.camera.name for view in whole.views)
    twice = [name for name, count in counts.items() if count > 1]
    if twice:
        fix = "Pack the dataset again."
        raise DatasetError(path, f"the view {twice[0]!r} twice", "each view once", fix)
    return PackedViews(whole, shards, index)


def _listed_shard(path: Path, listed: Listed, limit: int) -> Shard:
    """A shard that the index lists, if it is the one."""
    where = path.parent / listed.name
    if not where.resolve().is_relative_to(path.parent.resolve()):
        found = f"{where}, a link to {where.resolve()}"
        raise FormatError(path, found, "files beside the index", "Copy the file there.")
    shard = read_shard(where, limit)
    size, views = where.stat().st_size, len(shard.contents.dataset.views)
    if (size, views) != (listed.size, listed.views):
        found, wanted = f"{size} bytes, {views} views", f"{listed.size} bytes, {listed.views} views"
        raise DatasetError(where, found, f"{wanted}, as the index says", FIX)
    return shard


def _text(path: Path) -> bytes:
    """An index's content, if it is of a sensible size."""
    if not path.is_file():
        found = "something that is no file" if path.exists() else "no file"
        raise FormatError(path, found, "a packed dataset's .json or .npz", "Correct the path.")
    size = path.stat().st_size
    if size > LARGEST_META:
        raise FormatError(path, f"an index of {size} bytes", f"{LARGEST_META} at most", FIX)
    return path.read_bytes()


def read_shard(path: Path, limit: int = LARGEST_VIEW) -> Shard:
    """One file of a packed dataset, its pictures unread.

    Raises:
        FormatError: it is missing, damaged, or contradicts itself.
    """
    arrays = npz.scan(path)
    missing = [name for name in ("rgb", "K", "c2w", "meta") if name not in arrays]
    unknown = sorted({*arrays} - {*CHANNELS, "K", "c2w", "meta"})
    if missing or unknown:
        found = f"no array {missing[0]!r}" if missing else f"an array {unknown[0]!r}"
        fix = "Name a file that `lightmould pack` has written."
        raise FormatError(path, found, "the arrays of a packed dataset", fix)
    meta = arrays["meta"]
    if meta.dtype != np.uint8 or len(meta.shape) != 1:
        raise meta.wrong(f"{meta.dtype} {meta.shape}", "uint8 bytes")
    text = meta.whole(LARGEST_META).tobytes()
    contents = codec.read(Contents, text, f"{path}: meta")
    pictures = {name: arrays[name] for name in CHANNELS if name in arrays}
    _check_pictures(pictures, contents, limit)
    _check_cameras(arrays, contents)
    return Shard(path, contents, pictures)


def _check_pictures(pictures: dict[str, Stored], contents: Contents, limit: int) -> None:
    views = contents.dataset.views
    sizes = {view.camera.size for view in views}
    for name, stored in pictures.items():
        kinds = [np.dtype(f"<{kind}") for kind in _KINDS.get(name, ("f4",))]
        if stored.dtype not in kinds:
            wanted = " or ".join(str(kind) for kind in kinds)
            raise stored.wrong(f"elements of type {stored.dtype}", wanted)
        shapes = [(len(views), *size[::-1], *last) for size in sizes for last in CHANNELS[name]]
        if len(sizes) > 1 or stored.shape not in shapes:
            raise stored.wrong(f"shape {stored.shape}", f"{shapes[0]}, as its cameras say")
        if len(contents.checks.get(name, ())) != len(views):
            raise stored.wrong("no CRC-32 of some view", "one for each, in meta")
    one_view = sum(stored.size for stored in pictures.values()) // len(views)
    if one_view > limit:
        found, fix = f"{one_view} bytes a view", "Allow more, or pack smaller pictures."
        raise FormatError(pictures["rgb"].path, found, f"{limit} at most", fix)


def _check_cameras(arrays: dict[str, Stored], contents: Contents) -> None:
    cameras = [view.camera for view in contents.dataset.views]
    expected = {"K": np.stack([intrinsics(camera) for camera in cameras])}
    expected["c2w"] = np.stack([camera.world_from_camera for camera in cameras])
    for name, wanted in expected.items():
        stored = arrays[name]
        if (stored.dtype, stored.shape) != (wanted.dtype, wanted.shape):
            found = f"{stored.dtype} {stored.shape}"
            raise stored.wrong(found, f"{wanted.dtype} {wanted.shape}")
        if not np.array_equal(stored.whole(wanted.nbytes), wanted):
            raise stored.wrong("other cameras than meta has", "the same")


def intrinsics(camera: Camera) -> Floats:
    """(3, 3) pixels from a pinhole's camera space with +Z ahead and +Y down."""
    (fx, fy), (cx, cy) = camera.focal, camera.center
    return np.array([[fx, 0, cx], [0, fy, cy], [0, 0, 1]])
