"""A run of nvdiffrec, from a prepared folder of views to verified files."""

import os
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from lightmould.errors import JobError
from lightmould.formats import codec, nvdiffrec
from lightmould.formats.files import file_hash, write_atomically
from lightmould.formats.nvdiffrec import Config
from lightmould.jobs import stop
from lightmould.model import Event, Warned, Wrote
from lightmould.supervisor import locks, preflight, verify
from lightmould.supervisor.harvest import Harvest
from lightmould.supervisor.watched import StaleLockError, Watched
from lightmould.tools.nvdiffrec import TrainRequest, causes, train
from lightmould.tools.nvdiffrec.config import derived, written_to
from lightmould.tools.nvdiffrec.files import RUN, Run, Views
from lightmould.tools.nvdiffrec.monitor import Monitor

CONFIG = "config.json"
_TRIES = 2  # a lock that turns out to be stale is worth one more


def supervise(asked: TrainRequest, say: Callable[[Event], None]) -> None:
    """Check, run, watch and verify; the run's manifest is written last.

    nvdiffrec can't go on where it was: a run that is stopped or fails begins anew.

    Raises:
        LightmouldError: naming the cause.
        Stopped: the run was asked to end.
    """
    views = codec.read(Views, asked.views.read_bytes(), asked.views)
    config = derived(asked.wishes, asked.views.parent, views, asked.out)
    versions = preflight.check(asked, config, views, say)
    file = asked.out / CONFIG
    write_atomically(file, nvdiffrec.write(config))
    say(Wrote(CONFIG, "config"))
    folder = _emptied(written_to(config, asked.setup.checkout))
    harvest, began = Harvest(folder, asked.out, say), time.monotonic()
    try:
        with stop.on_signals() as ending:
            monitor = _run(asked, config, (harvest, say, ending))
        verify.check(folder / "mesh", config)
        harvest.rest()
    finally:
        with suppress(OSError):  # must not hide what went wrong before
            shutil.rmtree(folder)
    run = Run(
        config=config,
        placement=views.placement,
        seconds=time.monotonic() - began,
        psnr=monitor.psnr,
        versions=versions,
        hashes={name: file_hash(asked.out / name) for name in harvest.files},
    )
    write_atomically(asked.out / RUN, codec.write(run))
    say(Wrote(RUN, "manifest"))


def _run(
    asked: TrainRequest,
    config: Config,
    ears: tuple[Harvest, Callable[[Event], None], stop.Stop],
) -> Monitor:
    """Run nvdiffrec to its good end; returns what was heard."""
    harvest, say, ending = ears
    command = train(asked.setup, asked.out / CONFIG, os.environ.get("PATH", ""))
    extensions = asked.setup.extensions
    for tries_left in reversed(range(_TRIES)):
        locks.clear(extensions, asked.how.build_minutes * 60, say, ending)
        monitor = Monitor(config, time.monotonic())
        watched = Watched(command, monitor, asked.how, extensions, harvest, say, ending)
        try:
            code = watched.run()
        except StaleLockError as error:
            if not tries_left:
                raise
            error.lock.unlink(missing_ok=True)
            say(Warned(f"Removed the stale lock {error.lock} and began again."))
            continue
        if code:
            raise causes.of(watched.last, code, config)
        return monitor
    raise AssertionError("a try ends by a return or an error")


def _emptied(folder: Path) -> Path:
    """The job's own folder, without what an earlier run left, which nvdiffrec never removes."""
    try:
        if folder.exists():
            shutil.rmtree(folder)
        folder.mkdir(parents=True)
    except OSError as error:
        found = error.strerror or str(error)
        fix = "Allow writing there: nvdiffrec writes nowhere else."
        raise JobError(folder, found, "a folder of nvdiffrec's that can be written", fix) from error
    return folder
