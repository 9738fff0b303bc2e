"""Our own JSON, which holds everything and loses nothing.

Read are also the rig of `lightmould rig` (a `CameraRig`) and a dataset's manifest.json; written is
`Poses` with all that it has.
"""

from pathlib import PurePath

from lightmould.errors import FormatError, SettingsError
from lightmould.formats import codec
from lightmould.formats.poses.format import Holds
from lightmould.formats.poses.writing import BROWN
from lightmould.model import CameraRig, Dataset, Poses, Shot
from lightmould.model.dataset import Split

HOLDS = Holds(terms=frozenset(BROWN), fisheye=True, depths=True, points=True)


def claims(data: bytes) -> bool:
    """Whether the JSON is one of ours."""
    return any(key in data for key in (b'"world_from_camera"',))


def read(data: bytes, source: PurePath) -> Poses:
    """Poses, a rig or a dataset's manifest.

    Raises:
        FormatError: the JSON does not fit any of them exactly.
    """
    plain = codec.parse(data.removeprefix(b"\xef\xbb\xbf"), source)
    where = f"{source}: $"
    keys = plain if isinstance(plain, dict) else {}
    try:
        if "views" in keys:
            return _of_dataset(codec.decoded(Dataset, plain, where))
        if "cameras" in keys:
            return _of_rig(codec.decoded(CameraRig, plain, where))
        poses: Poses = codec.decoded(Poses, plain, where)
    except SettingsError as error:
        raise FormatError(where, error.found, error.wanted, error.fix) from None
    for index, shot in enumerate(poses.shots):
        for path in (shot.picture, shot.mask):
            if path is not None and (path.is_absolute() or ".." in path.parts):
                place, wanted = f"{where}.shots[{index}]", "a path below the file's folder"
                raise FormatError(place, f"the path {path}", wanted, "Copy the picture there.")
    return poses


def _of_dataset(dataset: Dataset) -> Poses:
    """The cameras where their source had them, which is where results of the dataset are."""
    return Poses(
        tuple(
            Shot(dataset.placement.camera_in_source(one.camera), one.color, one.mask, one.split)
            for one in dataset.views
        )
    )


def _of_rig(rig: CameraRig) -> Poses:
    def split(name: str) -> Split | None:
        if not (rig.val or rig.test):
            return None
        return "val" if name in rig.val else "test" if name in rig.test else "train"

    return Poses(tuple(Shot(camera, split=split(camera.name)) for camera in rig.cameras))


def write(poses: Poses) -> str:
    """All that there is, as JSON."""
    return codec.write(poses)
