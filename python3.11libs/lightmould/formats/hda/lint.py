"""What is wrong with an asset's folder, as far as that can be told without Houdini.

Houdini writes each of these files in one form. A file is right if writing what was read makes the
same bytes, and if it agrees with the files around it. Shaders' parameters (VOP, SHOP, DOP) say more
than we read: of those only the files around are looked at.
"""

from collections.abc import Mapping
from pathlib import Path

from lightmould.errors import FormatError
from lightmould.formats.hda import lint_contents, lint_sections, names, options, sections
from lightmould.formats.hda.finding import Finding, Findings
from lightmould.formats.hda.folder import CONTENTS, SCRIPTS
from lightmould.formats.hda.sections import Entry

_INDEX = "INDEX__SECTION"
_LIST = "Sections.list"
_LIBRARY = "houdini.hdalibrary"
_NEEDED = (
    "DialogScript", "CreateScript", "TypePropertiesOptions", "Tools.shelf", "ExtraFileOptions",
)  # fmt: skip
_CORE = tuple(
    tuple(order.split())
    for order in (
        "DialogScript CreateScript TypePropertiesOptions Help Tools.shelf InternalFileOptions "
        "Contents.gz",
        "DialogScript CreateScript InternalFileOptions Contents.gz TypePropertiesOptions "
        "Tools.shelf Help",
        "DialogScript CreateScript InternalFileOptions Contents.gz TypePropertiesOptions Help "
        "Tools.shelf",
        "DialogScript TypePropertiesOptions Help Tools.shelf InternalFileOptions Contents.gz "
        "CreateScript",
        "DialogScript CreateScript TypePropertiesOptions Tools.shelf InternalFileOptions "
        "Contents.gz Help",
        "DialogScript InternalFileOptions CreateScript TypePropertiesOptions Help Tools.shelf "
        "Contents.gz",
        "DialogScript CreateScript TypePropertiesOptions Help Tools.shelf Contents.gz "
        "InternalFileOptions",
        "DialogScript InternalFileOptions Contents.gz CreateScript Tools.shelf "
        "TypePropertiesOptions Help",
    )
)
"""Orders in which versions of Houdini have listed the sections that nearly every operator has."""

_CHAINS = (
    (
        "DialogScript",
        "TypePropertiesOptions",
        "Help",
        "IconSVG",
        "PythonModule",
        "ExtraFileOptions",
    ),
    ("DialogScript", "PythonCook", "CreateScript", "IconSVG"),
    ("DialogScript", "InternalFileOptions", "IconSVG"),
    ("DialogScript", CONTENTS, "PythonModule"),
    ("DialogScript", "Tools.shelf", "FunctionName", "PythonModule"),
    ("Tools.shelf", "IconSVG"),
    ("Help", "EditableNodes", "PythonModule"),
    ("Help", "MessageNodes", "PythonModule"),
)
"""Orders that Houdini keeps in the list of an operator's sections."""

_KNOWN = frozenset({
    *_NEEDED, *SCRIPTS, "Contents.dir", "DescriptiveParmName", "DiveTarget", "EditableNodes",
    "FunctionName", "Help", "IconSVG", "InternalFileOptions", "MessageNodes", "PythonCook",
})  # fmt: skip
"""Sections that mean something to Houdini."""

_PERMISSIVE = frozenset({"Vop", "Shop", "Dop"})
_TEXTS = frozenset({_INDEX, _LIST, _LIBRARY, *_NEEDED, *SCRIPTS, "Contents.mime", "PythonCook"})
"""Files that have to be text; others may hold anything."""


def folder(path: Path) -> list[Finding]:
    """What is wrong with an asset in a folder.

    Args:
        path: the folder, whose name ends in .hda or .otl.

    Raises:
        OSError: a file can't be read.
    """
    found = {
        one.relative_to(path).as_posix(): one.read_bytes()
        for one in sorted(path.rglob("*"))
        if one.is_file()
    }
    wrong = (
        [] if path.suffix in {".hda", ".otl"} else [Finding(path.name, 0, "wanted .hda or .otl")]
    )
    return [*wrong, *files(found)]


def files(found: Mapping[str, bytes]) -> list[Finding]:
    """What is wrong with an asset's files.

    Args:
        found: what is in each, by path from the asset's folder, with slashes.
    """
    findings = Findings()
    texts = _texts(findings, found)
    listed = _list(findings, texts, _LIST)
    index = texts.get(_INDEX)
    if index is None or texts.get(_LIBRARY, _INDEX).strip() or listed is None:
        findings.add(_INDEX, f"wanted {_INDEX}, {_LIST} and an empty {_LIBRARY}")
        return findings
    entries = findings.canonical(_INDEX, index, sections.read_index, sections.write_index) or ()
    folders = {names.escape(entry.path) for entry in entries}
    tops = {path.partition("/")[0] for path in found} - {_LIST}
    first = list(listed)[:2]
    if first != [_INDEX, _LIBRARY]:
        findings.add(_LIST, f"found {', '.join(first)} first; wanted {_INDEX}, {_LIBRARY}")
    if set(listed) != folders | {_INDEX, _LIBRARY} or not tops.issuperset(listed):
        findings.add(_LIST, f"found {', '.join(sorted(listed))}; wanted what is indexed and there")
    for entry in entries:
        base = f"{names.escape(entry.path)}/"
        inside = {path: text for path, text in texts.items() if path.startswith(base)}
        _operator(findings, base, inside, entry)
    return findings


def _texts(findings: Findings, found: Mapping[str, bytes]) -> dict[str, str]:
    """The text of every file, with one kind of line break; of one that is none, nothing."""
    texts: dict[str, str] = {}
    for path, data in found.items():
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError as error:
            text = ""
            if path.rpartition("/")[2] in _TEXTS:
                findings.add(path, f"found bytes that are no UTF-8: {error.reason}")
        if text.count("\r\n") == text.count("\n"):
            text = text.replace("\r\n", "\n")
        if "\r" in text and path.rpartition("/")[2] in _TEXTS - SCRIPTS - {"Contents.mime"}:
            line = text.count("\n", 0, text.index("\r")) + 1
            findings.add(path, "found a carriage return within a line", line)
        texts[path] = text
    return texts


def _list(findings: Findings, texts: Mapping[str, str], path: str) -> dict[str, str] | None:
    """What a list of sections names, by file."""
    if path not in texts:
        findings.add(path, "is not there")
        return None
    listed = findings.canonical(path, texts[path], sections.read_list, sections.write_list)
    for file, section in (listed or {}).items():
        try:
            meant = names.unescape(file, path)
        except FormatError as error:
            findings.add_error(path, error)
        else:
            if meant != section:
                findings.add(path, f"{file}: found {section}; wanted {meant}")
    return listed


def _operator(findings: Findings, base: str, texts: Mapping[str, str], entry: Entry) -> None:
    """Note what is wrong with one operator."""
    space, _, table = entry.path.partition("/")[0].rpartition("::")
    wanted = "::".join(part for part in (space, entry.path.partition("/")[2]) if part)
    if table != entry.table or wanted != entry.operator:
        findings.add(_INDEX, f"{entry.path}: found {entry.operator} of {entry.table}")
    _listed(findings, base, texts, entry)
    for path, text in texts.items():
        is_shader = entry.table in _PERMISSIVE and path.endswith("/DialogScript")
        if path.count("/") == 1 and not is_shader:
            lint_sections.check(findings, path, text)
    _scripts(findings, base, texts)
    _inside(findings, base, texts, entry)


def _listed(findings: Findings, base: str, texts: Mapping[str, str], entry: Entry) -> None:
    """Note sections that are missing, not listed, or listed in another order than Houdini's."""
    listed = _list(findings, texts, f"{base}{_LIST}") or {}
    core = tuple(name for name in listed if name in _CORE[0])
    if core not in {tuple(name for name in order if name in core) for order in _CORE}:
        findings.add(f"{base}{_LIST}", f"found {', '.join(core)}; wanted {', '.join(_CORE[0])}")
    for chain in _CHAINS:
        wanted_order = [name for name in chain if name in listed]
        found_order = [name for name in listed if name in chain]
        if found_order != wanted_order:
            said = f"found {', '.join(found_order)}; wanted {', '.join(wanted_order)}"
            findings.add(f"{base}{_LIST}", said)
    there = {path.removeprefix(base).partition("/")[0] for path in texts} - {_LIST}
    named = {"Contents.dir" if file == CONTENTS else file for file in listed}
    # What else an asset carries, people may keep out of a repository.
    for name in sorted((named - there) & _KNOWN):
        findings.add(f"{base}{name}", "is not there")
    for name in sorted((there - named) & _KNOWN):
        findings.add(f"{base}{name}", "is there but not listed")
    needed = [*_NEEDED, *(["PythonCook", "FunctionName"] if entry.is_python else [])]
    needed += ["InternalFileOptions", "Contents.dir"] if entry.is_subnet else []
    for name in needed:
        if name not in named:
            findings.add(f"{base}{name}", "is not there")


def _scripts(findings: Findings, base: str, texts: Mapping[str, str]) -> None:
    """Note scripts that Houdini would take for hscript."""
    path = f"{base}ExtraFileOptions"
    try:
        said = options.read(texts.get(path, "{\n}\n"), path)
    except FormatError:
        return
    for name in sorted(SCRIPTS):
        wanted = {f"{name}/IsExpr": False, f"{name}/IsPython": True, f"{name}/IsScript": True}
        if f"{base}{name}" in texts:
            for key, value in wanted.items():
                if said.get(key) != ("bool", value):
                    findings.add(path, f"wanted {key} to be {str(value).lower()}")


def _inside(findings: Findings, base: str, texts: Mapping[str, str], entry: Entry) -> None:
    """Note what is wrong with the nodes inside."""
    folder_path = f"{base}Contents.dir/"
    if not any(path.startswith(folder_path) for path in texts):
        return
    listed = _list(findings, texts, f"{folder_path}{_LIST}")
    if listed is not None and listed != {"Contents.mime": "Contents.mime"}:
        findings.add(f"{folder_path}{_LIST}", "wanted Contents.mime")
    mime = texts.get(f"{folder_path}Contents.mime")
    if mime is None:
        findings.add(f"{folder_path}Contents.mime", "is not there")
    else:
        lint_contents.check(findings, f"{folder_path}Contents.mime", mime, entry)
