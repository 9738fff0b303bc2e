"""docs/nvdiffrec.md against the code: its settings, its commands, its presets."""

import re
import shlex
from dataclasses import fields
from pathlib import Path

import pytest

from lightmould.cli import app
from lightmould.settings import Nvdiffrec, presets

PAGE = (Path(__file__).parents[2] / "docs" / "nvdiffrec.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^lightmould .*$", PAGE, re.MULTILINE)


def test_the_settings_are_those_of_the_code_with_their_defaults() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (\S+) \| (.*) \|$", PAGE, re.MULTILINE)
    told = {name: default.strip("`") for name, default, _ in rows}
    every = fields(Nvdiffrec)
    assert told == {one.name: "unset" if one.default is None else str(one.default) for one in every}
    said = {name: text for name, _, text in rows}
    for one in every:
        assert one.metadata.get("variable", "") in said[one.name]


@pytest.mark.parametrize("line", COMMANDS)
def test_a_command_of_the_page_is_one_that_we_take(line: str) -> None:
    _, *words = shlex.split(line, comments=True)
    app.parse_args(words, print_error=False, exit_on_error=False)


def test_as_many_presets_are_told_as_there_are() -> None:
    published = set(presets.trainings()) - {*presets.PRESETS}
    assert len(published) == 15
    assert "one of the fifteen" in PAGE
