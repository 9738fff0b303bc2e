"""What a format of poses is: which files it has, how they are read and written, what they hold."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import PurePath, PurePosixPath
from typing import TypeAlias

from lightmould.model import Poses

SizeOf: TypeAlias = Callable[[PurePosixPath], tuple[int, int]]
"""(width, height) of a picture by its name, for formats that do not tell it."""

Contents: TypeAlias = dict[PurePosixPath, bytes]
"""Files to be written, by their paths relative to a folder."""


@dataclass(frozen=True, slots=True)
class Files:
    """Files that were found, and what is in them.

    Attributes:
        folder: where they lie, for errors.
        contents: their bytes, by their names in that folder.
        size_of: asked where the files do not tell a picture's size.
    """

    folder: PurePath
    contents: Mapping[PurePosixPath, bytes]
    size_of: SizeOf

    def __contains__(self, name: str) -> bool:
        return PurePosixPath(name) in self.contents

    def __getitem__(self, name: str) -> bytes:
        return self.contents[PurePosixPath(name)]


@dataclass(frozen=True, slots=True)
class Holds:
    """What a format can say of a camera; what it can't is refused or told, never dropped.

    Attributes:
        size: the picture's size; else readers take it from the picture.
        off_center: a principal point that is not the picture's middle.
        aspect: focal lengths that differ along x and y.
        varying: lenses and sizes that differ from camera to camera.
        terms: of Brown's lens, such as k1.
        fisheye: the fisheye lens.
        names: the pictures' names; else they are known by their order.
        depths: near and far.
        points: points and where they were seen.
    """

    size: bool = True
    off_center: bool = True
    aspect: bool = True
    varying: bool = True
    terms: frozenset[str] = frozenset()
    fisheye: bool = False
    names: bool = True
    depths: bool = False
    points: bool = False


@dataclass(frozen=True, slots=True)
class Format:
    """One format of poses.

    Attributes:
        name: for the command line.
        title: whose it is.
        files: names or patterns of its files. They are read together, or else the first.
        loose: patterns of files that may be of this format and of others.
        companions: names or patterns of files that are read along where they are there.
        needed: how many of `files` have to be there if they are read together; 0 if they are not.
        folders: where below a folder they may lie.
        claims: whether the bytes of the first file are of this format; None trusts the name.
        read: files to poses; raises FormatError.
        write: poses to files; raises SettingsError.
        holds: what it can say.
        upright: whether the world's up is known, so that it is ours after reading.
    """

    name: str
    title: str
    files: tuple[str, ...]
    read: Callable[[Files], Poses]
    write: Callable[[Poses], Contents]
    holds: Holds
    loose: tuple[str, ...] = ()
    companions: tuple[str, ...] = ()
    needed: int = 0
    folders: tuple[str, ...] = (".",)
    claims: Callable[[bytes], bool] | None = None
    upright: bool = False
