"""Set up, then run the whole suite: lint, format, types, layers, tests.

    python3.11 scripts/test.py [PYTEST ARGUMENT...]

Needs Python 3.11 with pip. The first run installs what it needs into .venv/worker; later ones need
no network.
"""

import subprocess
import sys
import tempfile
from contextlib import ExitStack
from typing import IO

if sys.version_info[:2] != (3, 11):
    found = sys.version.split()[0]
    sys.exit("found Python " + found + "; wanted 3.11. Run it as: python3.11 scripts/test.py")

import worker

OLDEST = "types of Houdini 20.5"
HOUDINI = "lightmould.houdini"


def checks(pytest_arguments: list[str]) -> dict[str, tuple[str, ...]]:
    """What is run, the tests last."""
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
    *others, (last, tests) = checks(sys.argv[1:]).items()
    # The tests leave a core idle for most of their time; what the others say is shown after them.
    with ExitStack() as stack:
        started = []
        for title, argv in others:
            said = stack.enter_context(tempfile.TemporaryFile("w+", encoding="utf-8"))
            started.append((title, start(title, argv, said), said))
        print(f"== {last}", flush=True)
        tested = start(last, tests, None).wait()
        results = {}
        for title, process, said in started:
            results[title] = process.wait()
            said.seek(0)
            print(f"== {title}\n{said.read()}", flush=True)
    results[last] = tested
    told = {title: "FAILED" if code else "ok" for title, code in results.items()}
    print(" · ".join(f"{title} {word}" for title, word in told.items()))
    return int(any(results.values()))


def start(title: str, argv: tuple[str, ...], said: IO[str] | None) -> "subprocess.Popen[bytes]":
    """Begin a check; what it says goes to a file, or is shown."""
    names = {"MYPYPATH": str(worker.STUBS)} if title == OLDEST else {}
    environment = {**worker.environment(), **names}
    aside = None if said is None else subprocess.STDOUT
    return subprocess.Popen(argv, cwd=worker.ROOT, env=environment, stdout=said, stderr=aside)


if __name__ == "__main__":
    sys.exit(main())
