"""The interpreter that runs our own steps: what it is asked, and what its answers mean."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from lightmould.model import Check, Command
from lightmould.tools import probing

SCRIPT = Path(__file__).parent / "inside" / "probe.py"
_PURPOSES = {
    "python": "everything",
    "numpy": "everything",
    "numba": "reconstruction",
    "scipy": "reconstruction",
    "xatlas": "reconstruction",
    "OpenImageIO": "pictures",
    "cyclopts": "the command line",
    "rich": "the command line",
    "torch": "training data, a GPU",
}


def probe(python: str, cwd: Path) -> Command:
    """Ask an interpreter what it has."""
    return Command("Look at the worker's Python", (python, "-I", str(SCRIPT)), cwd)


def checks(python: str, lines: Iterable[str]) -> Iterator[Check]:
    """What the lines of an answer say.

    Args:
        python: who was asked.
        lines: all that was printed, in whatever time there was.
    """
    found = probing.said(lines)
    for name, purpose in _PURPOSES.items():
        title = "Python (worker)" if name == "python" else name
        one = found.get(name)
        if one is None:
            again = f'"{python}" "{SCRIPT}"'
            yield Check(title, "WARN", "no answer in time", purpose, again)
        elif one.good:
            yield Check(title, "PASS", one.found, purpose)
        else:
            yield Check(title, "FAIL", one.found, purpose, _fix(name, python))


def _fix(name: str, python: str) -> str:
    if name == "python":
        return "Install Python 3.11 or newer and name it in LIGHTMOULD_PYTHON."
    extra = "cli" if name in ("cyclopts", "rich") else "engine"
    return f'"{python}" -m pip install "lightmould[{extra}]"'
