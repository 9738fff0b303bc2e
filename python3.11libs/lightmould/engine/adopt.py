"""An asset of ours from what nvdiffrec wrote: where the dataset is, in our conventions, scored.

OUT/mesh/            as `lightmould.engine.export` writes it
OUT/original/mesh/   nvdiffrec's own files of the same names, untouched
OUT/previews/        its pictures while it ran, and ours of the held-out views
"""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from lightmould.dataset import images, manifest
from lightmould.engine import export, judge, report, summary, views
from lightmould.engine.checkpoint import Arrays
from lightmould.engine.judge import Judgment
from lightmould.engine.measure.metrics import Metrics
from lightmould.engine.reconstruct import Manifest, with_known_source
from lightmould.engine.texturing import imported, known_light, material
from lightmould.engine.texturing.visibility import visibility
from lightmould.formats import codec, nvdiffrec, obj, outcome
from lightmould.formats.asset import read_obj_asset
from lightmould.formats.files import aside, file_hash, write_atomically
from lightmould.model import Event, Map, Material, Mesh, Progress, Wrote
from lightmould.model.mesh import vertex_normals
from lightmould.tools.nvdiffrec import FinishRequest
from lightmould.tools.nvdiffrec.files import TEXTURES, Run, texture

_JUDGED = 2048  # texels along the side, at most, of the textures that pictures are made with


def adopt(asked: FinishRequest, say: Callable[[Event], None]) -> Path:
    """Write the asset, its scores and its report; returns the manifest, written last.

    Raises:
        DatasetError: the dataset is damaged, or has no views to score with.
        FormatError: a file of nvdiffrec's is damaged.
    """
    run = codec.read(Run, asked.run.read_bytes(), asked.run)
    dataset = with_known_source(manifest.read(asked.dataset), say)
    manifest.verify(dataset)
    source, out = asked.run.parent / "mesh", asked.out
    say(Progress(0.1, "taking textures and light"))
    originals = _copied(source, out / "original" / "mesh")
    mesh = _world(run, source / "mesh.obj")
    files = {name: texture(source, name) for name in TEXTURES}
    textures = imported.textures(mesh, files, asked.diffuse_gain)
    placed = replace(mesh, positions=dataset.placement.in_source(mesh.positions))
    wired = _material(with_opacity=textures["kd"].shape[2] == 4)
    (probe,) = _copied(source, out / "mesh", "probe.hdr")
    written = (*originals, probe, *export.write_mesh(out / "mesh", placed, textures, wired))
    say(Progress(0.4, "scoring the held-out views"))
    truth = views.load(dataset, "test")
    arrays = _arrays(run, mesh, out / "mesh")
    judgment = judge.judge(out, dataset, truth, arrays, "cpu", lambda: run.seconds)
    judgment = replace(judgment, metrics=_metrics(judgment, run))
    written += judgment.pictures
    say(Progress(0.9, "writing the report"))
    written += _summary(asked, run, judgment, textures)
    for path in written:
        say(Wrote(str(path), path.suffix.lstrip(".")))
    hashes = {path.relative_to(out).as_posix(): file_hash(path) for path in written}
    done = out / manifest.NAME
    content = Manifest(file_hash(asked.run), judgment.metrics.versions, hashes)
    write_atomically(done, codec.write(content))
    return done


def _world(run: Run, path: Path) -> Mesh:
    """The mesh that it wrote, in the dataset's world."""
    mesh = obj.read(path.read_bytes(), path).mesh
    return replace(mesh, positions=run.placement.in_source(mesh.positions))


def _copied(source: Path, target: Path, pattern: str = "*") -> tuple[Path, ...]:
    copies = []
    for path in sorted(source.glob(pattern)):
        with aside(target / path.name) as temporary:
            shutil.copyfile(path, temporary)
        copies.append(target / path.name)
    return tuple(copies)


def _material(*, with_opacity: bool) -> Material:
    """The asset's material; where there were layers, the albedo's alpha is its opacity."""
    if not with_opacity:
        return export.MATERIAL
    return replace(export.MATERIAL, opacity_map=Map(Path("texture_kd.png"), "linear", "a"))


def _arrays(run: Run, mesh: Mesh, folder: Path) -> Arrays:
    """The asset as the engine's last stage would have it, in the dataset's world."""
    asset = read_obj_asset(folder / "mesh.obj")
    size = min(max(run.config.texture_res), _JUDGED)
    flat, baked = material.baked(replace(asset, mesh=mesh), size)
    turntable = {"turntable": np.ones(1)} if run.config.camera_space_light else {}
    return {
        "positions": flat.positions,
        "faces": flat.faces,
        "uvs": np.asarray(flat.uvs),
        "face_uvs": np.asarray(flat.face_uvs),
        "normals": vertex_normals(flat.positions, flat.faces),
        "texture": baked,
        "light": known_light.read(folder / "probe.hdr"),
        "free": visibility(flat),
        **turntable,
    }


def _metrics(judgment: Judgment, run: Run) -> Metrics:
    """The scores, said of the GPU and the programs that did the work."""
    known = {name: version for name, version in run.versions.items() if name != "GPU"}
    device = run.versions.get("GPU", "GPU")
    versions = {**judgment.metrics.versions, **known}
    return replace(judgment.metrics, device=device, versions=versions)


def _summary(
    asked: FinishRequest, run: Run, judgment: Judgment, textures: export.Textures
) -> tuple[Path, ...]:
    """metrics.json, the pictures of the report, and the report."""
    out, numbers = asked.out, asked.out / "metrics.json"
    write_atomically(numbers, codec.write(judgment.metrics))
    scored = outcome.write(out, judgment.views)
    probe = images.read(out / "mesh" / "probe.hdr", 3)
    shown = summary.texture_previews(out / "previews", textures, probe)
    film = _copied(asked.run.parent, out / "previews", "img_*.png")
    page = report.write(
        out,
        report.Report(
            title="Reconstruction by nvdiffrec",
            metrics=judgment.metrics,
            settings=tuple(
                (name, str(value)) for name, value in nvdiffrec.flags(run.config).items()
            ),
            views=judgment.views,
            film=tuple((path.stem, path) for path in film),
            textures=shown,
            known=summary.facts(judgment),
            stages=(report.Timing("nvdiffrec", run.seconds),),
            outputs=summary.outputs(out),
            before=summary.before(out),
        ),
    )
    return (numbers, scored, *film, *(path for _, path in shown), page)
