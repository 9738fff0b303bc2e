"""`lightmould rig`: every kind writes a rig, and says what its cameras see."""

import json
import re
import shlex
from pathlib import Path

import numpy as np
import pytest

from lightmould.cli import app, main
from lightmould.dataset import images
from lightmould.formats import codec, coverage
from lightmould.model import CameraRig
from lightmould.model.arrays import Floats

PAGE = (Path(__file__).parents[2] / "docs" / "rigs.md").read_text(encoding="utf-8")
CUBE = """
v -1 -1 -1
v -1 -1 1
v -1 1 -1
v -1 1 1
v 1 -1 -1
v 1 -1 1
v 1 1 -1
v 1 1 1
f 1 2 4 3
f 5 7 8 6
f 1 5 6 2
f 3 4 8 7
f 1 3 7 5
f 2 6 8 4
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "cube.obj").write_text(CUBE)
    (tmp_path / "way.txt").write_text("0 0 5\n5 0 0\n0 2 -5\n")
    (tmp_path / "way.obj").write_text("v 0 0 5\nv 5 0 0\nv 0 2 -5\nl 1 2 3 1\n")
    (tmp_path / "orient.txt").write_text("0 0 5 0 0 0 1\n")
    (tmp_path / "flat.obj").write_text("v 0 0 0\nv 1 0 0\nv 2 0 0\nf 1 2 3\n")
    (tmp_path / "far.obj").write_text("v 1e300 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n")
    (tmp_path / "nowhere.txt").write_text("0 0 3 1 0 0\n0 0 3 0 0 0\n")
    (tmp_path / "aimed.txt").write_text("0 0 5 0 0 -1\n5 0 0 -1 0 0\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def rig_of(path: Path) -> CameraRig:
    return codec.read(CameraRig, path.read_bytes(), path)


def places(rig: CameraRig) -> Floats:
    return np.array([camera.world_from_camera[:3, 3] for camera in rig.cameras])


@pytest.mark.parametrize(
    ("line", "count"),
    [
        ("ring --distance 3 --count 7 --elevation-deg 30", 7),
        ("dome --distance 3 --count 20 --elevations-deg 0 --elevations-deg 45", 20),
        ("dome --distance 3 --count 5 --elevations-deg 90", 5),
        ("sphere --distance 3 --count 5", 5),
        ("hemisphere --distance 3 --count 5", 5),
        ("spiral --distance 3 --count 9 --turns 2 --elevations-deg -10 60", 9),
        ("random --distances 2 4 --count 6 --elevations-deg 0 90 --separation 0.2", 6),
        ("path way.txt --count 4", 4),
        ("path way.obj --count 4 --ahead", 4),
        ("points way.txt", 3),
        ("points orient.txt", 1),
        ("points aimed.txt", 2),
        ("around cube.obj --distance 2 --count 6", 6),
    ],
)
def test_every_kind_writes_as_many_cameras_as_it_was_asked_for(
    folder: Path, line: str, count: int
) -> None:
    assert main(["rig", *line.split(), "--out", "new/rig.json"]) == 0
    rig = rig_of(folder / "new" / "rig.json")
    assert len(rig.cameras) == count
    assert all(camera.size == (512, 512) for camera in rig.cameras)


def test_the_report_says_what_is_seen(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = "rig ring --mesh cube.obj --count 8 --out rig.json --test 2 --coverage c.npz"
    assert main([*line.split(), "--preview", "heat.png"]) == 0
    told = capsys.readouterr().out
    assert "6 cameras to learn from, 0 to validate with, 2 to score with" in told
    assert "unseen    4 of 12 faces, 33.33% of the area" in told
    found = coverage.read((folder / "c.npz").read_bytes(), folder / "c.npz")
    assert found.cameras == 6
    assert (found.views[[4, 5, 6, 7]] == 0).all()
    assert images.read(folder / "heat.png", 3).shape == (1024, 1024, 3)


def test_cover_adds_cameras_until_all_is_seen_and_says_so(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = "rig ring --mesh cube.obj --count 4 --out rig.json --cover 2 --angle-deg 60 --json"
    assert main(line.split()) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["cover"]["added"] == told["train"] - 4 > 0
    assert told["cover"]["wanting"] == told["coverage"]["unseen"] == 0
    assert told["coverage"]["views_min"] >= 2
    assert len(rig_of(folder / "rig.json").cameras) == told["train"]
    # And the file is taken up again, unchanged.
    assert main(["rig", "file", "rig.json", "--out", "same.json", "--mesh", "cube.obj"]) == 0
    assert (folder / "same.json").read_bytes() == (folder / "rig.json").read_bytes()


def test_what_can_not_be_seen_is_said_with_its_place(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    inner = [f"v {0.2 * x} {0.2 * y} {0.2 * z}" for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)]
    more = "\n".join([CUBE, *inner, "f 9 10 12"])
    (folder / "cube.obj").write_text(more)
    line = "rig sphere --mesh cube.obj --count 16 --out rig.json --cover 1"
    assert main(line.split()) == 0
    told = capsys.readouterr().out
    assert "1 faces (0.33% of the area) can't be seen 1 times within 75 degrees" in told
    assert "face 12 at -0.2 -0.06667 0.06667 wants 1 more" in told
    (folder / "cube.obj").write_text(f"{more}\nf 9 12 11\nf 13 16 14\nf 13 15 16\n")
    assert main([*line.split()]) == 0
    assert "and 1 more; --json names them all" in capsys.readouterr().out
    assert main([*line.split(), "--json"]) == 0
    cover = json.loads(capsys.readouterr().out)["cover"]
    assert sorted(one["face"] for one in cover["faces"]) == [12, 13, 14, 15]
    assert cover["wanting"] == 4


def test_a_mesh_says_where_cameras_stand_and_flags_say_it_better(folder: Path) -> None:
    (folder / "cube.obj").write_text(CUBE.replace("v -1 ", "v 9 ").replace("v 1 ", "v 11 "))
    common = ["rig", "sphere", "--count", "9", "--mesh", "cube.obj", "--out", "rig.json"]
    assert main(common) == 0
    rig = rig_of(folder / "rig.json")
    away = np.linalg.norm(places(rig) - (10, 0, 0), axis=1)
    np.testing.assert_allclose(away, away[0])
    assert rig.cameras[0].near > 1
    assert rig.cameras[0].far < 30
    assert main([*common, "--target", "1", "2", "3", "--distance", "2", "--near", "0.5"]) == 0
    rig = rig_of(folder / "rig.json")
    np.testing.assert_allclose(np.linalg.norm(places(rig) - (1, 2, 3), axis=1), 2)
    assert rig.cameras[0].near == 0.5


def test_z_can_be_up_and_lenses_can_be_in_millimetres(folder: Path) -> None:
    line = "rig ring --distance 2 --count 4 --up 0 0 1 --focal-mm 18 --size 80 60 --out rig.json"
    assert main(line.split()) == 0
    rig = rig_of(folder / "rig.json")
    np.testing.assert_allclose(places(rig)[:, 2], 0, atol=1e-12)
    for camera in rig.cameras:
        np.testing.assert_allclose(camera.world_from_camera[:3, 1], (0, 0, 1), atol=1e-12)
        np.testing.assert_allclose(camera.focal, 40)


def test_equal_seeds_write_equal_files_and_others_do_not(folder: Path) -> None:
    line = "rig random --distance 2 --count 5 --jitter 0.1 --jitter-aim-deg 2 --jitter-roll-deg 3"
    for name, seed in (("a", "1"), ("b", "1"), ("c", "2")):
        assert main([*line.split(), "--seed", seed, "--out", f"{name}.json"]) == 0
    written = [(folder / f"{name}.json").read_bytes() for name in "abc"]
    assert written[0] == written[1] != written[2]


@pytest.mark.parametrize(
    ("line", "code", "told"),
    [
        ("ring", 4, "--distance: found nothing"),
        ("ring --distance 0", 4, "metres above 0"),
        ("ring --distance 1 --cover 1", 4, "--cover: found no --mesh"),
        ("ring --distance 1 --preview a.png", 4, "--preview: found no --mesh"),
        ("ring --distance 1 --fov-deg 180", 4, "fov 3.14"),
        ("ring --distance 1 --up 0 0 0", 4, "rig up"),
        ("ring --distance 1 --size 0 5", 4, "size (0, 5)"),
        ("ring --distance 1 --far inf", 4, "near 0.01, far inf"),
        ("ring --distance 1 --seed -1", 4, "--seed: found -1"),
        ("ring --distance 1 --count 1000000000", 4, "1000000000 cameras"),
        ("spiral --distance 1 --turns 1e9", 4, "turns at most"),
        ("points nowhere.txt", 4, "rig direction 1"),
        ("ring --mesh flat.obj", 4, "--mesh: found no face with an area"),
        ("ring --mesh far.obj", 3, "far.obj:1: found '1e300'"),
        ("ring --distance 1 --count 3 --test 3", 4, "some left to learn from"),
        ("ring --mesh none.obj", 3, "none.obj: found No such file"),
        ("ring --mesh cube.obj --cover 1 --angle-deg 95", 4, "cover angle"),
        ("path orient.txt --distance 1", 3, "wanted rows of x y z"),
        ("around cube.obj --distance 0.001", 4, "a distance of"),
        ("around cube.obj --mesh way.obj", 4, "--mesh"),
        ("file cube.obj", 3, "cube.obj"),
    ],
)
def test_what_can_not_be_done_is_refused_by_name_and_nothing_is_written(
    folder: Path, capsys: pytest.CaptureFixture[str], line: str, code: int, told: str
) -> None:
    assert main(["rig", *line.split(), "--out", "rig.json"]) == code
    assert told in capsys.readouterr().err
    assert not (folder / "rig.json").exists()


def test_the_pages_command_lines_are_ones_that_it_takes_and_name_every_kind() -> None:
    lines = re.findall(r"^lightmould (.*)$", PAGE, re.MULTILINE)
    kinds = set()
    for line in lines:
        words = shlex.split(line)
        app.parse_args(words, print_error=False, exit_on_error=False)
        kinds.add(words[1])
    listed = set(re.findall(r"^\| `(\w+)` \| [^c]", PAGE.split("## What is seen")[0], re.MULTILINE))
    assert kinds == listed == {name for name in app["rig"] if not name.startswith("-")}


@pytest.mark.usefixtures("folder")
def test_the_pages_python_prints_what_it_says(capsys: pytest.CaptureFixture[str]) -> None:
    line = "rig ring --mesh cube.obj --count 8 --out rig.json --coverage seen.npz"
    assert main(line.split()) == 0
    capsys.readouterr()
    (code,) = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    exec(compile(code, "rigs.md", "exec"), {})  # noqa: S102
    promised = re.findall(r"^print\(.*\)  # (.+)$", code, re.MULTILINE)
    assert capsys.readouterr().out.splitlines() == promised
