"""`lightmould check`: what is wrong with a dataset, and what is odd."""

import sys
from collections.abc import Iterator
from math import degrees
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from lightmould.cli import terminal
from lightmould.dataset import contact_sheet, images
from lightmould.dataset.inspection import Report, inspect
from lightmould.dataset.opening import open_views
from lightmould.errors import DatasetError, SettingsError
from lightmould.formats import codec


def check(
    dataset: Path,
    *,
    preview: Path | None = None,
    views: int = contact_sheet.ROWS,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """Look at a dataset: broken files, masks, sharpness, exposure, poses, sides that are not seen.

    Ends with 5 where something is wrong, with 0 where something is but odd.

    Args:
        dataset: The dataset's folder, or a packed dataset's .json or .npz.
        preview: A picture (.png) to draw some views into, passes side by side.
        views: How many of them, evenly from the first to the last.
        json: Print the report as JSON.
    """
    if views < 1:
        raise SettingsError("--views", f"{views}", "at least 1", "Ask for more.")
    found = open_views(dataset)
    with terminal.bar("check", quiet=json) as told:
        report = inspect(found, told)
    sys.stdout.write(codec.write(report) if json else "".join(_lines(report)))
    if preview is not None:
        rows = contact_sheet.rows(found, views)
        images.write_png(preview, contact_sheet.draw(found, rows))
        if not json:
            passes = ", ".join(contact_sheet.columns(found, rows))
            sys.stdout.write(f"preview    {preview}: {passes} of {len(rows)} views\n")
    return DatasetError.exit_code if report.wrong else 0


def _lines(report: Report) -> Iterator[str]:
    counts = f"{report.val} to validate with, {report.test} to score with"
    yield f"views      {report.train} to learn from, {counts}\n"
    yield f"directions {degrees(report.gap):.0f} degrees to the nearest camera at most\n"
    if report.overlap is not None:
        yield f"poses      masks and their hull overlap by {report.overlap:.3f} in the median\n"
    for finding in report.findings:
        yield f"{'WRONG' if finding.wrong else 'odd':10} {finding.kind}: {finding.said}\n"
