"""What every kind of `lightmould rig` is asked by the same flags."""

from dataclasses import dataclass
from math import radians
from pathlib import Path
from typing import Annotated, TypeAlias

import numpy as np
from cyclopts import Parameter

from lightmould.errors import FormatError, SettingsError
from lightmould.formats import obj
from lightmould.model import Mesh
from lightmould.model.arrays import Floats
from lightmould.rigs import Jitter, Lens, framing

Place: TypeAlias = tuple[float, float, float]


@Parameter(name="*", negative_iterable=())
@dataclass(frozen=True)
class Asked:
    """What every kind of rig is asked."""

    out: Path
    """File for the rig."""

    mesh: Path | None = None
    """Model (.obj) that the cameras are for: target, distance and clipping planes are taken from it
    where no flag says otherwise, and how well it is seen is told."""

    target: Place | None = None
    """What the cameras look at, metres; the middle of the mesh, else the origin."""

    distance: float | None = None
    """Of the cameras from the target, metres; unset, the mesh fills their pictures."""

    up: Place = (0.0, 1.0, 0.0)
    """The direction that points up in the pictures."""

    size: tuple[int, int] = (512, 512)
    """Width and height, pixels."""

    fov_deg: float = 40.0
    """Horizontal field of view."""

    focal_mm: float | None = None
    """Focal length; beats --fov-deg."""

    aperture_mm: float = 36.0
    """Width of the film or sensor that --focal-mm is for."""

    near: float | None = None
    """Nearer than this nothing is drawn, metres."""

    far: float | None = None
    """Farther than this nothing is drawn, metres."""

    seed: int = 0
    """Of everything that is random."""

    jitter: float = 0.0
    """How far a camera may be from its exact place, metres."""

    jitter_aim_deg: float = 0.0
    """How far a camera may look past its target."""

    jitter_roll_deg: float = 0.0
    """How far a camera may be turned about its axis, either way."""

    val: int = 0
    """Cameras held out to validate with, spread among the others."""

    test: int = 0
    """Cameras held out to score with, spread among the others."""

    cover: int = 0
    """Add cameras until every face of the mesh is seen by so many; 0 adds none."""

    angle_deg: float = 75.0
    """For --cover a view of a face counts up to this angle from its normal."""

    coverage: Path | None = None
    """File (.npz) for how well each face is seen."""

    preview: Path | None = None
    """File (.png) for a heat map of the mesh: how many cameras see what."""

    json: Annotated[bool, Parameter(negative="")] = False
    """Print JSON."""

    @property
    def lens(self) -> Lens:
        """Of all cameras.

        Raises:
            SettingsError: by name, what no lens can be.
        """
        if self.focal_mm is not None:
            lens = Lens.of_film(self.size, self.focal_mm, self.aperture_mm)
        else:
            lens = Lens(self.size, radians(self.fov_deg))
        near = lens.near if self.near is None else self.near
        far = lens.far if self.far is None else self.far
        return Lens(lens.size, lens.fov, near, far)

    @property
    def wobble(self) -> Jitter:
        """How far cameras may be off."""
        return Jitter(self.jitter, radians(self.jitter_aim_deg), radians(self.jitter_roll_deg))


@dataclass(frozen=True, slots=True)
class Scene:
    """What a rig is made from.

    Attributes:
        mesh: what the cameras are for, if anything.
        target: (3,) what they look at, metres.
        lens: of all cameras.
        rng: of everything that is random.
    """

    mesh: Mesh | None
    target: Floats
    lens: Lens
    rng: np.random.Generator
    asked: Asked

    @property
    def distance(self) -> float:
        """From the target, metres.

        Raises:
            SettingsError: there is neither a flag nor a mesh that tells.
        """
        if self.asked.distance is not None:
            if not 0 < self.asked.distance < np.inf:
                found, fix = f"{self.asked.distance}", "Correct it."
                raise SettingsError("--distance", found, "metres above 0", fix)
            return self.asked.distance
        if self.mesh is None:
            fix = "Give it, or --mesh, which it is taken from."
            raise SettingsError("--distance", "nothing", "metres", fix)
        radius = float(np.linalg.norm(self.mesh.positions - self.target, axis=1).max())
        return framing(radius, self.lens.narrow_fov)


def scene(asked: Asked) -> Scene:
    """What the flags name, read and checked.

    Raises:
        FormatError: the mesh is not an OBJ file.
        SettingsError: by name, what can't be.
    """
    for flag in ("cover", "coverage", "preview"):
        if getattr(asked, flag) and asked.mesh is None:
            raise SettingsError(f"--{flag}", "no --mesh", "one to look at", "Name the model.")
    if asked.seed < 0:
        raise SettingsError("--seed", f"{asked.seed}", "0 or more", "Choose another.")
    mesh = None if asked.mesh is None else obj.read(contents(asked.mesh), asked.mesh).mesh
    middle = np.zeros(3) if mesh is None else np.mean(mesh.bounds, axis=0)
    target = middle if asked.target is None else np.array(asked.target)
    return Scene(mesh, target, asked.lens, np.random.default_rng(asked.seed), asked)


def contents(path: Path) -> bytes:
    """A file's bytes.

    Raises:
        FormatError: it can't be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        found = error.strerror or str(error)
        raise FormatError(path, found, "a file that can be read", "Correct the path.") from error
