"""The cameras that a rig's parameters ask for, placed as `lightmould rig` places them.

Quick and in Houdini itself; what has to look at the model's faces, coverage, is the worker's.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import radians
from pathlib import Path

import hou
import numpy as np

from lightmould import rigs
from lightmould.errors import FormatError, SettingsError
from lightmould.formats import codec
from lightmould.formats import points as point_files
from lightmould.houdini import parameters as p
from lightmould.model import CameraRig, Mesh
from lightmould.model.arrays import Floats


@dataclass(frozen=True, slots=True)
class Place:
    """What cameras are placed about.

    Attributes:
        node: whose parameters ask.
        mesh: what they are for, in world space; None where nothing is chosen.
        lens: of all of them.
        rng: of everything that is random.
    """

    node: hou.OpNode
    mesh: Mesh | None
    lens: rigs.Lens
    rng: np.random.Generator

    @property
    def fitted(self) -> Mesh | None:
        """What target, distance and clipping planes are taken from."""
        return self.mesh if p.switched(self.node, "fit") else None

    @property
    def target(self) -> Floats:
        """What the cameras look at, metres."""
        if self.fitted is not None:
            return np.asarray(np.mean(self.fitted.bounds, axis=0))
        return np.zeros(3) if p.switched(self.node, "fit") else self.vector("target")

    @property
    def distance(self) -> float:
        """From the target, or for `around` from the surface, metres."""
        if self.fitted is None:
            return p.number(self.node, "distance")
        if p.text(self.node, "kind") == "around":
            return self.fitted.diagonal / 2
        radius = float(np.linalg.norm(self.fitted.positions - self.target, axis=1).max())
        return rigs.framing(radius, self.lens.narrow_fov)

    @property
    def count(self) -> int:
        """How many cameras."""
        return p.whole(self.node, "count")

    def vector(self, name: str) -> Floats:
        """(3,) a vector."""
        return np.array(p.numbers(self.node, name))

    def angles(self, name: str) -> tuple[float, float]:
        """A span of degrees, in radians."""
        low, high = p.pair(self.node, name)
        return radians(low), radians(high)

    def file(self, name: str) -> tuple[bytes, Path]:
        """The bytes of a file, and where they are from.

        Raises:
            FormatError: none is named, or it can't be read.
        """
        path = p.path(self.node, name)
        if path is None:
            where, fix = f"{self.node.path()}/{name}", "Choose one."
            raise FormatError(where, "no file", f"a file of {name}", fix)
        try:
            return path.read_bytes(), path
        except OSError as error:
            found = error.strerror or str(error)
            raise FormatError(path, found, "a readable file", "Correct the path.") from error


def place(node: hou.OpNode, mesh: Mesh | None) -> CameraRig:
    """The cameras, jittered, clipped and split as asked.

    Args:
        node: has a rig's parameters.
        mesh: what the cameras are for, world space; `around` and fitting need it.

    Raises:
        SettingsError: what is asked can't be.
        FormatError: a file can't be read.
    """
    at = Place(node, mesh, lens(node), np.random.default_rng(p.whole(node, "seed")))
    kind = p.text(node, "kind")
    rig = _KINDS[kind](at)
    aimed = kind not in ("around", "points", "file")
    if aimed and kind != "path":
        rig = rigs.upright(rig, at.target, at.vector("up_direction"))
    ahead = kind == "path" and p.switched(node, "ahead")
    rig = rigs.jittered(rig, _jitter(node), at.rng, at.target if aimed and not ahead else None)
    if at.fitted is not None and kind != "file":
        rig = rigs.enclosing(rig, at.fitted.positions)
    val, test = p.whole(node, "val"), p.whole(node, "test")
    return rigs.split(rig, val, test) if val or test else rig


def lens(node: hou.OpNode) -> rigs.Lens:
    """What a rig's cameras look through.

    Raises:
        SettingsError: no lens is like that.
    """
    width, height = p.pair(node, "size")
    size = int(width), int(height)
    if p.text(node, "lens") == "focal":
        found = rigs.Lens.of_film(size, p.number(node, "focal_mm"), p.number(node, "aperture_mm"))
    else:
        found = rigs.Lens(size, radians(p.number(node, "fov_deg")))
    return rigs.Lens(size, found.fov, p.number(node, "near"), p.number(node, "far"))


def _jitter(node: hou.OpNode) -> rigs.Jitter:
    aim, roll = p.number(node, "jitter_aim_deg"), p.number(node, "jitter_roll_deg")
    return rigs.Jitter(p.number(node, "jitter"), radians(aim), radians(roll))


def _ring(at: Place) -> CameraRig:
    height = radians(p.number(at.node, "elevation_deg"))
    return rigs.ring(at.target, at.distance, at.count, at.lens, height)


def _dome(at: Place) -> CameraRig:
    said = p.text(at.node, "ring_elevations_deg")
    try:
        heights = [radians(float(word)) for word in said.split()]
    except ValueError:
        where, wanted = f"{at.node.path()}/ring_elevations_deg", "degrees with blanks between"
        raise SettingsError(where, repr(said), wanted, "Write 0 30 60.") from None
    return rigs.dome(at.target, at.distance, at.count, at.lens, heights)


def _spiral(at: Place) -> CameraRig:
    turns, heights = p.number(at.node, "turns"), at.angles("elevations_deg")
    return rigs.spiral(at.target, at.distance, at.count, at.lens, turns, heights)


def _random(at: Place) -> CameraRig:
    between = p.pair(at.node, "distances")
    if at.fitted is not None:
        between = (at.distance, at.distance)
    limits = rigs.Limits(
        between,
        at.angles("elevations_deg"),
        at.angles("azimuths_deg"),
        p.number(at.node, "separation"),
    )
    return rigs.scatter(at.target, limits, at.count, at.lens, at.rng)


def _around(at: Place) -> CameraRig:
    if at.mesh is None:
        fix = "Choose the object that the cameras are for."
        raise SettingsError(at.node.path(), "no model", "one to stand around", fix)
    up = at.vector("up_direction")
    return rigs.off_surface(at.mesh, at.distance, at.count, at.lens, at.rng, up)


def _path(at: Place) -> CameraRig:
    data, source = at.file("curve")
    rounded = False
    if source.suffix.lower() == ".obj":
        places, rounded = point_files.read_line(data, source)
    else:
        places = point_files.read(data, source)[:, :3]
    way = rigs.Curve(places, p.switched(at.node, "closed") or rounded)
    target = None if p.switched(at.node, "ahead") else at.target
    return rigs.path(way, at.count, at.lens, target, at.vector("up_direction"))


def _points(at: Place) -> CameraRig:
    rows = point_files.read(*at.file("points"))
    places, turned = rows[:, :3], rows[:, 3:]
    if rows.shape[1] == 7:
        return rigs.placed(places, turned, at.lens)
    ways = turned if rows.shape[1] == 6 else at.target - places
    return rigs.aimed(places, ways, at.lens, at.vector("up_direction"))


def _file(at: Place) -> CameraRig:
    data, source = at.file("rig")
    return codec.read(CameraRig, data, source)


_KINDS: dict[str, Callable[[Place], CameraRig]] = {
    "sphere": lambda at: rigs.sphere(at.target, at.distance, at.count, at.lens),
    "hemisphere": lambda at: rigs.hemisphere(at.target, at.distance, at.count, at.lens),
    "ring": _ring,
    "dome": _dome,
    "spiral": _spiral,
    "random": _random,
    "around": _around,
    "path": _path,
    "points": _points,
    "file": _file,
}
