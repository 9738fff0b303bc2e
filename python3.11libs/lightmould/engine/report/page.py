"""The whole page, in one file that needs no other and no network."""

import base64
import hashlib
from importlib import resources
from pathlib import Path
from string import Template

from lightmould.engine.report import sections, views
from lightmould.engine.report.contents import Report
from lightmould.engine.report.markup import Html, joined
from lightmould.formats.files import write_atomically


def write(folder: Path, report: Report) -> Path:
    """Write `report.html` into a folder.

    Every picture is copied into the page as it is, a third larger than its file.

    Args:
        folder: where to write; relative paths of pictures begin here too.
        report: what to tell.

    Returns:
        The page's path.

    Raises:
        FormatError: a picture is missing or neither PNG nor JPEG.
        JobError: the page can't be written.
    """
    path = folder / "report.html"
    # A file name may hold bytes that no Unicode text has; they become question marks.
    write_atomically(path, page(folder, report).encode(errors="replace"))
    return path


def page(folder: Path, report: Report) -> Html:
    """The page's HTML; pictures are read from `folder`."""
    style, script = _part("page.css"), _part("page.js")
    parts = (
        sections.scores(report.metrics),
        sections.warnings(report.warnings),
        views.compared(folder, report.views),
        sections.against_source(report.known),
        sections.film(folder, report.film),
        sections.textures(folder, report.textures),
        sections.curves(report.curves),
        sections.stages(report.stages, report.metrics.seconds),
        sections.before(report.before),
        sections.files(report.outputs),
        sections.settings(report),
    )
    return Html(
        Template(_part("page.html")).substitute(
            title=joined(report.title),
            known=joined(sections.known(report)),
            summary=joined(sections.summary(report.metrics)),
            sections=joined(*parts),
            style=style,
            script=script,
            style_hash=_hash(style),
            script_hash=_hash(script),
        )
    )


def _part(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    """What a content security policy calls an inline text by."""
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
