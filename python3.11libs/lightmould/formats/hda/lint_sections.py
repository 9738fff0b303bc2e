"""What is wrong with one section of an operator by itself."""

import ast
import re
from collections.abc import Callable, Mapping
from xml.parsers import expat

from lightmould.errors import FormatError
from lightmould.formats.hda import (
    dialog_read,
    dialog_write,
    lint_parameters,
    options,
    sections,
    shelf,
)
from lightmould.formats.hda.finding import Findings
from lightmould.formats.hda.folder import SCRIPTS

_NAMED = (r"Creation script for (\S+) operator\n", r"\n# Node \$arg1 \((\S+)\)\n")
"""What a creation script says of its operator: its name, and its path."""

_COMMANDS = re.compile(
    r"(?:opspareds \"\" \$arg1\n)?opexprlanguage -s (?:hscript|python) \$arg1\n"
    r"(?:opuserdata -n '[^'\n]+' -v '[^'\n]*' \$arg1\n)*"
)
"""What a creation script does with a new node."""


def check(findings: Findings, path: str, text: str) -> None:
    """Note what is wrong with a section.

    Args:
        findings: where it is noted.
        path: of the section's file, the last part of which is its name.
        text: of the file.
    """
    name = path.rpartition("/")[2]
    if name in _CHECKS:
        _CHECKS[name](findings, path, text)


def _dialog(findings: Findings, path: str, text: str) -> None:
    dialog = findings.canonical(path, text, dialog_read.read, dialog_write.write)
    for problem in () if dialog is None else lint_parameters.problems(dialog):
        findings.add(path, problem)


def _create_script(findings: Findings, path: str, text: str) -> None:
    named = [re.search(pattern, text) for pattern in _NAMED]
    operator, where = ("" if match is None else match[1] for match in named)
    head = sections.creation_head(operator, where)
    commands = text[len(head) :]
    lines = commands.split("\n")
    if not text.startswith(head):
        findings.same(path, text[: len(head)], head)
    elif _COMMANDS.fullmatch(commands) is None or len(set(lines)) < len(lines):
        line = head.count("\n") + 1
        findings.add(path, f"found {commands!r}; wanted opexprlanguage, opuserdata", line)


def _type_options(findings: Findings, path: str, text: str) -> None:
    read, write = sections.read_type_options, sections.write_type_options
    findings.canonical(path, text, read, write)


def _options(findings: Findings, path: str, text: str) -> None:
    findings.canonical(path, text, options.read, options.write)


def _tool(findings: Findings, path: str, text: str) -> None:
    try:
        shelf.check(text, path)
    except FormatError as error:
        findings.add_error(path, error)


def _picture(findings: Findings, path: str, text: str) -> None:
    try:
        if text:
            expat.ParserCreate().Parse(text, True)  # noqa: FBT003 - expat's last piece
    except expat.ExpatError as error:
        findings.add(path, f"no XML: {error}", error.lineno)


def _python(findings: Findings, path: str, text: str) -> None:
    try:
        ast.parse(text)
    except SyntaxError as error:
        findings.add(path, f"no Python: {error.msg}", error.lineno or 0)


_CHECKS: Mapping[str, Callable[[Findings, str, str], None]] = {
    "DialogScript": _dialog,
    "CreateScript": _create_script,
    "TypePropertiesOptions": _type_options,
    "ExtraFileOptions": _options,
    "InternalFileOptions": _options,
    "Tools.shelf": _tool,
    "IconSVG": _picture,
    "PythonCook": _python,
    **dict.fromkeys(SCRIPTS, _python),
}
