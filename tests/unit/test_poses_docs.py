"""docs/poses.md against the code: its tables are those of the formats."""

import re
from pathlib import Path

from lightmould.dataset import diagnosis, mistakes
from lightmould.formats.poses.format import Holds
from lightmould.formats.poses.registry import FORMATS

PAGE = (Path(__file__).parents[2] / "docs" / "poses.md").read_text(encoding="utf-8")


def rows(heading: str) -> list[list[str]]:
    """The cells of the table whose second column has that heading."""
    lines = PAGE.splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith(f"| `FORMAT` | {heading} |"))
    table = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            return table
        table.append([cell.strip() for cell in line.strip("|").split("|")])
    return table


def told(holds: Holds) -> list[str]:
    terms = " ".join(sorted(holds.terms)) or "no"
    flags = (holds.size, holds.off_center, holds.aspect, holds.varying)
    more = (holds.fisheye, holds.names, holds.depths, holds.points)
    say = {True: "yes", False: "no"}
    return [*(say[one] for one in flags), terms, *(say[one] for one in more)]


def test_the_page_lists_every_format_and_what_it_holds() -> None:
    assert rows("sizes") == [[f"`{name}`", *told(one.holds)] for name, one in FORMATS.items()]


def test_the_page_names_the_files_of_every_format() -> None:
    listed = rows("whose")
    assert [row[0].strip("`") for row in listed] == list(FORMATS)
    for row, form in zip(listed, FORMATS.values(), strict=True):
        first = form.files[0].lstrip("*")
        assert first in row[2] or form.name == "lightmould"


def test_the_page_names_every_fault() -> None:
    text = "".join(Path(one.__file__).read_text(encoding="utf-8") for one in (diagnosis, mistakes))
    names = {*re.findall(r'(?:Remedy|Fault)\(\s*"(\w+)"', text)}
    table = PAGE.split("| `fault` |")[1].split("\n\n")[0]
    assert names == {*re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)}
