"""What `lightmould rig` does to the cameras of every kind, and what it says about them."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from math import degrees, radians
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from lightmould import rigs
from lightmould.cli.rig_flags import Scene
from lightmould.dataset import images
from lightmould.errors import SettingsError
from lightmould.formats import codec
from lightmould.formats import coverage as coverage_file
from lightmould.formats.files import write_atomically
from lightmould.model import CameraRig, Mesh
from lightmould.model.arrays import Floats
from lightmould.model.coverage import Summary

if TYPE_CHECKING:
    from lightmould.coverage import Completed

_NAMED = 3  # faces that are wanting, of those that people are told with their places


@dataclass(frozen=True, slots=True)
class Wanting:
    """A face that is not seen well enough.

    Attributes:
        face: its index.
        middle: metres.
        missing: views that it still wants.
    """

    face: int
    middle: tuple[float, float, float]
    missing: int


@dataclass(frozen=True, slots=True)
class Cover:
    """What `--cover` came to.

    Attributes:
        added: cameras.
        tried: places for them.
        wanting: how many faces are still not seen well enough.
        wanting_share: of the whole area, 0 to 1.
        faces: all of them, the largest first.
    """

    added: int
    tried: int
    wanting: int
    wanting_share: float
    faces: tuple[Wanting, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """What was written and what it is worth.

    Attributes:
        rig: the file.
        train: cameras to learn from.
        val: cameras to validate with.
        test: cameras to score with.
        cover: what `--cover` came to.
        coverage: how well the cameras to learn from see the mesh.
    """

    rig: Path
    train: int
    val: int
    test: int
    cover: Cover | None = None
    coverage: Summary | None = None


def about(at: Scene, rig: CameraRig) -> int:
    """Finish a rig that was made around its target with +Y up."""
    return finish(at, rigs.upright(rig, at.target, at.asked.up), at.target)


def finish(at: Scene, rig: CameraRig, target: Floats | None, *, clip: bool = True) -> int:
    """Jitter, clip, split and complete a rig, write it, and tell what it is worth.

    Args:
        at: what it is for.
        rig: as its kind has it.
        target: what jittered cameras go on looking at; None lets them look where they did.
        clip: whether clipping planes that no flag gives are made to enclose the mesh.

    Returns:
        The exit code.
    """
    asked = at.asked
    rig = rigs.jittered(rig, asked.wobble, at.rng, target)
    if clip and at.mesh is not None and (asked.near, asked.far) == (None, None):
        rig = rigs.enclosing(rig, at.mesh.positions)
    if asked.val or asked.test:
        rig = rigs.split(rig, asked.val, asked.test)
    cover = summary = None
    if at.mesh is not None:
        rig, cover, summary = _looked(at, rig, at.mesh)
    write_atomically(asked.out, codec.write(rig))
    report = Report(asked.out, len(rig.train), len(rig.val), len(rig.test), cover, summary)
    told = codec.write(report) if asked.json else "\n".join([*_lines(at, report), ""])
    sys.stdout.write(told)
    return 0


def _looked(at: Scene, rig: CameraRig, mesh: Mesh) -> tuple[CameraRig, Cover | None, Summary]:
    """The rig, completed if that was asked, and what its cameras see."""
    # Seconds of numba that rigs without a mesh do without.
    from lightmould import coverage  # noqa: PLC0415

    asked, cover = at.asked, None
    if asked.cover:
        goal = coverage.Goal(asked.cover, radians(asked.angle_deg))
        done = coverage.complete(mesh, rig, goal, at.lens, asked.up)
        rig = done.rig
        cover = _cover(mesh, done)
    train = set(rig.train)
    seen = coverage.measure(mesh, [camera for camera in rig.cameras if camera.name in train])
    summary = seen.summary()
    if not summary.faces:
        raise SettingsError("--mesh", "no face with an area", "a surface", "Check the mesh.")
    if asked.coverage is not None:
        write_atomically(asked.coverage, coverage_file.write(seen))
    if asked.preview is not None:
        images.write_png(asked.preview, coverage.preview(mesh, seen))
    return rig, cover, summary


def _cover(mesh: Mesh, done: "Completed") -> Cover:
    """What is told of a completion."""
    corners = mesh.positions[mesh.faces]
    areas = np.linalg.norm(
        np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1
    )
    # The largest first: they are what one sees.
    order = np.argsort(-areas[done.wanting], kind="stable")
    faces = [
        Wanting(int(face), tuple(corners[face].mean(axis=0).tolist()), int(missing))
        for face, missing in zip(done.wanting[order], done.missing[order], strict=True)
    ]
    share = float(areas[done.wanting].sum() / max(areas.sum(), 1e-300))
    return Cover(done.added, done.tried, len(done.wanting), share, tuple(faces))


def _lines(at: Scene, report: Report) -> Iterator[str]:
    """The report for people."""
    held_out = f", {report.val} to validate with, {report.test} to score with"
    kept = f"{report.train} cameras to learn from"
    yield f"rig       {report.rig}: {kept}{held_out if report.val + report.test else ''}"
    if report.coverage is not None:
        yield from _seen(report.coverage)
    if report.cover is not None:
        yield from _covered(at, report.cover)


def _seen(found: Summary) -> Iterator[str]:
    yield f"views     {found.views_min} a face at least, {found.views_median:g} in the median"
    yield f"unseen    {found.unseen} of {found.faces} faces, {found.unseen_share:.2%} of the area"
    if found.incidence_worst is not None and found.incidence_median is not None:
        worst, middle = degrees(found.incidence_worst), degrees(found.incidence_median)
        yield f"incidence {worst:.1f} degrees at worst, {middle:.1f} in the median"
        yield (
            f"density   {found.density_min:.4g} pixels per metre at least, "
            f"{found.density_median:.4g} in the median"
        )


def _covered(at: Scene, cover: Cover) -> Iterator[str]:
    wanted = f"{at.asked.cover} times within {at.asked.angle_deg:g} degrees"
    added = f"{cover.added} cameras added, {cover.tried} places tried"
    if not cover.wanting:
        yield f"cover     {added}; every face is seen {wanted}"
        return
    faces = f"{cover.wanting} faces ({cover.wanting_share:.2%} of the area)"
    yield f"cover     {added}; {faces} can't be seen {wanted} from any of them"
    for one in cover.faces[:_NAMED]:
        x, y, z = one.middle
        yield f"          face {one.face} at {x:.4g} {y:.4g} {z:.4g} wants {one.missing} more"
    if cover.wanting > _NAMED:
        yield f"          and {cover.wanting - _NAMED} more; --json names them all"
