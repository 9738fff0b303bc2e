"""What a camera rig is asked, in the words of `lightmould rig`; for the object and the TOP."""

from lightmould.formats.hda.dialog import Folder, Parm
from lightmould.houdini.rig_kinds import AIMED, AT_A_DISTANCE, COUNTED
from otls import parameters as p
from otls.parameters import only_if

KINDS = (
    ("sphere", "Sphere: evenly all around"),
    ("hemisphere", "Hemisphere: the upper half of it"),
    ("ring", "Ring: a turntable"),
    ("dome", "Dome: rings one above the other"),
    ("spiral", "Spiral: a climb around the target"),
    ("random", "Random: anywhere within limits"),
    ("around", "Around: off the surface of a model"),
    ("path", "Path: along a curve"),
    ("points", "Points: where a file says"),
    ("file", "File: the cameras of a rig"),
)


def parms() -> tuple[Parm | Folder, ...]:
    """Where cameras stand, what they look through, what varies, what is held out and covered."""
    return _cameras(), _lens(), _variation(), _purpose()


def _cameras() -> Folder:
    fits = p.toggle(
        "fit",
        "Fit to Model",
        default=True,
        text="Take target, distance and clipping planes from the model. Without one, cameras look "
        "at the origin.",
    )
    target = p.vector(
        "target", "Target", (0, 0, 0), "What the cameras look at, metres. Unused while fitted."
    )
    distance = p.number(
        "distance",
        "Distance",
        3,
        "0.001! 100",
        "Of the cameras from the target, or from the surface they stand around, metres. Unused "
        "while fitted.",
    )
    up = p.vector("up_direction", "Up", (0, 1, 0), "The direction that points up in the pictures.")
    return p.box(
        "cameras",
        "Cameras",
        p.choice("kind", "Kind", KINDS, "How the cameras are placed."),
        only_if(p.integer("count", "Count", 64, "1! 200", "Cameras."), "kind", *COUNTED),
        fits,
        only_if(target, "kind", *AIMED),
        only_if(distance, "kind", *AT_A_DISTANCE),
        up,
        *_of_kinds(),
    )


def _of_kinds() -> tuple[Parm, ...]:
    elevation = p.number(
        "elevation_deg",
        "Elevation",
        0,
        "-90! 90!",
        "Of the ring's cameras above the target's horizon, degrees.",
    )
    elevations = p.string(
        "ring_elevations_deg", "Elevations", "0 30 60", "Of the dome's rings, degrees, with blanks."
    )
    heights = p.span(
        "elevations_deg",
        "Elevations",
        (-45, 45),
        "-90! 90!",
        "Of the spiral's first and last camera, or the lowest and highest random one, degrees.",
    )
    azimuths = p.span(
        "azimuths_deg",
        "Azimuths",
        (-180, 180),
        "-180! 180!",
        "First and last of random cameras, degrees; 0 is the +Z side, 90 the +X side.",
    )
    distances = p.span(
        "distances",
        "Distances",
        (3, 3),
        "0.001! 100",
        "Least and greatest of random cameras from the target, metres. Unused while fitted.",
    )
    separation = p.number(
        "separation",
        "Separation",
        0,
        "0! 10",
        "No two random cameras are nearer to each other than this, metres.",
    )
    turns = p.number(
        "turns", "Turns", 4, "-20 20", "Around the target; negative ones go the other way."
    )
    curve = p.file(
        "curve",
        "Curve",
        "",
        "*.obj *.txt *.csv",
        "Points of the path: a line in an OBJ, or rows of x y z.",
    )
    closed = p.toggle("closed", "Closed", default=False, text="Return to the curve's first point.")
    ahead = p.toggle(
        "ahead",
        "Look Ahead",
        default=False,
        text="Look along the curve instead of at the target.",
    )
    points = p.file(
        "points",
        "Points",
        "",
        "*.txt *.csv *.xyz",
        "Rows of x y z, which look at the target; of x y z and a direction; or of x y z and a "
        "quaternion x y z w.",
    )
    rig = p.file("rig", "Rig", "", "*.json", "Cameras that `lightmould rig` or a TOP has written.")
    return (
        only_if(elevation, "kind", "ring"),
        only_if(elevations, "kind", "dome"),
        only_if(heights, "kind", "spiral", "random"),
        only_if(azimuths, "kind", "random"),
        only_if(distances, "kind", "random"),
        only_if(separation, "kind", "random"),
        only_if(turns, "kind", "spiral"),
        only_if(curve, "kind", "path"),
        only_if(closed, "kind", "path"),
        only_if(ahead, "kind", "path"),
        only_if(points, "kind", "points"),
        only_if(rig, "kind", "file"),
    )


def _lens() -> Folder:
    ways = (("fov", "Field of View"), ("focal", "Focal Length"))
    fov = p.number("fov_deg", "Field of View", 40, "1! 140!", "Of the pictures' width, degrees.")
    focal = p.number("focal_mm", "Focal Length", 50, "1! 300", "Of the lens, millimetres.")
    aperture = p.number(
        "aperture_mm",
        "Aperture",
        36,
        "1! 100",
        "Width of the film or sensor that the focal length is for, millimetres.",
    )
    near = p.number(
        "near",
        "Near",
        0.01,
        "0.0001! 10",
        "Nearer than this nothing is drawn, metres. Unused while fitted.",
    )
    far = p.number(
        "far",
        "Far",
        1000,
        "0.01! 10000",
        "Farther than this nothing is drawn, metres. Unused while fitted.",
    )
    return p.box(
        "lens",
        "Lens",
        p.size("size", "Size", (512, 512), "16! 8192!", "Width and height of pictures, pixels."),
        p.choice("lens", "Lens", ways, "How the lens is told."),
        only_if(fov, "lens", "fov"),
        only_if(focal, "lens", "focal"),
        only_if(aperture, "lens", "focal"),
        near,
        far,
    )


def _variation() -> Folder:
    return p.closed_box(
        "variation",
        "Variation",
        p.integer("seed", "Seed", 0, "0! 100", "Of everything that is random."),
        p.number(
            "jitter",
            "Jitter",
            0,
            "0! 1",
            "How far a camera may be from its exact place, metres.",
        ),
        p.number(
            "jitter_aim_deg",
            "Aim Jitter",
            0,
            "0! 45!",
            "How far a camera may look past its target, degrees.",
        ),
        p.number(
            "jitter_roll_deg",
            "Roll Jitter",
            0,
            "0! 180!",
            "How far a camera may be turned about its axis, either way, degrees.",
        ),
    )


def _purpose() -> Folder:
    return p.closed_box(
        "purpose",
        "Held Out and Covered",
        p.integer(
            "test",
            "Test Cameras",
            8,
            "0! 100",
            "Cameras held out to score with, spread among the others.",
        ),
        p.integer(
            "val",
            "Validation Cameras",
            0,
            "0! 100",
            "Cameras held out to validate with, spread among the others.",
        ),
        p.integer(
            "cover",
            "Cover",
            0,
            "0! 10",
            "Add cameras until every face of the model is seen by so many; 0 adds none.",
        ),
        p.number(
            "angle_deg",
            "Angle",
            75,
            "1! 90!",
            "A view of a face counts up to this angle from its normal, degrees.",
        ),
    )
