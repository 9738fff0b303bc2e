"""`lightmould rig KIND`: where cameras stand, and what they see of a mesh."""

from dataclasses import replace
from math import radians
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from lightmould import rigs
from lightmould.cli.rig_flags import Asked, contents, scene
from lightmould.cli.rig_report import about, finish
from lightmould.errors import FormatError, SettingsError
from lightmould.formats import codec, points
from lightmould.model import CameraRig
from lightmould.model.arrays import Floats

app = App(name="rig", help="Place cameras, tell what they see of a mesh, add those that it wants.")


@app.command
def ring(*, asked: Asked, count: int = 24, elevation_deg: float = 0.0) -> int:
    """A circle around the target, as a turntable makes it.

    Args:
        asked: What every kind is asked.
        count: Cameras.
        elevation_deg: Of the cameras above the target's horizon.
    """
    at = scene(asked)
    height = radians(elevation_deg)
    return about(at, rigs.ring(at.target, at.distance, count, at.lens, height))


@app.command
def dome(
    *, asked: Asked, count: int = 48, elevations_deg: tuple[float, ...] = (0.0, 30.0, 60.0)
) -> int:
    """Rings one above the other, each with as many cameras as its length deserves.

    Args:
        asked: What every kind is asked.
        count: Cameras, of all rings together.
        elevations_deg: Of the rings.
    """
    at = scene(asked)
    heights = [radians(height) for height in elevations_deg]
    return about(at, rigs.dome(at.target, at.distance, count, at.lens, heights))


@app.command
def sphere(*, asked: Asked, count: int = 64) -> int:
    """Evenly all around the target: a Fibonacci sphere.

    Args:
        asked: What every kind is asked.
        count: Cameras.
    """
    at = scene(asked)
    return about(at, rigs.sphere(at.target, at.distance, count, at.lens))


@app.command
def hemisphere(*, asked: Asked, count: int = 48) -> int:
    """Evenly over the upper half of a sphere.

    Args:
        asked: What every kind is asked.
        count: Cameras.
    """
    at = scene(asked)
    return about(at, rigs.hemisphere(at.target, at.distance, count, at.lens))


@app.command
def spiral(
    *,
    asked: Asked,
    count: int = 64,
    turns: float = 4.0,
    elevations_deg: tuple[float, float] = (-45.0, 45.0),
) -> int:
    """A spiral that climbs a sphere, cameras evenly spaced along it.

    Args:
        asked: What every kind is asked.
        count: Cameras.
        turns: Around the target; negative ones go the other way.
        elevations_deg: Of the first and the last camera.
    """
    at = scene(asked)
    low, high = elevations_deg
    ends = radians(low), radians(high)
    return about(at, rigs.spiral(at.target, at.distance, count, at.lens, turns, ends))


@app.command
def random(
    *,
    asked: Asked,
    count: int = 64,
    distances: tuple[float, float] | None = None,
    elevations_deg: tuple[float, float] = (-90.0, 90.0),
    azimuths_deg: tuple[float, float] = (-180.0, 180.0),
    separation: float = 0.0,
) -> int:
    """Random places within limits.

    Args:
        asked: What every kind is asked.
        count: Cameras.
        distances: Least and greatest, metres; unset, all at --distance.
        elevations_deg: Lowest and highest above the target's horizon.
        azimuths_deg: First and last; 0 is the +Z side, 90 the +X side.
        separation: No two cameras are nearer than this, metres.
    """
    at = scene(asked)
    (low, high), (first, last) = elevations_deg, azimuths_deg
    limits = rigs.Limits(
        distances or (at.distance, at.distance),
        (radians(low), radians(high)),
        (radians(first), radians(last)),
        separation,
    )
    return about(at, rigs.scatter(at.target, limits, count, at.lens, at.rng))


@app.command
def path(
    curve: Path,
    *,
    asked: Asked,
    count: int = 64,
    closed: Annotated[bool, Parameter(negative="")] = False,
    ahead: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """Evenly along a smooth curve through points.

    Args:
        curve: The points: a line in an .obj, or rows of x y z.
        asked: What every kind is asked.
        count: Cameras.
        closed: Return to the first point.
        ahead: Look along the curve instead of at the target.
    """
    at = scene(asked)
    rounded = False
    if curve.suffix.lower() == ".obj":
        places, rounded = points.read_line(contents(curve), curve)
    else:
        places = _rows(curve, (3,))
    way = rigs.Curve(places, closed or rounded)
    target = None if ahead else at.target
    return finish(at, rigs.path(way, count, at.lens, target, asked.up), target)


@app.command(name="points")
def at_points(source: Path, *, asked: Asked) -> int:
    """At points.

    Args:
        source: Rows of x y z, which look at the target; of x y z and a direction; or of x y z and a
            quaternion x y z w, as Houdini's `orient`.
        asked: What every kind is asked.
    """
    at = scene(asked)
    rows = _rows(source, points.WIDTHS)
    places, turned = rows[:, :3], rows[:, 3:]
    if rows.shape[1] == 7:
        return finish(at, rigs.placed(places, turned, at.lens), None)
    ways = turned if rows.shape[1] == 6 else at.target - places
    return finish(at, rigs.aimed(places, ways, at.lens, asked.up), None)


@app.command
def around(model: Path, *, asked: Asked, count: int = 64) -> int:
    """All around a mesh at --distance from its surface, looking straight at it.

    Args:
        model: The mesh (.obj).
        asked: What every kind is asked.
        count: Cameras.
    """
    at = scene(replace(asked, mesh=model))
    if at.mesh is None or asked.mesh not in (None, model):
        raise SettingsError("--mesh", str(asked.mesh), str(model), "Name one model.")
    distance = asked.distance if asked.distance is not None else at.mesh.diagonal / 2
    rig = rigs.off_surface(at.mesh, distance, count, at.lens, at.rng, asked.up)
    return finish(at, rig, None)


@app.command(name="file")
def of_file(rig: Path, *, asked: Asked) -> int:
    """The cameras of a file, with their own lenses: to look at them, or to add some.

    Args:
        rig: What this command or another has written.
        asked: What every kind is asked.
    """
    at = scene(asked)
    return finish(at, codec.read(CameraRig, contents(rig), rig), None, clip=False)


def _rows(path: Path, widths: tuple[int, ...]) -> Floats:
    rows = points.read(contents(path), path)
    if rows.shape[1] not in widths:
        wanted = "rows of x y z"
        raise FormatError(path, f"rows of {rows.shape[1]} numbers", wanted, "Correct the file.")
    return rows
