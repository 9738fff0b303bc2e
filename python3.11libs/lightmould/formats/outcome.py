"""views.json: how well each held-out view was met, beside the asset that was judged by them."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

from lightmould.formats import codec
from lightmould.formats.files import write_atomically
from lightmould.model import ViewResult

VIEWS = "views.json"
PREVIEWS = "previews"


def write(asset: Path, results: Iterable[ViewResult]) -> Path:
    """Write how well the held-out views were met; their pictures lie in the asset's folder.

    Raises:
        JobError: it can't be written.
    """
    path = asset / VIEWS
    plain = tuple(_moved(one, lambda picture: picture.relative_to(asset)) for one in results)
    write_atomically(path, codec.write(plain))
    return path


def views(asset: Path) -> tuple[ViewResult, ...]:
    """The held-out views of an asset, their pictures' paths absolute, the worst first.

    An asset that was made before there was this file, or that is just being made, has its pictures
    alone: their scores are NaN.

    Raises:
        FormatError: the file is damaged.
        OSError: it can't be read.
    """
    path = asset / VIEWS
    if path.exists():
        data = codec.parse(path.read_bytes(), path)
        found: tuple[ViewResult, ...] = codec.decoded(tuple[ViewResult, ...], data, f"{path}: $")
        whole = (_moved(one, asset.joinpath) for one in found)
        return tuple(sorted(whole, key=lambda one: one.psnr))
    return tuple(_drawn(one) for one in sorted((asset / PREVIEWS).glob("*_found.png")))


def _moved(view: ViewResult, place: Callable[[Path], Path]) -> ViewResult:
    error = None if view.error is None else place(view.error)
    return replace(view, truth=place(view.truth), found=place(view.found), error=error)


def _drawn(found: Path) -> ViewResult:
    name = found.name.removesuffix("_found.png")
    error = found.with_name(f"{name}_error.png")
    nan = float("nan")
    truth = found.with_name(f"{name}_truth.png")
    return ViewResult(name, nan, nan, nan, truth, found, error if error.exists() else None)
