"""One configuration from beginning to end."""

import hashlib
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from lightmould.dataset import images
from lightmould.engine import admission, export, judge, preview, reconstruct, stages, summary
from lightmould.engine.checkpoint import Arrays, Checkpoints
from lightmould.engine.journal import Journal
from lightmould.engine.stages import Stage, Tell
from lightmould.engine.texturing import retexture
from lightmould.engine.train import mapping, notes, panels, sources
from lightmould.engine.train.course import Course, kind_of, pass_of
from lightmould.engine.train.sources import Source
from lightmould.engine.train.validation import validate
from lightmould.engine.views import Views
from lightmould.formats import codec, nvdiffrec
from lightmould.formats.files import file_hash
from lightmould.formats.nvdiffrec import Config, log
from lightmould.model import Event, Warned, Wrote
from lightmould.settings.reconstruction import Reconstruction

OWN = ".lightmould"
"""The folder, in the results', of what nvdiffrec does not have: checkpoints, curves, pictures."""

BESIDE = ("metrics.json", "report.html")
"""What is of use to people, beside nvdiffrec's files."""

SAMPLES = 2
"""Along a pixel's side, of previews."""

_PASSES = ("dmtet_pass1", "mesh_pass")


@dataclass(frozen=True, slots=True)
class Listener:
    """Who hears what.

    Attributes:
        line: nvdiffrec's lines, with their line breaks.
        say: our events.
    """

    line: Callable[[str], None]
    say: Callable[[Event], None]


def train(config: Config, folders: tuple[Path, ...], listener: Listener) -> Path:
    """Do what a configuration says; run again, it goes on where it was.

    Args:
        config: what to do.
        folders: where the files that it names are looked for; results go to `out` in the first.
        listener: who hears of it.

    Returns:
        The folder of the results.

    Raises:
        SettingsError: a file that the configuration names is not there.
        DatasetError: the views are damaged, or there are none.
        FormatError: a file can't be read.
        ReconstructionError: nothing sensible can be made of the views.
    """
    listener.line(log.flags(nvdiffrec.flags(config)))
    for note in notes.notes(config):
        listener.say(Warned(note))
    files = mapping.inputs(config, folders)
    for name in ("ref_mesh", "base_mesh", "envmap", "mtl_override"):
        path, text = getattr(files, name), getattr(config, name)
        if path is not None and path != (folders[0] / text).absolute():
            listener.say(Warned(f"{name}: found relative to the configuration, {path}"))
    source = sources.read(config, files)
    admission.check(source.train, files.ref_mesh, lambda message: listener.say(Warned(message)))
    for line in source.lines:
        listener.line(line)
    out = (folders[0] / f"out/{config.out_dir}").absolute()
    _Run(config, mapping.reconstruction(config, files), source, out, listener).go()
    return out


class _Run:
    """What all parts of one run need to know."""

    def __init__(
        self,
        config: Config,
        how: Reconstruction,
        source: Source,
        out: Path,
        listener: Listener,
    ) -> None:
        self._config, self._how, self._source = config, how, source
        self._out, self._listener = out, listener
        self._plan = stages.plan(source.train, how)
        self._course = Course(config, self._plan, listener.line)

    def go(self) -> None:
        """Run the stages that are not done, then write everything."""
        begun = time.monotonic()
        plan = tuple(self._watched(index) for index in range(len(self._plan)))
        checkpoints = Checkpoints(self._out / OWN / "checkpoints", self._key())
        journal = Journal(self._out / OWN / "metrics.jsonl", plan, self._listener.say)
        earlier, arrays = reconstruct.run_stages(plan, checkpoints, journal)
        if self._config.validate:
            self._validate("validate", arrays)
        self._write("mesh", arrays)
        self._report(arrays, journal, lambda: earlier + time.monotonic() - begun)

    def _watched(self, index: int) -> Stage:
        """A stage that tells nvdiffrec's lines and leaves nvdiffrec's files."""
        stage = self._plan[index]

        def run(arrays: Arrays, tell: Tell) -> Arrays:
            def step(step: int, loss: float) -> None:
                self._course.step(index, step, loss)
                tell(step, loss)

            self._course.begin(index)
            after = stage.run(arrays, step)
            self._after(index, after)
            return after

        return replace(stage, run=run)

    def _after(self, index: int, arrays: Arrays) -> None:
        stage = self._plan[index]
        if kind_of(stage) in ("atlas", "base"):
            if not self._config.base_mesh:
                if self._config.validate:
                    self._validate("dmtet_validate", arrays)
                self._write("dmtet_mesh", arrays)
            self._listener.line(log.base(stages.mesh_of(arrays)))
        self._preview(index, arrays)

    def _preview(self, index: int, arrays: Arrays) -> None:
        """The preview that is due after a stage, if one is."""
        if not self._config.save_interval or kind_of(self._plan[index]) == "mesh":
            return
        of_pass = pass_of(self._plan[index])
        number = 0
        if of_pass is None:
            # Before a pass is after what comes before it: the hull, or the atlas.
            of_pass = 0 if kind_of(self._plan[index]) == "hull" else 1
        else:
            count = mapping.previews(self._config)
            done = sum(pass_of(one) == of_pass for one in self._plan[: index + 1])
            number, between = divmod(done * count, mapping.stages(self._config))
            if between or not count:
                return
        path = self._out / f"img_{_PASSES[of_pass]}_{number:06d}.png"
        which = number % len(self._source.test)
        camera, background = self._source.test[which], self._config.background
        row = [
            panels.encoded(preview.seen(arrays, camera, SAMPLES), background, which),
            panels.encoded(self._source.truth(which), background, which),
            *(panel for _, panel in panels.behind(arrays, camera, self._config)),
        ]
        images.write_png(path, np.concatenate(row, axis=1))
        self._listener.say(Wrote(str(path), "preview"))

    def _validate(self, name: str, arrays: Arrays) -> None:
        validate(self._out / name, arrays, self._source, self._config, self._listener.line)

    def _write(self, name: str, arrays: Arrays) -> None:
        mesh, look = stages.mesh_of(arrays), stages.look_of(arrays)
        textures = export.textures_of(mesh, look)
        written = export.write(self._out / name, mesh, textures, look.light)
        self._listener.line(log.written(Path("out", self._config.out_dir, name), mesh))
        for path in written:
            self._listener.say(Wrote(str(path), path.suffix.lstrip(".")))

    def _report(self, arrays: Arrays, journal: Journal, seconds: Callable[[], float]) -> None:
        """Scores and a page about them, beside nvdiffrec's files."""
        own = self._out / OWN
        judged = self._source.judged()
        device = self._how.device
        judgment = judge.judge(own, self._source.dataset, judged, arrays, device, seconds)
        textures = export.textures_of(stages.mesh_of(arrays), stages.look_of(arrays))
        summary.write(own, judgment, arrays, textures, summary.Told(journal), self._how)
        for name in BESIDE:
            shutil.move(own / name, self._out / name)
            self._listener.say(Wrote(str(self._out / name), name.partition(".")[0]))

    def _key(self) -> str:
        """Hash of everything that decides the result."""
        parts = [nvdiffrec.write(self._config), codec.write(self._how)]
        parts.append(codec.write(judge.versions()))
        digest = hashlib.sha256("\0".join(parts).encode())
        _add(digest, self._source.train)
        for path in retexture.files(self._how):
            digest.update(file_hash(path).encode())
        return digest.hexdigest()


def _add(digest: "hashlib._Hash", pictures: Views) -> None:
    for camera in pictures.cameras:
        digest.update(np.ascontiguousarray(camera.clip_from_world).tobytes())
    digest.update(np.ascontiguousarray(pictures.color).data)
    digest.update(np.ascontiguousarray(pictures.alpha).data)
