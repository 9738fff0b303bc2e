import dataclasses
import itertools
import re
from pathlib import Path
from typing import Any

import pytest

from lightmould.errors import FormatError, SettingsError
from lightmould.settings import FILE_NAME, Render, Settings, Worker, load
from lightmould.settings.presets import PRESETS, reconstruction
from lightmould.settings.reconstruction import Reconstruction, ShapeLevel

TOOLS = [one.type for one in dataclasses.fields(Settings)]


def write(folder: Path, text: str) -> Path:
    (folder / FILE_NAME).write_text(text, encoding="utf-8")
    return folder


def test_without_a_file_the_defaults_hold(tmp_path: Path) -> None:
    assert load(tmp_path, {}) == Settings(Worker(), Render())


def test_the_file_beats_the_defaults_and_the_environment_beats_the_file(tmp_path: Path) -> None:
    write(
        tmp_path,
        '[worker]\npython = "py"\nblender = "/opt/blender"\n'
        '[render]\nsize = [64, 32]\nfov = 1\nlight = "lights/größer.hdr"\n',
    )
    settings = load(tmp_path, {"LIGHTMOULD_BLENDER": "b", "LIGHTMOULD_PYTHON": "", "SIZE": "1"})
    assert settings.worker == Worker(python="py", blender="b")
    assert settings.render == Render(
        size=(64, 32), fov=1.0, light=tmp_path / "lights" / "größer.hdr"
    )
    assert type(settings.render.fov) is float


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[rendr]\n", r"'rendr'.*Did you mean 'render'"),
        ("[render]\nsampels = 4\n", r"render: found the name 'sampels'.*Did you mean 'samples'"),
        ("[render]\nzzz = 4\n", r"'zzz'.*bounces.*Remove it"),
        ("render = 4\n", "found 4; wanted a table"),
        ("[render]\nsamples = '4'\n", r"render\.samples: found '4'; wanted int"),
        ("[render]\nsamples = true\n", "found True; wanted int"),
        ("[render]\nsamples = 0\n", rf"{FILE_NAME}: render\.samples: found 0; wanted 1 to"),
        ("[render]\nsize = [64]\n", "wanted 2 of them"),
        ("[render]\nsize = [64, 6.5]\n", r"render\.size\[1\]: found 6\.5"),
        ("[render]\nsize = [64, 4]\n", r"render\.size: found \(64, 4\); wanted 16 to"),
        ("[render]\nfov = nan\n", r"render\.fov: found nan"),
        ("[worker]\npython = 3\n", r"worker\.python: found 3; wanted text"),
        ("[render\n", "wanted TOML"),
    ],
)
def test_a_wrong_file_names_the_place_and_what_was_wanted(
    tmp_path: Path, text: str, message: str
) -> None:
    with pytest.raises(SettingsError, match=message) as caught:
        load(write(tmp_path, text), {})
    assert str(tmp_path / FILE_NAME) in str(caught.value)


def test_a_folder_in_the_files_place_is_an_error(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).mkdir()
    with pytest.raises(SettingsError, match="wanted a readable file"):
        load(tmp_path, {})


@pytest.mark.parametrize("tool", [Settings, *TOOLS, Reconstruction])
def test_every_field_has_a_sentence_and_a_default(tool: Any) -> None:
    documented = re.findall(r"^    +(\w+): \w", tool.__doc__, flags=re.MULTILINE)
    assert documented == [one.name for one in dataclasses.fields(tool)]
    assert tool() == tool()


def test_every_preset_can_be_read_and_each_tries_harder_than_the_one_before() -> None:
    assert tuple(PRESETS) == ("draft", "standard", "hero")
    efforts = [
        (
            how.levels[-1].cells,
            how.texture_size,
            sum(one.steps / one.every for one in how.appearance),
        )
        for how in PRESETS.values()
    ]
    for less, more in itertools.pairwise(efforts):
        assert all(a < b for a, b in zip(less, more, strict=True))


def test_a_file_of_ones_own_changes_what_it_names_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    path.write_text('{"texture_size": 64, "levels": [{"cells": 9, "steps": 8, "halvings": 1, ')
    with path.open("a") as file:
        file.write('"batch": 2}]}')
    expected = dataclasses.replace(
        PRESETS["standard"], texture_size=64, levels=(ShapeLevel(9, 8, 1, 2),)
    )
    assert reconstruction("standard", path) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            '{"texture_sise": 64}',
            r"mine\.json: \$: .*\"texture_sise\"; wanted one of .*texture_size",
        ),
        ('{"texture_size": "64"}', r"mine\.json: \$\.texture_size: found \"64\"; wanted int"),
        ('{"texture_size": 9000}', r"mine\.json: \$: found 9000; wanted 16 to 8192"),
        ('{"levels": [{"cells": 9}]}', r"mine\.json: \$\.levels\[0\]: found no field 'steps'"),
        (
            '{"thin_levels": [{"cells": 9, "steps": 8, "halving": 1, "batch": 2}]}',
            r"\$\.thin_levels\[0\]: found \"halving\"; wanted one of .*halvings",
        ),
        (
            '{"levels": [{"cells": 0, "steps": 8, "halvings": 1, "batch": 2}]}',
            r"\$\.levels\[0\]: found 0; wanted 4 to 4096 \(shapelevel\.cells\)",
        ),
        (
            '{"appearance": [{"halvings": 1, "steps": 0, "every": 2}]}',
            r"\$\.appearance\[0\]: found 0; wanted 1 to .*appearancelevel\.steps",
        ),
        ('{"extent": 0}', r"\$: found 0\.0; wanted metres above 0 \(reconstruction\.extent\)"),
        (
            '{"kd_min": [0, 0, 1], "kd_max": [1, 1, 0.5]}',
            r"found .*above.*\(reconstruction\.kd_min\)",
        ),
        ('{"levels": []}', r"mine\.json: \$: found none; .*\(reconstruction\.levels\)"),
        ('{"appearance": []}', r"mine\.json: \$: found none; .*\(reconstruction\.appearance\)"),
        ('{"seed": 1, "seed": 2}', r"mine\.json: .*twice"),
        ("[]", r"mine\.json: .*wanted an object"),
        ("{", r"mine\.json:1: .*wanted JSON"),
    ],
)
def test_a_wrong_file_of_changes_names_itself_and_the_field(
    tmp_path: Path, text: str, message: str
) -> None:
    path = tmp_path / "mine.json"
    path.write_text(text)
    with pytest.raises(FormatError, match=message):
        reconstruction("draft", path)


def test_files_that_settings_name_are_told_from_their_folder_and_have_to_be_there(
    tmp_path: Path,
) -> None:
    path = tmp_path / "mine.json"
    path.write_text('{"light": "lights/sun.hdr"}')
    with pytest.raises(SettingsError, match=r"mine\.json: light: found no file .*sun\.hdr"):
        reconstruction("draft", path)
    (tmp_path / "lights").mkdir()
    (tmp_path / "lights" / "sun.hdr").write_bytes(b"")
    assert reconstruction("draft", path).light == tmp_path / "lights" / "sun.hdr"


def test_a_preset_or_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="one of: draft, standard, hero"):
        reconstruction("fast")
    with pytest.raises(KeyError):
        PRESETS["fast"]
    with pytest.raises(SettingsError, match="a file of settings"):
        reconstruction("draft", tmp_path / "mine.json")
