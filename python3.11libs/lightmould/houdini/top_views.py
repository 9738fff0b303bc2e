"""The TOPs that make views: cameras, pictures, and the dataset of them."""

import os
from dataclasses import replace
from pathlib import Path

from lightmould.errors import FormatError, SettingsError
from lightmould.formats import codec
from lightmould.houdini import parameters as p
from lightmould.houdini import top_parameters as asked
from lightmould.houdini.top_items import Generation, Source, beside
from lightmould.jobs import parts
from lightmould.model import CameraRig


def camera_rig(wanted: Generation) -> None:
    """A rig for each item above, or one of its own; `lm_rig`, and `lm_model` as an OBJ."""
    settings = asked.settings(wanted.asset)
    for source in wanted.sources():
        model = _model(wanted, source)
        flags = asked.rig_flags(wanted.asset, modeled=model is not None)
        placing = asked.placement(wanted.asset)
        request = parts.RigRequest(p.text(wanted.asset, "kind"), flags, model, placing)
        job = parts.rig(request, wanted.folder(source), settings, os.environ)
        item = wanted.add(source, job, source.index, settings)
        item.setStringAttrib("lm_rig", job.steps[-1].manifest.as_posix())
        for path in job.steps[-1].inputs:
            item.setStringAttrib("lm_model", path.as_posix())


def blender_render(wanted: Generation) -> None:
    """An item for each batch of the views of each rig above; `lm_views` is how many."""
    settings = replace(asked.settings(wanted.asset), render=asked.render(wanted.asset))
    batch = p.whole(wanted.asset, "batch")
    for source in wanted.sources():
        model = _model(wanted, source)
        if model is None:
            where, fix = f"{wanted.asset.path()}: model", "Name one, or put a Camera Rig above."
            raise SettingsError(where, "none", "an OBJ to render", fix)
        rig = _rig(wanted.path("rig", source, "lm_rig"))
        folder = wanted.folder(source)
        whole = parts.render((model, rig), folder, batch, settings, os.environ)
        for number in range(whole.count):
            item = wanted.add(source, whole.part(number), number, settings)
            item.setIntAttrib("lm_views", min(batch, len(whole.whole.views) - number * batch))


def assemble_dataset(wanted: Generation) -> None:
    """A dataset of each rendering above, once all its items have cooked, or of photos."""
    settings = asked.settings(wanted.asset)
    check = p.switched(wanted.asset, "check")
    for source in wanted.sources():
        photos = wanted.path("photos", source)
        if photos is not None:
            side = replace(settings.photos, longest_side=p.whole(wanted.asset, "longest_side"))
            limited = replace(settings, photos=side)
            job = parts.take_in(photos, wanted.folder(source), limited, check=check)
            item = wanted.add(source, job, source.index, settings)
            item.setStringAttrib("lm_dataset", job.folder.as_posix())
            continue
        for number, (views, folders) in enumerate(_renderings(wanted, source)):
            folder = beside(wanted.folder(source), number)
            job = parts.assemble(folders, folder, settings, check=check)
            item = wanted.add(source, job, source.index + number, settings)
            item.setStringAttrib("lm_dataset", job.folder.as_posix())
            item.setIntAttrib("lm_views", views)


def _renderings(wanted: Generation, source: Source) -> list[tuple[int, list[Path]]]:
    """For each rendering above, its views and the folders of its parts."""
    found: dict[Path, tuple[int, list[Path]]] = {}
    for member in source.members:
        if member.hasAttrib("lm_job") and member.hasAttrib("lm_views"):
            part = Path(member.stringAttribValue("lm_job"))
            views, folders = found.get(part.parent, (0, []))
            found[part.parent] = (views + member.intAttribValue("lm_views"), [*folders, part])
    if not found:
        where, fix = f"{wanted.asset.path()}: photos", "Name photos, or put a Blender Render above."
        raise SettingsError(where, "none, and no views above", "either", fix)
    return [(views, sorted(folders)) for views, folders in found.values()]


def _model(wanted: Generation, source: Source) -> Path | None:
    """The model that is named, or that comes from above."""
    named = wanted.path("model", source, "lm_model")
    if named is not None or source.item is None:
        return named
    files = [file.path for member in source.members for file in member.outputFiles]
    return Path(wanted.node.scheduler.localizePath(files[0])) if files else None


def _rig(path: Path | None) -> CameraRig | None:
    if path is None:
        return None
    try:
        return codec.read(CameraRig, path.read_bytes(), path)
    except OSError as error:
        found, fix = (error.strerror or str(error)).lower(), "Correct the path."
        raise FormatError(path, found, "a camera rig's rig.json", fix) from error
