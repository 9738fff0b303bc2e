"""The command line for people: `lightmould VERB`; one file per verb.

Exit codes: 0 done, 2 a wrong command line, 3 to 8 the errors of `lightmould.errors`, 130 Ctrl-C,
143 SIGTERM; after the last two the same command goes on where it was.
"""

import sys

from cyclopts import App, CycloptsError

import lightmould
from lightmould.errors import LightmouldError, of_system
from lightmould.jobs.stop import INTERRUPTED, Stopped

VERBS = {
    "demo": "lightmould.cli.demo:demo",
    "reconstruct": "lightmould.cli.reconstruct:reconstruct",
    "render": "lightmould.cli.render:render",
    "batches": "lightmould.cli.batches:batches",
    "rig": "lightmould.cli.rig:app",
    "poses": "lightmould.cli.poses:app",
    "train": "lightmould.cli.train:train",
    "config": "lightmould.cli.config:app",
    "capture": "lightmould.cli.capture:capture",
    "stream": "lightmould.cli.stream:app",
    "pack": "lightmould.cli.pack:pack",
    "check": "lightmould.cli.check:check",
    "bundle": "lightmould.cli.bundle:bundle",
    "jobs": "lightmould.cli.jobs:app",
    "panel": "lightmould.cli.panel:panel",
    "doctor": "lightmould.cli.doctor:doctor",
}
"""Where each verb is; only the one that is asked for is imported."""

app = App(
    name="lightmould",
    help="From a model, or any posed photos, to a relightable PBR asset.",
    version=lightmould.__version__,
)
for _name, _place in VERBS.items():
    app.command(_place, name=_name)


def main(arguments: list[str] | None = None) -> int:
    """Do what the command line says; returns the exit code."""
    given = sys.argv[1:] if arguments is None else arguments
    if not given or given[0] not in VERBS:
        for name in VERBS:
            app[name]  # is imported, so that the help can say what it does
    try:
        return int(app(arguments, exit_on_error=False, result_action="return_value") or 0)
    except CycloptsError:
        return 2  # cyclopts has said what is wrong
    except LightmouldError as error:
        print(f"lightmould: {error}", file=sys.stderr)  # noqa: T201
        return error.exit_code
    except OSError as error:
        told = of_system(error, "a file")
        print(f"lightmould: {told}", file=sys.stderr)  # noqa: T201
        return told.exit_code
    except Stopped as stopped:
        print(f"lightmould: {stopped}", file=sys.stderr)  # noqa: T201
        return stopped.exit_code
    except KeyboardInterrupt:
        return INTERRUPTED
