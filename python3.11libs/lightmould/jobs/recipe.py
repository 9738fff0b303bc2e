"""What decides what a step makes, the same wherever the job's home lies.

Commands, versions and the contents of inputs do. Paths count by what they mean: an input by its
content, what lies in the home by its place there; and what runs a module of ours is no matter, for
the version of the library is told. That holds for the files of requests, too, which name paths.
"""

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from lightmould.errors import FormatError, JobError
from lightmould.formats import codec
from lightmould.formats.files import file_hash
from lightmould.model import Command, Job, Step

_OWN = ("-m",)  # follows the interpreter where a command is a module of ours
_LIBRARY = "PYTHONPATH"


def key(job: Job, step: Step, here: Callable[[Path], Path] = Path) -> str:
    """SHA-256 of all that decides what a step makes.

    Args:
        job: as it was written, perhaps on another machine.
        step: one of its.
        here: where a path of its lies on this machine.

    Raises:
        JobError: an input is missing.
    """
    home = (job.home or job.folder).as_posix()
    hashes = {path: input_hash(step, here(path)) for path in step.inputs}
    known = {path.as_posix(): hashes[path] for path in hashes if not _is_request(path)}

    def told(data: Any) -> Any:
        return _told(data, known, home)

    inputs = [
        told(_asked(here(path))) if _is_request(path) else known[path.as_posix()]
        for path in step.inputs
    ]
    commands = told([codec.encode(_essence(each)) for each in step.commands])
    text = codec.write_line((commands, sorted(job.versions.items()), inputs))
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()


def input_hash(step: Step, path: Path) -> str:
    """SHA-256 of an input's content.

    Raises:
        JobError: it is missing.
    """
    try:
        return file_hash(path)
    except OSError as error:
        fix = "Put the file there, or correct the job."
        found = (error.strerror or str(error)).lower()
        raise JobError(path, found, f"an input of step {step.name!r}", fix) from error


def _essence(command: Command) -> tuple[tuple[str, ...], Path, list[tuple[str, str | None]]]:
    env = sorted(command.env.items())
    if command.argv[1:2] != _OWN:
        return command.argv, command.cwd, env
    return command.argv[1:], command.cwd, [each for each in env if each[0] != _LIBRARY]


def _is_request(path: Path) -> bool:
    return path.suffix == ".json" and path.parent.name == "requests"


def _asked(path: Path) -> Any:
    text = path.read_bytes()
    try:
        return codec.parse(text, path)
    except FormatError:
        return hashlib.sha256(text).hexdigest()  # the program that reads it will say so


def _told(data: Any, contents: Mapping[str, str], home: str) -> Any:
    if isinstance(data, dict):
        return {_told(k, contents, home): _told(v, contents, home) for k, v in data.items()}
    if isinstance(data, list):
        return [_told(item, contents, home) for item in data]
    if not isinstance(data, str):
        return data
    if data in contents:
        return contents[data]
    return "~" + data[len(home) :] if data == home or data.startswith(f"{home}/") else data
