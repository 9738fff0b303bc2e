"""What only a real Houdini can tell, for those who have one; one line each, PASS or FAIL.

    hython scripts/houdini_smoke.py [--json]

Loads every asset, cooks, imports, builds, and checks what lightmould takes for granted of Houdini.
Please report what fails, with the first line. Exit code: 0 if everything passed, 1 if not.
"""

import argparse
import json
import sys
import traceback
from pathlib import Path

import hou

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "python3.11libs"))

from lightmould.houdini import smoke


def main(arguments: list[str]) -> int:
    """Returns 0 if everything passed."""
    asked = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    asked.add_argument("--json", action="store_true", help="one JSON line per check")
    wanted = asked.parse_args(arguments)
    version = hou.applicationVersionString()
    results = [run(check) for check in smoke.checks()]
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
