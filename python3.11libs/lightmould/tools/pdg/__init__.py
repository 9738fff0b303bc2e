"""PDG's work items: what they run, as PDG wants it told."""

from pathlib import Path

from lightmould.errors import SettingsError

SCRIPT = Path(__file__).parent / "inside" / "task.py"


def command_line(worker: str, job: str) -> str:
    """The command of a work item that runs a job.

    Args:
        worker: the worker's interpreter.
        job: the job's job.json; may begin with a token of PDG, `__PDG_DIR__`.

    Raises:
        SettingsError: a path that no scheduler would hand on as it is.
    """
    return f"__PDG_PYTHON__ {_quoted(SCRIPT.as_posix())} {_quoted(worker)} {_quoted(job)}"


def _quoted(path: str) -> str:
    """In double quotes, which shells of every system know, and PDG without one."""
    if any(letter in path for letter in '"$`\\') or not path.isprintable():
        found, wanted = "a quote, a dollar, a backslash or a line break", "none of them"
        raise SettingsError(path, found, wanted, "Rename the folder, or choose another one.")
    return f'"{path}"'
