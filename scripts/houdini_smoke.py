"""What only a real Houdini can tell, for those who have one; one line each, PASS or FAIL.

    hython scripts/houdini_smoke.py [--json] [--progress openjd]

Loads every asset, cooks, imports, builds, and checks what lightmould takes for granted of Houdini.
Please report what fails, with the first line. Exit code: 0 if everything passed, 1 if not.
"""

import argparse
import json
import os
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path

import hou

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "python3.11libs"))

from lightmould.farm.dialect import DIALECTS, Dialect, spoken
from lightmould.houdini import smoke


def main(arguments: list[str]) -> int:
    """Returns 0 if everything passed."""
    asked = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    asked.add_argument("--json", action="store_true", help="one JSON line per check")
    words = "how a farm is told; unset, as its environment says"
    asked.add_argument("--progress", choices=DIALECTS, help=words)
    wanted = asked.parse_args(arguments)
    version = hou.applicationVersionString()
    results = list(told(smoke.checks(), DIALECTS[wanted.progress or spoken(os.environ)]))
    if wanted.json:
        for title, passed, said in results:
            line = {"houdini": version, "check": title, "passed": passed, "said": said}
            print(json.dumps(line))
    else:
        print(f"Houdini {version}, Python {sys.version.split()[0]}")
        for title, passed, said in results:
            print(f"{'PASS' if passed else 'FAIL'}  {title}: {said}")
        for title in smoke.BY_HAND:
            print(f"LOOK  {title}")
    return int(not all(passed for _, passed, _ in results))


def told(checks: tuple[smoke.Check, ...], farm: Dialect) -> Iterator[tuple[str, bool, str]]:
    """What each check said; a farm hears how far it is."""
    for count, check in enumerate(checks):
        if farm is not DIALECTS["plain"]:
            print(farm.progress(count / len(checks)))
            print(farm.doing(check.title), flush=True)
        yield run(check)


def run(check: smoke.Check) -> tuple[str, bool, str]:
    """The title of a check, whether it passed, and what it said."""
    try:
        return check.title, True, check.run()
    except Exception as error:  # noqa: BLE001  # whatever it is, the other checks go on
        last = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{Path(last.filename).name}:{last.lineno}"
        return check.title, False, f"{type(error).__name__}: {error} ({where})"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
