"""Random views of a model: drawn within their limits, each by itself; nothing runs here."""

import csv
import io
import re
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
from fakes import datasets

from lightmould.cli import main
from lightmould.dataset import manifest
from lightmould.dataset.join import join
from lightmould.dataset.opening import open_views
from lightmould.dataset.pack import pack
from lightmould.errors import DatasetError, SettingsError
from lightmould.formats import codec, view_table
from lightmould.formats.files import file_hash
from lightmould.jobs import batches, job_file
from lightmould.model import CameraRig, Dataset, Paint, Stance, Sun, View, ViewLook
from lightmould.model.camera import project
from lightmould.rigs import Lens
from lightmould.rigs.chance import Even, LogUniform, Normal, Uniform
from lightmould.rigs.looks import Looks
from lightmould.rigs.stances import Stances, Subject, draw_stance, stand
from lightmould.settings import Render, Settings, read
from lightmould.settings.batches import Batches
from lightmould.tools.blender import RenderRequest

MODEL = (
    "o one\nv 0 0 0\nv 2 0 0\nv 0 4 0\nf 1 2 3\n"
    "o two\ng part\nv 0 0 1\nf 1 2 4\n# o three\n"
)  # fmt: skip
HOW = Render(size=(80, 60), samples=1)
WILD = Stances(
    fill=Uniform(0.4, 0.9),
    elevation=Even(-0.5, 1.2),
    azimuth=Normal(0.5, 1.0, -1.0, 2.0),
    roll=Uniform(-0.4, 0.4),
    focal_mm=LogUniform(20, 100),
    aim=Uniform(0.0, 0.3),
)
LOOK = Looks(
    light_turn=Uniform(-1, 1),
    sun_strength=Uniform(1, 3),
    background="color",
    hue=Uniform(-0.2, 0.2),
    value=Uniform(0.5, 1.5),
)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "model.obj"
    path.write_text(MODEL)
    return path


def many(**changes: object) -> Settings:
    known = {one.name: getattr(Batches(), one.name) for one in fields(Batches)}
    wanted = {"batches": 2, "images": 3, "cameras": WILD, "look": LOOK} | changes
    return Settings(render=HOW, batches=Batches(**{**known, **wanted}))


def by_name(dataset: Dataset) -> dict[str, tuple[Stance | None, ViewLook | None, bytes]]:
    return {
        view.camera.name: (view.stance, view.look, view.camera.world_from_camera.tobytes())
        for view in dataset.views
    }


def test_a_view_depends_on_seed_batch_and_number_alone(model: Path, tmp_path: Path) -> None:
    few = by_name(batches.drawn(model, tmp_path, many()))
    more = by_name(batches.drawn(model, tmp_path, many(batches=3, images=5, jobs=2, test=2)))
    assert list(few)[:4] == ["000000-000000", "000000-000001", "000000-000002", "000001-000000"]
    assert {name: more[name] for name in few} == few
    assert len({pose for _, _, pose in more.values()}) == 15
    other = by_name(batches.drawn(model, tmp_path, many(seed=1)))
    assert not {pose for *_, pose in other.values()} & {pose for *_, pose in more.values()}


def test_what_is_changed_about_one_quantity_leaves_the_others(model: Path, tmp_path: Path) -> None:
    before = batches.drawn(model, tmp_path, many()).views
    cameras, look = replace(WILD, roll=Uniform(0, 0)), replace(LOOK, sun_strength=Uniform(0, 0))
    after = batches.drawn(model, tmp_path, many(cameras=cameras, look=look)).views
    for one, other in zip(before, after, strict=True):
        assert one.stance is not None
        assert one.look is not None
        assert other.stance == replace(one.stance, roll=0.0)
        assert other.look == replace(one.look, sun=None)


def test_cameras_stand_within_their_limits_and_see_what_they_look_at() -> None:
    rng, subject = np.random.default_rng(0), Subject((1.0, 2.0, -3.0), 1.5)
    lens = Lens(HOW.size, HOW.fov)
    for number in range(300):
        stance = draw_stance(WILD, subject, lens, rng)
        camera = stand(stance, f"{number:06d}", HOW.size, subject)
        eye = camera.world_from_camera[:3, 3]
        target = np.array(stance.target)
        np.testing.assert_allclose(project(camera, target[None])[0], (40, 30), atol=1e-9)
        assert np.linalg.norm(eye - target) == pytest.approx(stance.distance)
        assert -0.5 <= stance.elevation <= 1.2
        up = eye - target
        assert np.arcsin(up[1] / stance.distance) == pytest.approx(stance.elevation)
        assert np.arctan2(up[0], up[2]) == pytest.approx(stance.azimuth)
        assert np.linalg.norm(target - subject.middle) <= 0.3 * 1.5 + 1e-9
        assert 20 <= 36 * camera.focal[0] / 80 <= 100 + 1e-9
        right, above = camera.world_from_camera[1, :2]
        assert np.arctan2(right, above) == pytest.approx(stance.roll)
        reach = float(np.linalg.norm(eye - subject.middle))
        assert 0 < camera.near < reach - 1.5 < reach + 1.5 < camera.far


def test_a_sphere_about_the_model_fills_as_much_of_the_picture_as_asked() -> None:
    subject, limits = Subject((0.0, 0.0, 0.0), 2.0), Stances(fill=Uniform(0.8, 0.8))
    stance = draw_stance(limits, subject, Lens((80, 60), 0.9), np.random.default_rng(1))
    half = np.arcsin(2.0 / stance.distance)  # of the cone that holds the sphere
    focal = Lens((80, 60), 0.9).focal
    assert np.tan(half) * focal == pytest.approx(0.8 * 30)


def test_paint_is_for_each_object_that_the_model_names(model: Path, tmp_path: Path) -> None:
    views = batches.drawn(model, tmp_path, many()).views
    assert {len(view.look.paints) for view in views if view.look} == {3}  # one, two, part
    alike = replace(LOOK, per_object=False)
    views = batches.drawn(model, tmp_path, many(look=alike)).views
    assert {len(view.look.paints) for view in views if view.look} == {1}


def test_lights_are_those_of_files_and_folders_each_with_its_hash(
    model: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "lights"
    folder.mkdir()
    for name in ("b.hdr", "a.EXR", "read me.txt"):
        (folder / name).write_text(name)
    (tmp_path / "c.hdr").write_text("c")
    look = Looks(lights=(folder, tmp_path / "c.hdr"))
    views = batches.drawn(model, tmp_path, many(images=20, look=look)).views
    used = {view.look.light for view in views if view.look}
    assert used == {folder / "a.EXR", folder / "b.hdr", tmp_path / "c.hdr"}
    for view in views:
        assert view.look is not None
        assert view.look.light is not None
        assert view.look.light_hash == file_hash(view.look.light)
    (tmp_path / "empty").mkdir()
    with pytest.raises(SettingsError, match=r"empty: found a folder without lights"):
        batches.drawn(model, tmp_path, many(look=Looks(lights=(tmp_path / "empty",))))


def test_each_batch_is_a_job_and_a_few_run_at_a_time(model: Path, tmp_path: Path) -> None:
    job = batches.batches(model, tmp_path / "out", many(jobs=2, test=1), {})
    render, last = job.steps
    assert (render.at_once, len(render.commands), last.name) == (2, 2, "join")
    assert job_file.read(job.folder / "job.json") == job
    inner = job_file.read(Path(render.commands[1].argv[-1]))
    assert inner.folder == job.folder / "batches" / "000001"
    path = inner.folder / "requests" / "render.json"
    asked = codec.read(RenderRequest, path.read_bytes(), path)
    assert [view.name for view in asked.views] == [f"000001-{i:06d}" for i in range(3)]
    planned = manifest.read(inner.folder / "requests" / "assemble.json")
    assert [view.split for view in planned.views] == ["train", "train", "test"]
    assert all(view.stance and view.look for view in planned.views)


def test_asking_again_asks_for_the_same_bytes(model: Path, tmp_path: Path) -> None:
    asked = []
    for _ in range(2):
        batches.batches(model, tmp_path / "out", many(), {})
        asked.append((tmp_path / "out/batches/000000/requests/render.json").read_bytes())
    assert asked[0] == asked[1]


SETTINGS = """
[batches]
batches = 7
seed = 3
[batches.cameras]
distance = 3
elevation = [-0.5, 1]
azimuth = {is = "normal", mean = 0, deviation = 1, low = -2, high = 2}
focal_mm = {is = "loguniform", low = 20, high = 80}
[batches.look]
lights = ["lights", "a.hdr"]
sun_color = [1, [0.5, 1], 0.25]
background = "environment"
"""


def test_settings_say_constants_ranges_and_how_they_are_spread(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(SETTINGS)
    assert read(path, {}).batches == Batches(
        batches=7,
        seed=3,
        cameras=Stances(
            distance=Uniform(3, 3),
            elevation=Uniform(-0.5, 1),
            azimuth=Normal(0, 1, -2, 2),
            focal_mm=LogUniform(20, 80),
        ),
        look=Looks(
            lights=(tmp_path / "lights", tmp_path / "a.hdr"),
            sun_color=(Uniform(1, 1), Uniform(0.5, 1), Uniform(0.25, 0.25)),
            background="environment",
        ),
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("images = 0", r"batches\.images: found 0"),
        ("test = 16", "16 of 16 held out"),
        ("cameras = 4", r"cameras: "),
        ("[batches.cameras]\nrol = 1", r"cameras: found the name 'rol'.*Did you mean 'roll'"),
        ("[batches.cameras]\nroll = 'a'", r"cameras\.roll: found 'a'; wanted a table of low, high"),
        ("[batches.cameras]\nroll = [1]", r"cameras\.roll: found \[1\]; wanted 2 of them: low"),
        ("[batches.cameras]\nroll = [2, 1]", r"cameras\.roll: uniform: found \(2\.0, 1\.0\)"),
        ("[batches.cameras]\nroll = {low = 1}", r"cameras\.roll: found no high"),
        ("[batches.cameras]\nroll = {is = 'norm'}", r"'norm'.*Did you mean 'normal'"),
        ("[batches.cameras]\nroll = {is = 3}", r"found the name '3'"),
        ("[batches.cameras]\nelevation = [0, 90]", r"cameras\.elevation: found 0 to 90"),
        ("[batches.cameras]\nfov = 1\nfocal_mm = 50", "both fov and focal_mm"),
        ("[batches.look]\nsun_color = 1", r"look\.sun_color: found 1; wanted 3 of them"),
        ("[batches.look]\nbackground = 'green'", r"look\.background: found the name 'green'"),
        ("[batches.look]\nvalue = -1", r"look\.value: found -1 to -1; wanted numbers from 0"),
    ],
)
def test_wrong_settings_name_the_place_and_what_was_wanted(
    tmp_path: Path, text: str, message: str
) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(f"[batches]\n{text}\n")
    with pytest.raises(SettingsError, match=message) as caught:
        read(path, {})
    assert str(path) in str(caught.value)


def test_the_command_wants_settings_that_are_there(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = ["batches", str(model), "--out", str(tmp_path / "out"), "--config"]
    assert main([*line, str(tmp_path / "no.toml")]) == SettingsError.exit_code
    assert "no.toml: found no such file" in capsys.readouterr().err


def test_the_page_on_batches_shows_settings_that_are_read_and_lists_them_all(
    tmp_path: Path,
) -> None:
    page = (Path(__file__).parents[2] / "docs" / "batches.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"^```toml\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    path = tmp_path / "mine.toml"
    path.write_text(shown, encoding="utf-8")
    assert read(path, {}).batches.look.lights[0] == tmp_path / "hdr"
    for name, kind in (("cameras", Stances), ("look", Looks)):
        rows = page.split(f"| `[batches.{name}]` |")[1].split("\n\n")[0].splitlines()[2:]
        told = [word for row in rows for word in re.findall(r"`(\w+)`", row.split("|")[1])]
        assert told == [one.name for one in fields(kind)]


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_the_table_tells_every_views_parameters_to_the_last_bit(
    model: Path, tmp_path: Path
) -> None:
    dataset = batches.drawn(model, tmp_path, many())
    text = view_table.write(dataset)
    assert text.count("\r\n") == len(dataset.views) + 1
    for row, view in zip(rows(text), dataset.views, strict=True):
        assert view.stance is not None
        assert view.look is not None
        assert view.look.sun is not None
        assert row["view"] == view.camera.name
        assert float(row["distance_m"]) == view.stance.distance
        assert float(row["world_from_camera_13"]) == view.camera.world_from_camera[1, 3]
        assert float(row["sun_w_per_m2"]) == view.look.sun.strength
        assert float(row["object_2_value"]) == view.look.paints[1].value
        assert None not in row
        assert "light" not in row


def test_names_with_commas_quotes_and_line_breaks_stay_in_their_cells(tmp_path: Path) -> None:
    odd = Path('li,gh"ts\nof 2026') / "größer.hdr"
    look = ViewLook(odd, "0" * 64, sun=Sun((0, 1, 0), 1.0), paints=(Paint(),))
    plan = manifest.plan_rig(tmp_path, CameraRig("two", datasets.cameras(2)))
    views: tuple[View, ...] = (replace(plan.views[0], look=look), plan.views[1])
    table = rows(view_table.write(replace(plan, views=views)))
    assert [row["light"] for row in table] == [odd.as_posix(), ""]
    assert table[1]["object_1_hue_rad"] == ""


@pytest.fixture
def parts(tmp_path: Path) -> tuple[Path, list[Path]]:
    folder = tmp_path / "whole"
    folders = [folder / "batches" / f"{number:06d}" for number in range(2)]
    for number, part in enumerate(folders):
        taken = [
            replace(camera, name=f"{number:06d}-{camera.name}") for camera in datasets.cameras(3)
        ]
        datasets.ball(part, taken, held_out=1)
    return folder, folders


def test_joined_parts_are_one_dataset_that_can_be_packed(parts: tuple[Path, list[Path]]) -> None:
    folder, folders = parts
    [*_] = join(folder, folders)
    whole = manifest.read(folder / manifest.NAME)
    manifest.verify(whole)
    assert [view.split for view in whole.views] == ["train", "train", "test"] * 2
    assert whole.views[3].camera.name == "000001-000000"
    assert len(rows((folder / view_table.NAME).read_text(encoding="utf-8"))) == 6
    [*_] = pack(folder, folder.parent / "set.npz")
    packed, part = open_views(folder.parent / "set.npz"), open_views(folders[1])
    for name in part.names(0):
        np.testing.assert_array_equal(packed.array(3, name), part.array(0, name))


def test_parts_that_differ_in_meaning_or_lie_elsewhere_are_not_joined(
    parts: tuple[Path, list[Path]], tmp_path: Path
) -> None:
    folder, folders = parts
    other = replace(manifest.read(folders[1] / manifest.NAME), depth_kind="ray")
    manifest.write(other, folders[1] / manifest.NAME)
    with pytest.raises(DatasetError, match="000001: found a dataset of another kind"):
        list(join(folder, folders))
    with pytest.raises(DatasetError, match="outside of"):
        list(join(tmp_path / "elsewhere", folders[:1]))
    assert not (folder / manifest.NAME).exists()
