"""Reconstruct without anybody looking on: in hython, or without Houdini at all.

    hython scripts/lightmould_batch.py run SOURCE --out DIR [--save FILE.hip]
    hython scripts/lightmould_batch.py build SOURCE --out DIR --save FILE.hip
    hython scripts/lightmould_batch.py cook FILE.hip [--network /obj/reconstruct] [--save FILE.hip]
    hython scripts/lightmould_batch.py import MESH.obj [--hip FILE.hip] --save FILE.hip
    python3.11 scripts/lightmould_batch.py run SOURCE --out DIR --no-houdini

`run` builds the TOP network of a reconstruction, cooks it, imports the asset and saves the scene;
`build` only builds and saves it, which makes an example to look at; `cook` takes the scene from a
file; `import` brings in an asset that there is. SOURCE is a model, a folder of photos with poses,
or a dataset. With --dry-run nothing is made or cooked; that, and --no-houdini, need numpy but
neither Houdini nor a license of it.

Exit codes: 0 done, 2 a wrong command line, 3 to 8 the errors of `lightmould.errors`, of a work item
as of this script (6, too, where there is no Houdini), 75 try again, 130 and 143 stopped; run again,
it goes on.
"""

import argparse
import importlib
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).resolve().parents[1] / "python3.11libs"))

from lightmould.errors import LightmouldError, SettingsError, ToolError
from lightmould.farm import verdict
from lightmould.farm.dialect import DIALECTS, DialectName, spoken
from lightmould.farm.task import Teller
from lightmould.formats import codec
from lightmould.houdini.outcome import Result, outcome
from lightmould.houdini.wanted import Engine, Wanted
from lightmould.jobs import parts, plan, stop
from lightmould.jobs import run as runner
from lightmould.jobs.stop import Stopped
from lightmould.model import CameraRig, Job
from lightmould.settings import load
from lightmould.settings.presets import reconstruction, training

ENGINES: dict[str, Engine] = {"lightmould": "reconstruct", "nvdiffrec": "nvdiffrec"}
"""The TOP of each engine."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns the exit code."""
    options = parser().parse_args(arguments)
    act: Callable[[argparse.Namespace], Result] = options.act
    try:
        result = act(options)
    except LightmouldError as error:
        print(f"lightmould: {error}", file=sys.stderr)
        return verdict.exit_code(error)
    except Stopped as stopped:
        print(f"lightmould: {stopped}", file=sys.stderr)
        return stopped.exit_code
    print(codec.write_line(result) if options.json else words(result), end="")
    if result.failure is None:
        return 0
    print(f"lightmould: {result.failure.top}: {result.failure.message}", file=sys.stderr)
    return result.failure.exit_code


def run(options: argparse.Namespace) -> Result:
    """Build, cook, import, save."""
    wanted = asked(options)
    if options.dry_run:
        return planned(wanted)
    if options.no_houdini:
        return without_houdini(wanted, options)
    batch = houdini(options.hip)
    result = batch.cook(batch.build(wanted, options.name))
    if options.imports:
        result = batch.bring_in(result)
    return result if options.save is None else batch.save(result, options.save)


def build(options: argparse.Namespace) -> Result:
    """Build and save."""
    wanted = asked(options)
    if options.dry_run:
        return planned(wanted)
    batch = houdini(options.hip)
    batch.build(wanted, options.name)
    result = planned(wanted)
    return result if options.save is None else batch.save(result, options.save)


def cook(options: argparse.Namespace) -> Result:
    """Cook what a file holds, and save it."""
    batch = houdini(options.hip)
    network = batch.nodes.at(options.network)
    if options.dry_run:
        return Result(batch.describe(network).tops)
    result = batch.cook(network)
    return result if options.save is None else batch.save(result, options.save)


def bring_in(options: argparse.Namespace) -> Result:
    """Import an asset and save."""
    if not options.asset.is_file():
        wanted = "an asset's mesh.obj"
        raise SettingsError(options.asset, "no such file", wanted, "Correct the path.")
    result = Result({}, (), options.asset.absolute().as_posix())
    if options.dry_run:
        return result
    batch = houdini(options.hip)
    result = batch.bring_in(result)
    return result if options.save is None else batch.save(result, options.save)


def houdini(scene: Path | None) -> Any:
    """What works on scenes, with this one open, if one is named.

    Raises:
        ToolError: this is not hython, or there is no license.
        SettingsError: the scene can't be read.
    """
    try:
        batch = importlib.import_module("lightmould.houdini.batch")
    except ImportError as error:
        fix = "Run this by hython, or give --no-houdini."
        raise ToolError(sys.executable, f"no Houdini ({error})", "hython", fix) from error
    if scene is not None:
        batch.load(scene)
    return batch


def asked(options: argparse.Namespace) -> Wanted:
    """The network that the command line asks for."""
    source, out = options.source.absolute(), options.out.absolute()
    if not source.exists():
        wanted = "a model, photos or a dataset"
        raise SettingsError(source, "no such file or folder", wanted, "Correct the path.")
    engine = ENGINES[options.engine]
    size = (options.size, options.size)
    worker = {} if options.worker is None else {"worker": str(options.worker)}
    values: dict[str, dict[str, Any]] = {
        "camera_rig": {"count": options.cameras, "test": options.test, "size": size},
        "blender_render": {"batch": options.batch, "samples": options.samples},
        "assemble_dataset": {},
        engine: {"preset": options.preset},
    }
    values = {name: found | worker for name, found in values.items()}
    return Wanted(source, out, engine, values, importing=False)


def planned(wanted: Wanted) -> Result:
    """The TOPs and what they would be asked."""
    return Result({kind: wanted.parameters(kind) for kind in wanted.row()})


def without_houdini(wanted: Wanted, options: argparse.Namespace) -> Result:
    """The same work, step by step in one job."""
    settings = load(Path.cwd(), os.environ)
    python = str(options.worker or settings.worker.python or sys.executable)
    settings = replace(settings, worker=replace(settings.worker, python=python))
    settings = replace(settings, render=replace(settings.render, samples=options.samples))
    source, rig, jobs = wanted.source, None, []
    if not source.is_dir():
        size = str(options.size)
        flags = ("--count", str(options.cameras), "--test", str(options.test), "--size", size, size)
        request = parts.RigRequest("sphere", flags, source)
        jobs.append(parts.rig(request, wanted.folder / "camera_rig", settings, os.environ))
        follow(jobs[-1], options.progress)
        made = jobs[-1].steps[-1]
        rig = codec.read(CameraRig, made.manifest.read_bytes(), made.manifest)
        source = made.inputs[0]
    ours = options.engine == "lightmould"
    how = reconstruction(options.preset) if ours else training(options.preset)
    jobs.append(plan.reconstruct(source, wanted.folder, settings, how, os.environ, rig))
    follow(jobs[-1], options.progress)
    outcomes = tuple(outcome("", job) for job in jobs)
    asset = (wanted.folder / "asset" / "mesh" / "mesh.obj").as_posix()
    return replace(planned(wanted), outcomes=outcomes, asset=asset)


def follow(job: Job, progress: DialectName | None) -> None:
    """Run a job and say how far it is: to a farm on standard output, else on standard error.

    Raises:
        LightmouldError: as `jobs.run.run` does.
    """
    farm = progress or spoken(os.environ)
    teller = Teller(DIALECTS[farm], sys.stderr if farm == "plain" else sys.stdout)
    teller.follow(job, 0.0, 1.0)
    with stop.on_signals() as asked_to_end:
        runner.run(job, teller.hear, asked_to_end)


def words(result: Result) -> str:
    """A result in lines for people."""
    lines = [f"{top}: {values}" for top, values in result.tops.items()]
    lines += [f"{one.state:9} {one.seconds:6.1f} s  {one.job}" for one in result.outcomes]
    for what in ("asset", "imported", "saved"):
        if getattr(result, what) is not None:
            lines.append(f"{what:9} {getattr(result, what)}")
    return "".join(f"{line}\n" for line in lines)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    whole = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    verbs = whole.add_subparsers(required=True, metavar="VERB")
    runs = verbs.add_parser("run", help="build, cook, import and save")
    runs.add_argument("--no-houdini", action="store_true", help="the same work without Houdini")
    no_import = "leave the asset out of the scene"
    runs.add_argument("--no-import", dest="imports", action="store_false", help=no_import)
    builds = verbs.add_parser("build", help="build and save, and cook nothing")
    cooks = verbs.add_parser("cook", help="cook what a scene's file holds")
    cooks.add_argument("hip", type=Path, metavar="FILE.hip")
    cooks.add_argument("--network", default="/obj/reconstruct", help="path of the TOP network")
    imports = verbs.add_parser("import", help="bring an asset into a scene, and save it")
    imports.add_argument("asset", type=Path, metavar="MESH.obj", help="of an asset")
    imports.add_argument("--hip", type=Path, help="scene to bring it into; else a new one")
    for verb in (runs, builds):
        _describe(verb)
    for verb, act in ((runs, run), (builds, build), (cooks, cook), (imports, bring_in)):
        verb.add_argument("--save", type=Path, metavar="FILE.hip", help="where the scene goes")
        verb.add_argument("--dry-run", action="store_true", help="say what would be done")
        verb.add_argument("--json", action="store_true", help="print one line of JSON")
        words = "how a farm is told; unset, as its environment says"
        verb.add_argument("--progress", choices=DIALECTS, help=words)
        verb.set_defaults(act=act)
    return whole


def _describe(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("source", type=Path, help="a model, a folder of photos, or a dataset")
    verb.add_argument("--out", type=Path, required=True, help="folder of all that is made")
    verb.add_argument("--hip", type=Path, help="scene to build the network in; else a new one")
    verb.add_argument("--name", default="reconstruct", help="of the network")
    verb.add_argument("--preset", default="draft", help="how long to try")
    verb.add_argument("--engine", choices=ENGINES, default="lightmould")
    verb.add_argument("--cameras", type=int, default=68, help="around a model, those held out too")
    verb.add_argument("--test", type=int, default=8, help="cameras held out to score with")
    verb.add_argument("--size", type=int, default=256, help="side of a picture, pixels")
    verb.add_argument("--samples", type=int, default=12, help="paths a pixel")
    verb.add_argument("--batch", type=int, default=16, help="views that one work item renders")
    verb.add_argument("--worker", type=Path, help="Python that has lightmould's engine")


if __name__ == "__main__":
    sys.exit(main())
