"""Set up, then run the main job on a sample: a model goes in, a relightable asset comes out.

    python3.11 scripts/demo.py [--out DIR] [--preset draft]

Needs Python 3.11 with pip. The first run installs what it needs into .venv/worker; later ones need
no network. Options are those of `lightmould demo`.
"""

import argparse
import os
import subprocess
import sys

if sys.version_info[:2] != (3, 11):
    found = sys.version.split()[0]
    sys.exit("found Python " + found + "; wanted 3.11. Run it as: python3.11 scripts/demo.py")

import worker


def main() -> int:
    """Returns the exit code of `lightmould demo`."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", metavar="DIR", help="where the asset and its report go")
    parser.add_argument("--preset", help="how much time to spend, for example draft")
    parser.parse_known_args()  # for --help, before anything is installed
    worker.worker(worker.USE)
    argv = [str(worker.program("python")), "-m", "lightmould.cli", "demo", *sys.argv[1:]]
    if sys.platform != "win32":
        # This process becomes the demo, so that signals reach it and nobody else.
        os.execve(argv[0], argv, worker.environment())  # noqa: S606  # no shell is what we want
    return subprocess.call(argv, env=worker.environment())


if __name__ == "__main__":
    sys.exit(main())
