"""nvdiffrec's files as its own programs have them; its lines as others watch for them."""

import json
import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lightmould
from lightmould.errors import FormatError
from lightmould.formats import nvdiffrec
from lightmould.formats.nvdiffrec import Config, log
from lightmould.model import Mesh

PUBLISHED_IN = Path(lightmould.__file__).parent / "presets" / "nvdiffrec"
OURS = {"draft", "standard", "hero"}
PUBLISHED = sorted(one for one in PUBLISHED_IN.glob("*.json") if one.stem not in OURS)
LEAST = {"ref_mesh": "views", "out_dir": "it"}

# The expressions that watch nvdiffrec itself.
STEP = re.compile(
    r"^iter=\s*(?P<it>\d+), img_loss=(?P<img>[-+\d.eE]+|nan|inf), "
    r"reg_loss=(?P<reg>[-+\d.eE]+|nan|inf), lr=(?P<lr>[\d.]+), time=(?P<ms>[\d.]+) ms, "
    r"rem=(?P<rem>[\d.]+) (?P<unit>[smh])\s*$"
)
OTHERS = (
    r"^Config / Flags:\s*$",
    r"^-{9}$",
    r"^DatasetMesh: ref mesh has (\d+) triangles and (\d+) vertices",
    r"^DatasetNERF: (\d+) images with shape \[(\d+), (\d+)\]",
    r"^Running validation$",
    r"^MSE,      PSNR$",
    r"^(?P<mse>\d+\.\d{8}), (?P<psnr>-?[\d.]+)$",
    r"^Base mesh has (\d+) triangles and (\d+) vertices\.",
    r"^Writing mesh:\s+(?P<path>.+)$",
    r"^\s+writing (\d+) (vertices|texcoords|normals|faces)$",
    r"^Writing material:\s+(?P<path>.+)$",
    r"^Done exporting mesh$",
)


def read(changes: dict[str, Any]) -> Config:
    return nvdiffrec.read(json.dumps(LEAST | changes), Path("x.json"))


@pytest.mark.parametrize("path", PUBLISHED, ids=lambda path: path.stem)
def test_every_published_configuration_reads_and_reads_back_equal(path: Path) -> None:
    config = nvdiffrec.read(path.read_bytes(), path)
    said = json.loads(path.read_text())
    plain = nvdiffrec.flags(config)
    assert {name: plain[name] for name in said} == said
    assert nvdiffrec.read(nvdiffrec.write(config), path) == config


def test_there_are_the_fifteen_that_were_published() -> None:
    assert len(PUBLISHED) == 15


def test_a_file_says_only_what_differs_from_the_defaults() -> None:
    assert json.loads(nvdiffrec.write(read({"batch": 1, "iter": 20}))) == LEAST | {"iter": 20}


def test_every_key_has_a_sentence() -> None:
    documented = re.findall(r"^        (\w+): \w", str(Config.__doc__), flags=re.MULTILINE)
    assert documented == [one.name for one in fields(Config)]


@pytest.mark.parametrize(
    ("rates", "passes"),
    [
        (0.02, ((0.02, 0.02), (0.02, 0.02))),
        ([0.03, 0.01], ((0.03, 0.03), (0.01, 0.01))),
        ([[0.03, 0.02], [0.01, 0.005]], ((0.03, 0.02), (0.01, 0.005))),
        ([0.03, [0.01, 0.005]], ((0.03, 0.03), (0.01, 0.005))),
    ],
)
def test_a_learning_rate_is_a_number_a_list_of_passes_or_of_pairs(
    rates: Any, passes: tuple[tuple[float, float], ...]
) -> None:
    config = read({"learning_rate": rates})
    assert (config.rates(0), config.rates(1)) == passes


def test_a_list_of_one_rate_is_enough_where_there_is_one_pass() -> None:
    config = read({"learning_rate": [0.01], "base_mesh": "a.obj"})
    assert (config.passes, config.rates(0)) == (1, (0.01, 0.01))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"learnin_rate": 1}, "the unknown key 'learnin_rate'.*Did you mean 'learning_rate'"),
        ({"envlight": "a.hdr"}, "nvdiffrecmc's; did you mean 'envmap'"),
        ({"zzz": 1}, "'zzz'.*Remove it"),
        ({"out_dir": None}, "out_dir: found null; wanted text"),
        ({"ref_mesh": " "}, 'ref_mesh: found " "; wanted text, not empty'),
        ({"iter": 1.5}, r"iter: found 1\.5; wanted a whole number, 1 or more"),
        ({"iter": True}, "iter: found true"),
        ({"batch": 0}, "batch: found 0; wanted a whole number"),
        ({"train_res": 512}, r"train_res: found 512; wanted \[height, width\]"),
        ({"train_res": [512]}, r"train_res: found \[512\]"),
        ({"train_res": [512, "512"]}, r'train_res\[1\]: found "512"'),
        ({"texture_res": [1000, 1000]}, "texture_res.*each a power of two"),
        ({"learning_rate": [0.01]}, "wanted two of them, as there are two passes"),
        ({"learning_rate": []}, "learning_rate: found .* a number above 0"),
        ({"learning_rate": [0.1, 0.1, 0.1]}, "learning_rate.*one for each pass"),
        ({"learning_rate": [0.1, 0]}, "learning_rate.*above 0"),
        ({"background": "pink"}, "found 'pink'; wanted checker, black"),
        ({"loss": "l1"}, "loss: found 'l1'; wanted logl1"),
        ({"validate": "True"}, 'validate: found "True"; wanted true or false'),
        ({"envmap": "sky.exr"}, r"envmap: found \"sky\.exr\"; wanted a \.hdr file"),
        ({"ref_mesh": "a.obj"}, "envmap: found none; wanted a .hdr file to light the mesh"),
        ({"learn_light": False}, "envmap: found none.*as learn_light is false"),
        ({"display": [{"bsdf": "kdd"}]}, "display: .*wanted a list of"),
        ({"display": [{"latlong": 1}]}, r"display\[0\]\.latlong"),
        ({"kd_min": [0, 0]}, "kd_min: .*3 or 4 numbers"),
        ({"kd_max": [1, 1, 1], "layers": 2}, "wanted four, as layers are above 1"),
        ({"ks_min": [0, 1, 0], "ks_max": [1, 0.5, 1]}, "ks_min: .*at most ks_max"),
        ({"cam_near_far": [1, 0.1]}, "cam_near_far: .*0 < near < far"),
        ({"mesh_scale": 0}, "mesh_scale: found 0.0; wanted a number above 0"),
    ],
)
def test_what_does_not_fit_is_named_with_what_was_wanted(
    changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(FormatError, match=message) as caught:
        read(changes)
    assert str(caught.value).startswith("x.json")


@pytest.mark.parametrize("text", ["[]", "3", '"a"', "{", '{"a": 1, "a": 2}', "\xff"])
def test_what_is_no_object_is_refused(text: str) -> None:
    with pytest.raises(FormatError, match=r"x\.json"):
        nvdiffrec.read(text, Path("x.json"))


@pytest.mark.parametrize(
    ("seconds", "left", "rest"),
    [(0.247, 100, "24.70 s"), (0.247, 990, "4.08 m"), (1.0, 9000, "2.50 h")],
)
def test_a_step_is_told_as_nvdiffrec_tells_it(seconds: float, left: int, rest: str) -> None:
    line = log.step(log.Step(10, 0.25, 0.5, 0.003, seconds, left))
    found = STEP.match(line)
    assert found
    assert int(found["it"]) == 10
    assert float(found["img"]) == 0.25
    assert float(found["lr"]) == 0.003
    assert f"{found['rem']} {found['unit']}" == rest


def test_even_a_loss_that_is_not_a_number_is_told() -> None:
    assert STEP.match(log.step(log.Step(0, float("nan"), 0.0, 0.01, 0.1, 1)))


def test_every_line_is_one_that_watchers_of_nvdiffrec_know() -> None:
    corners = np.array([[0.0, 0, 0], [1, 0, 0], [1, 1, 0]])
    faces = np.array([[0, 1, 2]], np.int32)
    mesh = Mesh(corners, faces, corners[:, :2], faces, corners, faces)
    text = "".join(
        (
            log.reference(mesh),
            log.pictures("NERF", 100, (800, 600)),
            log.base(mesh),
            log.validation_begins(),
            log.validation(0.00123, 29.1234),
            log.written(Path("out/bob/mesh"), mesh),
        )
    )
    unknown = [line for line in text.splitlines() if not any(re.match(one, line) for one in OTHERS)]
    assert unknown == []
    assert "DatasetNERF: 100 images with shape [600, 800]\n" in text
    assert [line for line in text.splitlines() if line.startswith("    ")] == [
        "    writing 3 vertices",
        "    writing 3 texcoords",
        "    writing 3 normals",
        "    writing 1 faces",
    ]


def test_the_flags_are_told_between_two_rules() -> None:
    first, rule, *lines, last = log.flags(nvdiffrec.flags(read({"iter": 20}))).splitlines()
    assert (first, rule, last) == ("Config / Flags:", "-" * 9, "-" * 9)
    assert "iter 20" in lines
    assert "train_res [512, 512]" in lines
    assert len(lines) == len(fields(Config))


def test_the_scores_are_a_table_with_its_means() -> None:
    assert log.scores([(0.01, 20.0), (0.001, 30.0)]) == (
        "ID, MSE, PSNR\n0, 0.01000000, 20.00000000\n1, 0.00100000, 30.00000000\n"
        "AVERAGES: 0.0055, 25.000\n"
    )
