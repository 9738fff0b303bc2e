"""Every format of poses by its name."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import PurePath, PurePosixPath

from lightmould.formats.poses import (
    bundler,
    colmap,
    colmap_binary,
    colmap_text,
    llff,
    meshroom,
    metashape,
    mvsnet,
    open3d,
    opencv,
    own,
    realitycapture,
    transforms,
    usd,
)
from lightmould.formats.poses.format import Contents, Files, Format, SizeOf
from lightmould.model import Poses

SPLIT_FILES = ("transforms_train.json", "transforms_val.json", "transforms_test.json")
"""Files of NeRF-synthetic, each the poses of pictures for one purpose."""

_SPARSE = (".", "sparse/0", "sparse", "colmap/sparse/0")
"""Where COLMAP and those who call it put models."""


def _whole(read: Callable[[bytes, PurePath], Poses]) -> Callable[[Files], Poses]:
    """A reader of one file for a folder's files: the first."""
    return lambda files: read(*_first(files))


def _sized(read: Callable[[bytes, PurePath, SizeOf], Poses]) -> Callable[[Files], Poses]:
    """The same of one that asks for sizes."""
    return lambda files: read(*_first(files), files.size_of)


def _first(files: Files) -> tuple[bytes, PurePath]:
    name, data = next(iter(files.contents.items()))
    return data, files.folder / name


def _as(name: str, write: Callable[[Poses], str | bytes]) -> Callable[[Poses], Contents]:
    """A writer of one file of that name."""

    def contents(poses: Poses) -> Contents:
        data = write(poses)
        return {PurePosixPath(name): data.encode() if isinstance(data, str) else data}

    return contents


def _transforms(name: transforms.Dialect, title: str, *files: str) -> Format:
    return Format(
        name,
        title,
        files,
        _sized(transforms.read),
        _as(files[0], partial(transforms.write, dialect=name)),
        transforms.HOLDS[name],
        loose=("*.json",),
        claims=lambda data: b'"frames"' in data,
        upright=True,
    )


_ALL = (
    Format(
        "lightmould",
        "our own JSON: poses, rigs, datasets",
        ("manifest.json", "poses.json", "rig.json"),
        _whole(own.read),
        _as("poses.json", own.write),
        own.HOLDS,
        loose=("*.json",),
        claims=own.claims,
        upright=True,
    ),
    Format(
        "llff",
        "LLFF, NeRD",
        ("poses_bounds.npy",),
        _whole(llff.read_poses),
        _as("poses_bounds.npy", llff.write),
        llff.HOLDS,
    ),
    _transforms("nerf-synthetic", "NeRF-synthetic", *SPLIT_FILES),
    _transforms("nerfstudio", "nerfstudio", "transforms.json"),
    _transforms("instant-ngp", "instant-ngp", "transforms.json"),
    Format(
        "colmap-binary",
        "COLMAP, binary",
        ("cameras.bin", "images.bin"),
        colmap_binary.read,
        colmap_binary.write,
        colmap.HOLDS,
        companions=("points3D.bin", "rigs.bin", "frames.bin"),
        needed=2,
        folders=_SPARSE,
    ),
    Format(
        "colmap",
        "COLMAP, text",
        ("cameras.txt", "images.txt"),
        colmap_text.read,
        colmap_text.write,
        colmap.HOLDS,
        companions=("points3D.txt", "rigs.txt", "frames.txt"),
        needed=2,
        folders=_SPARSE,
    ),
    Format(
        "mvsnet",
        "MVSNet",
        ("*_cam.txt", "cams/*_cam.txt"),
        mvsnet.read,
        mvsnet.write,
        mvsnet.HOLDS,
        needed=1,
    ),
    Format(
        "opencv",
        "OpenCV's YAML, EasyMocap",
        ("intri.yml", "extri.yml"),
        opencv.read,
        opencv.write,
        opencv.HOLDS,
        loose=("*.yml", "*.yaml"),
        needed=2,
    ),
    Format(
        "bundler",
        "Bundler",
        ("bundle.out",),
        bundler.read,
        bundler.write,
        bundler.HOLDS,
        loose=("*.out",),
        companions=("list.txt", "*.list.txt"),
    ),
    Format(
        "metashape",
        "Agisoft Metashape",
        ("cameras.xml",),
        _whole(metashape.read),
        _as("cameras.xml", metashape.write),
        metashape.HOLDS,
        loose=("*.xml",),
    ),
    Format(
        "realitycapture",
        "RealityCapture, RealityScan",
        ("cameras.csv",),
        _sized(realitycapture.read),
        _as("cameras.csv", realitycapture.write),
        realitycapture.HOLDS,
        loose=("*.csv",),
        upright=True,
    ),
    Format(
        "meshroom",
        "Meshroom, AliceVision",
        ("cameras.sfm",),
        _whole(meshroom.read),
        _as("cameras.sfm", meshroom.write),
        meshroom.HOLDS,
        loose=("*.sfm", "*.json"),
        claims=meshroom.claims,
    ),
    Format(
        "open3d",
        "Open3D",
        ("trajectory.json",),
        _whole(open3d.read),
        _as("trajectory.json", open3d.write),
        open3d.HOLDS,
        loose=("*.json",),
        claims=open3d.claims,
    ),
    Format(
        "usd",
        "USD",
        ("cameras.usda",),
        _sized(usd.read),
        _as("cameras.usda", usd.write),
        usd.HOLDS,
        loose=("*.usda", "*.usdc", "*.usd"),
        upright=True,
    ),
)

FORMATS: Mapping[str, Format] = {one.name: one for one in _ALL}
"""By name, in the order in which a folder is searched for them."""
