"""The command line for people: `lightmould VERB`; one file per verb.

Exit codes: 0 done, 2 a wrong command line, 3 to 8 the errors of `lightmould.errors`, 130 Ctrl-C,
143 SIGTERM; after the last two the same command goes on where it was.
"""

import sys

from cyclopts import App, CycloptsError

import lightmould
from lightmould.cli import (
    batches,
    capture,
    check,
    config,
    demo,
    doctor,
    pack,
    panel,
    poses,
    reconstruct,
    render,
    rig,
    train,
)
from lightmould.errors import LightmouldError
from lightmould.jobs.stop import INTERRUPTED, Stopped

app = App(
    name="lightmould",
    help="From a model, or any posed photos, to a relightable PBR asset.",
    version=lightmould.__version__,
)
app.command(demo.demo)
app.command(reconstruct.reconstruct)
app.command(render.render)
app.command(batches.batches)
app.command(rig.app)
app.command(poses.app)
app.command(train.train)
app.command(config.app)
app.command(capture.capture)
app.command(pack.pack)
app.command(check.check)
app.command(panel.panel)
app.command(doctor.doctor)


def main(arguments: list[str] | None = None) -> int:
    """Do what the command line says; returns the exit code."""
    try:
        return int(app(arguments, exit_on_error=False, result_action="return_value") or 0)
    except CycloptsError:
        return 2  # cyclopts has said what is wrong
    except LightmouldError as error:
        print(f"lightmould: {error}", file=sys.stderr)  # noqa: T201
        return error.exit_code
    except Stopped as stopped:
        print(f"lightmould: {stopped}", file=sys.stderr)  # noqa: T201
        return stopped.exit_code
    except KeyboardInterrupt:
        return INTERRUPTED
