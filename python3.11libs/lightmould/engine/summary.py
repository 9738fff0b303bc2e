"""The files that tell how a reconstruction went: metrics.json, texture previews, report.html."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lightmould.dataset import images
from lightmould.engine import preview, report
from lightmould.engine.checkpoint import Arrays
from lightmould.engine.export import PROBE_ROWS, Textures
from lightmould.engine.journal import Journal
from lightmould.engine.judge import Judgment
from lightmould.engine.measure.material import MaterialErrors
from lightmould.engine.measure.shape import ShapeDistance
from lightmould.engine.texturing import light as lights
from lightmould.errors import LightmouldError
from lightmould.formats import codec, outcome
from lightmould.formats.color import srgb_from_linear
from lightmould.formats.files import write_atomically
from lightmould.jobs import story
from lightmould.settings.reconstruction import Reconstruction


@dataclass(frozen=True, slots=True)
class Told:
    """What a reconstruction said while it ran.

    Attributes:
        journal: the curves.
        warnings: in order.
    """

    journal: Journal
    warnings: tuple[str, ...] = ()


def write(
    out: Path,
    judgment: Judgment,
    arrays: Arrays,
    textures: Textures,
    told: Told,
    how: Reconstruction,
) -> tuple[Path, ...]:
    """Write metrics.json, views.json, the pictures of the report, and last report.html.

    Args:
        out: the asset's folder.
        judgment: scores and previews, already on disk.
        arrays: of the last stage.
        textures: as they were exported.
        told: curves and warnings.
        how: settings.
    """
    numbers = out / "metrics.json"
    write_atomically(numbers, codec.write(judgment.metrics))
    views = outcome.write(out, judgment.views)
    probe = lights.probe(arrays["light"], PROBE_ROWS)
    shown = texture_previews(out / "previews", textures, probe)
    plan, losses = told.journal.plan, told.journal.curves()
    film = preview.drawn(out / "previews", plan)
    curves = tuple(
        report.Curve(f"{stage.title}: loss", tuple(points), tuple(points.values()))
        for stage in plan
        if (points := losses.get(stage.name))
    )
    seconds = [(stage, s) for stage, s in zip(plan, arrays["seconds"], strict=True) if s]
    page = report.write(
        out,
        report.Report(
            title="Reconstruction",
            metrics=judgment.metrics,
            settings=_settings(how),
            warnings=told.warnings,
            curves=(*_preview_curve(losses.get(preview.CURVE, {})), *curves),
            views=judgment.views,
            film=film,
            textures=shown,
            known=facts(judgment),
            stages=tuple(report.Timing(stage.title, float(s)) for stage, s in seconds),
            outputs=outputs(out),
            before=before(out),
        ),
    )
    return (numbers, views, *(path for _, path in (*film, *shown)), page)


def _preview_curve(scores: dict[int, float]) -> tuple[report.Curve, ...]:
    """How the one view that is drawn after every stage came out."""
    if not scores:
        return ()
    return (report.Curve("Held-out view: PSNR", tuple(scores), tuple(scores.values()), "dB"),)


def facts(judgment: Judgment) -> tuple[report.Fact, ...]:
    """What only a known source tells."""
    return (*_known(judgment.distance), *_materials(judgment.materials))


def outputs(out: Path) -> tuple[report.Output, ...]:
    """The files that an asset is made of."""
    files = sorted(path for path in (out / "mesh").glob("*") if path.is_file())
    return tuple(
        report.Output(path.relative_to(out).as_posix(), path.stat().st_size) for path in files
    )


def before(out: Path) -> tuple[report.Timing, ...]:
    """What the job around an asset's folder did before; nothing where there is no job around it."""
    try:
        told = story.Teller(out.parent).tell()
    except (LightmouldError, OSError):
        return ()
    steps = () if told is None else told.steps
    return tuple(
        report.Timing(step.name, step.ended - step.began)
        for step in steps
        if step.state == "finished"
    )


def _known(distance: ShapeDistance | None) -> tuple[report.Fact, ...]:
    if distance is None:
        return ()
    return (
        report.Fact(
            "Found to true surface",
            distance.found_to_truth,
            "source units",
            "Mean distance from the reconstruction to the source: what is too much.",
        ),
        report.Fact(
            "True to found surface",
            distance.truth_to_found,
            "source units",
            "Mean distance from the source to the reconstruction: what is missing.",
        ),
        report.Fact(
            "99th percentile",
            distance.percentile_99,
            "source units",
            "99 of 100 points of both surfaces lie nearer to the other than this.",
        ),
    )


def _materials(errors: MaterialErrors | None) -> tuple[report.Fact, ...]:
    if errors is None:
        return ()
    red, green, blue = errors.scale
    kinds = (
        ("Albedo error, as found", errors.albedo, "of linear base color"),
        (
            "Albedo error, scaled",
            errors.albedo_scaled,
            f"of base color times {red:.2f}, {green:.2f}, {blue:.2f}, the factors that fit best",
        ),
        ("Roughness error", errors.roughness, "of roughness"),
        ("Metallic error", errors.metallic, "of the metallic value"),
    )
    return tuple(
        report.Fact(
            name,
            error.median,
            "",
            f"Median absolute difference {what}, on the {errors.seen:.0%} of the true surface that "
            f"two training views see; the mean is {error.mean:.3f}.",
        )
        for name, error, what in kinds
    )


def _settings(how: Reconstruction) -> tuple[tuple[str, str], ...]:
    """Every setting in words; each pass has a row."""
    values: dict[str, object] = codec.encode(how)
    rows = []
    for name, title in (
        ("levels", "shape"),
        ("thin_levels", "shape of thin parts"),
        ("appearance", "textures and light"),
    ):
        levels = values.pop(name)
        for index, level in enumerate(levels if isinstance(levels, list) else ()):
            told = ", ".join(f"{part} {value}" for part, value in level.items())
            rows.append((f"{title}, pass {index + 1}", told))
    return (*rows, *((name.replace("_", " "), _words(value)) for name, value in values.items()))


def _words(value: object) -> str:
    match value:
        case None | []:
            return "none"
        case bool():
            return "yes" if value else "no"
        case list():
            return ", ".join(map(str, value))
        case _:
            return str(value)


def texture_previews(
    folder: Path, textures: Textures, probe: NDArray[np.float32]
) -> tuple[tuple[str, Path], ...]:
    """Write what people want to see of an asset's textures and its light; returns their labels."""
    # The brightest hundredth may clip: a probe's lamps are far above what a screen shows.
    exposure = 1.0 / max(float(np.percentile(probe, 99)), 1e-6)
    shown: Textures = {
        "Albedo": textures["kd"],
        "Roughness": np.repeat(textures["ks"][..., 1:2], 3, axis=-1),
        "Metallic": np.repeat(textures["ks"][..., 2:3], 3, axis=-1),
        "Normal": textures["n"],
        "Light": srgb_from_linear(np.clip(probe * exposure, 0, 1)).astype(np.float32),
    }
    paths = []
    for label, texture in shown.items():
        path = folder / f"texture_{label.lower()}.png"
        images.write_png(path, texture)
        paths.append((label, path))
    return tuple(paths)
