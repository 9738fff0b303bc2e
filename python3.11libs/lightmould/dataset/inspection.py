"""A look at a whole dataset before anything is learned from it: what is wrong, and what is odd.

Wrong is what no reconstruction can do anything sensible with; odd is what a person should look at.
Every file is decoded, and compared with its hash.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from lightmould.dataset import inspection_pictures, inspection_poses
from lightmould.dataset.consistency import Contradiction
from lightmould.dataset.finding import Finding, odd, wrong
from lightmould.dataset.look import Look, look
from lightmould.dataset.packed import PackedViews
from lightmould.dataset.views import FolderViews
from lightmould.errors import DatasetError, FormatError
from lightmould.formats.files import file_hash
from lightmould.model import Dataset, Progress

FEW = 20
"""Views to learn from, below which hollows and thin parts are mostly guessed."""


@dataclass(frozen=True, slots=True)
class Report:
    """What was found.

    Attributes:
        train: views to learn from.
        val: views to validate with.
        test: views to score with.
        gap: radians; the largest angle, seen from the object, between a direction and the nearest
            camera to learn from.
        overlap: median intersection over union of the masks and their common hull; None where there
            are too few.
        findings: wrong ones first.
    """

    train: int
    val: int
    test: int
    gap: float
    overlap: float | None
    findings: tuple[Finding, ...]

    @property
    def wrong(self) -> bool:
        """Whether any finding is."""
        return any(finding.wrong for finding in self.findings)


def inspect(views: FolderViews | PackedViews, told: Callable[[Progress], None]) -> Report:
    """Look at every view of a dataset and at all of them together.

    Args:
        views: the dataset's.
        told: hears how far it is.
    """
    dataset, looks = views.dataset, list[Look]()
    findings = [*_altered(views), *_counted(dataset), *_named(dataset), *_same_poses(dataset)]
    total = len(dataset.views)
    for index, view in enumerate(dataset.views):
        told(Progress(index / total, f"view {index + 1} of {total}"))
        try:
            looks.append(look(views, index))
        except (FormatError, DatasetError) as error:
            findings.append(wrong("broken", str(error), [view.camera.name]))
    told(Progress(1.0, "masks and poses"))
    findings += _contradicted(looks)
    findings += inspection_pictures.compared(looks)
    seen = [one for one in looks if one.covered > 0]
    told_by_masks = inspection_poses.told_by_masks(seen, upright=dataset.up_axis == "y")
    findings += told_by_masks.findings
    learned = [one.camera for one in dataset.of("train") or dataset.views]
    gap, direction = inspection_poses.gap(learned)
    findings += inspection_poses.unseen(gap, direction)
    counts = Counter(view.split for view in dataset.views)
    return Report(
        train=counts["train"],
        val=counts["val"],
        test=counts["test"],
        gap=gap,
        overlap=told_by_masks.overlap,
        findings=tuple(sorted(findings, key=lambda one: not one.wrong)),
    )


def _contradicted(looks: Sequence[Look]) -> Iterator[Finding]:
    """What views say twice and differently: a finding for a mistake, the first view's numbers."""
    found: dict[tuple[str, str], tuple[Contradiction, list[str]]] = {}
    for one in looks:
        for said in one.contradictions:
            found.setdefault((said.kind, said.found), (said, []))[1].append(one.name)
    for said, names in found.values():
        yield wrong(said.kind, str(said), names)


def _altered(views: FolderViews | PackedViews) -> Iterator[Finding]:
    """Files that are not those that the manifest or the index describes."""
    if isinstance(views, PackedViews):
        try:
            views.verify()
        except DatasetError as error:
            yield wrong("broken", str(error))
        return
    dataset = views.dataset
    for name, wanted in dataset.hashes.items():
        path = dataset.folder / name
        # What is missing is told when it is opened.
        if path.is_file() and file_hash(path) != wanted:
            said = f"{path}: found another file than the manifest describes; wanted that one. "
            yield wrong("broken", said + "Run the job that makes it again.")


def _counted(dataset: Dataset) -> Iterator[Finding]:
    count, few = len(dataset.of("train")), inspection_poses.FEWEST
    if count < FEW:
        said = f"{count} views to learn from; wanted {few}, better {FEW} and more. Add views."
        yield wrong("count", said) if count < few else odd("count", said)
    if not dataset.of("test"):
        yield odd("count", "no views to score with. Hold some out.")


def _named(dataset: Dataset) -> Iterator[Finding]:
    """Views of one name, and numbers that are left out of a row of numbered names."""
    counts = Counter(view.camera.name for view in dataset.views)
    twice = sorted(name for name, count in counts.items() if count > 1)
    if twice:
        yield wrong("duplicate", "more than one view of that name. Rename them.", twice)
    rows: dict[tuple[str, int], set[int]] = defaultdict(set)
    for name in counts:
        match = re.fullmatch(r"(.*?)(\d{1,9})", name)
        if match:
            rows[match[1], len(match[2])].add(int(match[2]))
    for (prefix, digits), numbers in rows.items():
        gone = sorted({*range(min(numbers), max(numbers))} - numbers)
        # Where many are left out, somebody chose.
        if gone and len(gone) * 10 <= len(numbers):
            names = [f"{prefix}{number:0{digits}d}" for number in gone]
            yield odd("missing", "no such view, though there are views before and after.", names)


def _same_poses(dataset: Dataset) -> Iterator[Finding]:
    poses: dict[bytes, list[str]] = defaultdict(list)
    for view in dataset.views:
        near = np.round(view.camera.world_from_camera, 6) + 0.0  # -0 becomes 0
        poses[near.tobytes()].append(view.camera.name)
    for names in poses.values():
        if len(names) > 1:
            yield odd("duplicate", "the same pose. Remove all but one, or correct them.", names)
