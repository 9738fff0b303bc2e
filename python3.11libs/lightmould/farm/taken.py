"""A job that was planned before, as the beginning of a bundle."""

from pathlib import Path

from lightmould.errors import JobError
from lightmould.farm.prepared import REQUESTS
from lightmould.farm.wedge import How
from lightmould.formats import codec
from lightmould.jobs import asked
from lightmould.tools.nvdiffrec import PrepareRequest, TrainRequest
from lightmould.tools.own import ReconstructionRequest

_OURS, _PREPARE, _TRAIN = (
    Path(REQUESTS, f"{name}.json") for name in ("reconstruct", "prepare", "train")
)


def is_reconstruction(folder: Path) -> bool:
    """Whether a folder is that of a job that reconstructs."""
    return any((folder / path).is_file() for path in (_OURS, _TRAIN))


def take(source: Path, folder: Path) -> tuple[Path, How]:
    """Write a job into a folder of its own that is asked for the same as another.

    Args:
        source: the other's; see `is_reconstruction`.
        folder: the new one's.

    Returns:
        The manifest of its dataset, and how that is reconstructed.

    Raises:
        JobError: the folder holds something, or can't be written; or the other was moved.
        FormatError: a request is damaged.
    """
    asked.duplicate(source, folder, {}, again=True)
    try:
        if (folder / _OURS).is_file():
            ours = codec.read(ReconstructionRequest, (folder / _OURS).read_bytes(), folder / _OURS)
            return ours.dataset, ours.how
        first = codec.read(PrepareRequest, (folder / _PREPARE).read_bytes(), folder / _PREPARE)
        train = codec.read(TrainRequest, (folder / _TRAIN).read_bytes(), folder / _TRAIN)
    except OSError as error:
        fix = "Plan it again: lightmould reconstruct."
        found = error.strerror or str(error)
        raise JobError(source, found, "the requests of a reconstruction", fix) from error
    return first.dataset, train.wishes
