"""Wedges beside each other: one page that loads nothing else."""

import base64
import html
from collections.abc import Iterable, Sequence
from pathlib import Path

from lightmould.farm.score import Score
from lightmould.formats import outcome
from lightmould.model import ViewResult

NAME = "wedges.html"

_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Wedges</title>
<style>
body {{ font: 15px/1.5 system-ui, sans-serif; margin: 2em; background: #16181b; color: #e6e6e6 }}
table {{ border-collapse: collapse }}
th, td {{ padding: .3em .9em; text-align: right; border-bottom: 1px solid #33373d }}
th:first-child, td:first-child {{ text-align: left }}
tr.best {{ font-weight: bold; color: #9fd89f }}
figure {{ display: inline-block; margin: 1.5em 1.5em 0 0 }}
a {{ color: #8ab4f8 }}
</style>
<h1>Wedges</h1>
<table><tr>{head}</tr>
{rows}
</table>
{pictures}
</html>
"""

_HEAD = ("wedge", "psnr, dB", "ssim", "iou", "chamfer_rel", "seconds")


def page(scores: Sequence[Score], assets: dict[str, Path], folder: Path) -> str:
    """The page of some wedges.

    Args:
        scores: the best first.
        assets: their folders, by name.
        folder: where the page is to lie.

    Raises:
        FormatError: the views of an asset are damaged.
        OSError: a picture can't be read.
    """
    head = "".join(f"<th>{word}</th>" for word in _HEAD)
    rows = "\n".join(
        _row(score, _link(assets[score.name], folder), best=not place)
        for place, score in enumerate(scores)
    )
    pictures = "\n".join(_pictures((score.name, assets[score.name]) for score in scores))
    return _PAGE.format(head=head, rows=rows, pictures=pictures)


def _row(score: Score, link: str, *, best: bool) -> str:
    chamfer = "" if score.chamfer_rel is None else f"{score.chamfer_rel:.5f}"
    name = f'<a href="{html.escape(link)}">{html.escape(score.name)}</a>'
    numbers = (f"{score.psnr:.2f}", f"{score.ssim:.4f}", f"{score.iou:.4f}", chamfer)
    cells = "".join(f"<td>{cell}</td>" for cell in (name, *numbers, f"{score.seconds:.0f}"))
    return f'<tr class="best">{cells}</tr>' if best else f"<tr>{cells}</tr>"


def _link(asset: Path, folder: Path) -> str:
    """The report of an asset as the page finds it, moved along with the job."""
    return (Path("..") / asset.relative_to(folder.parent) / "report.html").as_posix()


def _pictures(assets: Iterable[tuple[str, Path]]) -> Iterable[str]:
    """One held-out view, the first by name that all have: the truth, and what each found."""
    views = {name: {one.name: one for one in outcome.views(asset)} for name, asset in assets}
    shared = sorted(set.intersection(*(set(known) for known in views.values())))
    if not shared:
        return
    first: ViewResult = next(iter(views.values()))[shared[0]]
    yield _figure(first.truth, f"view {shared[0]}")
    for name, known in views.items():
        one = known[shared[0]]
        yield _figure(one.found, f"{name}: {one.psnr:.2f} dB")


def _figure(picture: Path, words: str) -> str:
    data = base64.b64encode(picture.read_bytes()).decode()
    shown = f'<img src="data:image/png;base64,{data}" alt="{html.escape(words)}">'
    return f"<figure>{shown}<figcaption>{html.escape(words)}</figcaption></figure>"
