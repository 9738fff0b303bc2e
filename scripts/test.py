"""Set up, then run the whole suite: lint, format, types, layers, tests.

    python3.11 scripts/test.py [PYTEST ARGUMENT...]

Needs Python 3.11 with pip. The first run installs what it needs into .venv/worker; later ones need
no network.
"""

import subprocess
import sys

if sys.version_info[:2] != (3, 11):
    found = sys.version.split()[0]
    sys.exit("found Python " + found + "; wanted 3.11. Run it as: python3.11 scripts/test.py")

import worker

OLDEST = "types of Houdini 20.5"
HOUDINI = "lightmould.houdini"


def checks(pytest_arguments: list[str]) -> dict[str, tuple[str, ...]]:
    """What is run, one after another; the tests last, so that their last line stays in sight."""
    python = str(worker.program("python"))
    return {
        "lint": (python, "-m", "ruff", "check", "."),
        "format": (python, "-m", "ruff", "format", "--check", "."),
        "types": (python, "-m", "mypy"),
        OLDEST: (python, "-m", "mypy", "--cache-dir", ".mypy_cache/20.5", "-p", HOUDINI),
        "layers": (str(worker.program("lint-imports")),),
        "tests": (python, "-m", "pytest", *pytest_arguments),
    }


def main() -> int:
    """Returns 0 if every check passed."""
    worker.worker(worker.TESTS)
    results = {}
    for title, argv in checks(sys.argv[1:]).items():
        print(f"== {title}", flush=True)
        names = {"MYPYPATH": str(worker.STUBS)} if title == OLDEST else {}
        environment = {**worker.environment(), **names}
        results[title] = subprocess.call(argv, cwd=worker.ROOT, env=environment)
    said = {title: "FAILED" if code else "ok" for title, code in results.items()}
    print(" · ".join(f"{title} {word}" for title, word in said.items()))
    return int(any(results.values()))


if __name__ == "__main__":
    sys.exit(main())
