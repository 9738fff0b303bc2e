"""The commands of a reconstruction with nvdiffrec: three of ours, and nvdiffrec itself.

A job has three steps: `prepare` makes nvdiffrec's folder of views out of a dataset, `supervise`
runs nvdiffrec and watches it, `finish` makes an asset of what it wrote. `lightmould.jobs.plan`
puts them on the road.
"""

from dataclasses import dataclass
from pathlib import Path

from lightmould.formats.nvdiffrec import Config
from lightmould.model import Command
from lightmould.settings import Nvdiffrec
from lightmould.tools import own
from lightmould.tools.nvdiffrec.setup import SCRIPT, Setup

_MODULE = "lightmould.supervisor"


@dataclass(frozen=True, slots=True)
class PrepareRequest:
    """What a folder of views is to be made of.

    Attributes:
        dataset: a dataset's manifest.json.
        folder: for nvdiffrec's files.
        mesh_scale: side of the cube that nvdiffrec looks in, its units.
    """

    dataset: Path
    folder: Path
    mesh_scale: float


@dataclass(frozen=True, slots=True)
class TrainRequest:
    """What nvdiffrec is to do.

    Attributes:
        views: the prepared folder's manifest.
        wishes: a configuration; where it reads and writes is not its to say.
        out: folder for what nvdiffrec wrote.
        setup: which nvdiffrec.
        how: how long it may be silent.
    """

    views: Path
    wishes: Config
    out: Path
    setup: Setup
    how: Nvdiffrec


@dataclass(frozen=True, slots=True)
class FinishRequest:
    """What is to become an asset.

    Attributes:
        dataset: the dataset's manifest.json.
        run: manifest of what nvdiffrec wrote.
        out: the asset's folder.
        diffuse_gain: factor on the albedo of what is no metal.
    """

    dataset: Path
    run: Path
    out: Path
    diffuse_gain: float = 1.0


def prepare(python: str, request: Path) -> Command:
    """Make nvdiffrec's folder of views; done when its views.json is there."""
    title = "Prepare the views for nvdiffrec"
    return own.module(title, python, _MODULE, ("prepare", str(request)), request.parent)


def supervise(python: str, request: Path) -> Command:
    """Run nvdiffrec and watch it; done when the run.json of what it wrote is there."""
    title = "Reconstruct with nvdiffrec"
    return own.module(title, python, _MODULE, ("train", str(request)), request.parent)


def finish(python: str, request: Path) -> Command:
    """Make an asset of what nvdiffrec wrote; done when the asset's manifest.json is there."""
    arguments = ("adopt", str(request))
    return own.module("Finish the asset", python, "lightmould.engine", arguments, request.parent)


def train(setup: Setup, config: Path, search: str) -> Command:
    """Run nvdiffrec itself, in its checkout, which it needs; everything else is in `config`.

    Args:
        setup: which nvdiffrec.
        config: the derived configuration.
        search: the PATH to search after the interpreter's own folder.
    """
    argv = (setup.python, "-u", SCRIPT, "--config", str(config))
    environment = {**setup.environment, "PATH": setup.path(search)}
    return Command("nvdiffrec", argv, setup.checkout, environment)
