"""`Tools.shelf`, the tool that puts a new node where the Tab key was pressed."""

import ast
import re
from itertools import pairwise
from os import PathLike
from typing import NoReturn
from xml.parsers import expat
from xml.sax.saxutils import escape as as_xml

from lightmould.errors import FormatError, at

_NETWORKS = {"Object": "OBJ", "Sop": "SOP", "Top": "TOP"}
_MODULES = {"Object": "objecttoolutils", "Sop": "soptoolutils", "Top": "toptoolutils"}

_HEAD = """\
<?xml version="1.0" encoding="UTF-8"?>
<shelfDocument>
  <!-- This file contains definitions of shelves, toolbars, and tools.
 It should not be hand-edited when it is being used by the application.
 Note, that two definitions of the same element are not allowed in
 a single file. -->

"""
_FORM = re.compile(
    re.escape(_HEAD)
    + r"""  <tool name="\$HDA_DEFAULT_TOOL" label="\$HDA_LABEL" icon="\$HDA_ICON">
(?:    <helpURL>[^<>\s]+</helpURL>
)?(?:    <toolMenuContext name="(?:viewer|cop_viewer|network)">
(?:      <contextNetType>[A-Z0-9]+</contextNetType>
|      <contextOpType>\$HDA_TABLE_AND_NAME</contextOpType>
)+    </toolMenuContext>
)*(?:    <toolSubmenu>[^<>\n]+</toolSubmenu>
)*    <script scriptType="python"><!\[CDATA\[(?P<script>.*?)\]\]></script>
(?:    <keywordList>
(?:      <keyword>[^<>\n]+</keyword>
)+    </keywordList>
)?  </tool>
</shelfDocument>
""",
    re.DOTALL,
)
_OLD = '\n<tool name="$HDA_DEFAULT_TOOL" label="$HDA_LABEL" icon="$HDA_ICON">\n'
"""How files of before Houdini 16 begin, whose layout is free."""


def write(table: str, submenu: str) -> str:
    """The tool for a node.

    Args:
        table: Object, Sop or Top.
        submenu: of the Tab menu.
    """
    return f"""{_HEAD}\
  <tool name="$HDA_DEFAULT_TOOL" label="$HDA_LABEL" icon="$HDA_ICON">
    <toolMenuContext name="viewer">
      <contextNetType>{_NETWORKS[table]}</contextNetType>
    </toolMenuContext>
    <toolMenuContext name="network">
      <contextOpType>$HDA_TABLE_AND_NAME</contextOpType>
    </toolMenuContext>
    <toolSubmenu>{as_xml(submenu)}</toolSubmenu>
    <script scriptType="python"><![CDATA[import {_MODULES[table]}

{_MODULES[table]}.genericTool(kwargs, '$HDA_NAME')]]></script>
  </tool>
</shelfDocument>
"""


def check(text: str, path: str | PathLike[str]) -> None:
    """Nothing, for a tool of the form that Houdini writes.

    Raises:
        FormatError: it is no XML, has another form, or its script is no Python.
    """
    try:
        expat.ParserCreate().Parse(text, True)  # noqa: FBT003 - expat's last piece
    except expat.ExpatError as error:
        _fail(path, error.lineno, str(error), "XML")
    if _OLD in text:
        return
    match = _FORM.fullmatch(text)
    if match is None:
        _fail(path, 1, "another form", "one tool with contexts, submenus and a script")
    before = [line for line in text[: match.start("script")].split("\n") if ">" in line]
    repeated = [a for a, b in pairwise(before) if a == b]
    if repeated:
        _fail(path, text[: text.index(repeated[0])].count("\n") + 1, repeated[0], "it once")
    try:
        ast.parse(match["script"])
    except SyntaxError as error:
        first = text.count("\n", 0, match.start("script"))
        _fail(path, first + (error.lineno or 1), error.msg, "Python")


def _fail(path: str | PathLike[str], line: int, found: str, wanted: str) -> NoReturn:
    raise FormatError(at(path, line), found, wanted, "Write the file anew.")
