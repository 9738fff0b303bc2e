"""What our TOPs make of their parameters and of the items above: jobs, files, attributes, words."""

from pathlib import Path
from typing import Any

import hou
import pytest
from fakes import pdg
from fakes.datasets import ball, cameras
from fakes.nvdiffrec import installed
from fakes.pdg_server import LocalScheduler

from lightmould.cli import main
from lightmould.errors import SettingsError
from lightmould.formats import codec
from lightmould.formats.poses import transforms
from lightmould.houdini import network, tops
from lightmould.houdini.wanted import Wanted
from lightmould.jobs import job_file
from lightmould.model import CameraRig, Job, Poses, Shot
from lightmould.rigs import Lens, ring

TRIANGLE = "v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n"


def photos(folder: Path) -> str:
    """Photos and their poses, as NeRF-synthetic has them."""
    dataset = ball(folder, cameras(6))
    shots = tuple(Shot(view.camera, view.color) for view in dataset.views)
    (folder / "transforms_train.json").write_text(transforms.write(Poses(shots), "nerf-synthetic"))
    return str(folder)


class Desk:
    """TOPs in a scene, and the items that they make."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.graph = pdg.Graph((), LocalScheduler(folder, None), tops.generate, tops.cook_task)
        self.network = hou.node("/obj").createNode("topnet", "tops")

    def top(self, asset: str, **values: Any) -> hou.OpNode:
        made = self.network.createNode(f"lightmould::{asset}::1.0", asset)
        made.setParms({"folder": str(self.folder / "jobs"), "worker": "/worker/python", **values})
        return made

    def items(self, top: hou.OpNode, *above: pdg.WorkItem) -> list[pdg.WorkItem]:
        node = pdg.Node(self.graph, pdg._Inner(top))
        tops.generate(node, pdg.WorkItemHolder(node), above)
        return node._items

    def item(self, **attributes: str | int) -> pdg.WorkItem:
        """One of some TOP above."""
        found = pdg.WorkItem(pdg.Node(self.graph, pdg._Inner(self.top("reconstruct"))), 1, None, 0)
        found._attribs = dict(attributes)
        return found

    def job(self, item: pdg.WorkItem) -> Job:
        return job_file.read(Path(item.stringAttribValue("lm_job")) / job_file.NAME)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    folder = tmp_path / "größer #1"
    folder.mkdir()
    (folder / "model.obj").write_text(TRIANGLE)
    return Desk(folder)


def test_a_rigs_item_names_rig_and_model_and_runs_a_job(desk: Desk) -> None:
    model = str(desk.folder / "model.obj")
    (item,) = desk.items(desk.top("camera_rig", model=model, count=12))
    assert item.stringAttribValue("lm_rig") == str(desk.folder / "jobs" / "rig.json")
    assert item.stringAttribValue("lm_model") == model
    assert [(file.path, file.tag) for file in item.expectedOutputFiles] == [
        ("__PDG_DIR__/jobs/rig.json", "file/json")
    ]
    assert item.command.endswith('task.py" "/worker/python" "__PDG_DIR__/jobs/job.json"')
    (command,) = desk.job(item).steps[0].commands
    assert command.argv[0] == "/worker/python"
    assert command.argv[command.argv.index("--count") + 1] == "12"


@pytest.mark.parametrize(
    "kind", ["sphere", "hemisphere", "ring", "dome", "spiral", "random", "around", "path", "points",
             "file"],
)  # fmt: skip
@pytest.mark.parametrize("fit", [0, 1])
def test_what_every_kind_of_rig_is_asked_is_understood(desk: Desk, kind: str, fit: int) -> None:
    rig = CameraRig("mine", ring((0, 0, 0), 3.0, 4, Lens((40, 30), 0.6)).cameras)
    (desk.folder / "mine.json").write_text(codec.write(rig))
    (desk.folder / "rows.txt").write_text("0 0 3\n1 0 3\n2 0 3\n3 1 3\n")
    files = {"rig": "mine.json", "points": "rows.txt", "curve": "rows.txt"}
    named = {name: str(desk.folder / file) for name, file in files.items()}
    top = desk.top(
        "camera_rig", kind=kind, fit=fit, count=5, test=1, model=str(desk.folder / "model.obj"),
        **named,
    )  # fmt: skip
    top.parmTuple("target").set((0.0, -1.0, 0.5))
    (item,) = desk.items(top)
    assert main(list(desk.job(item).steps[-1].commands[0].argv[3:])) == 0
    made = Path(item.stringAttribValue("lm_rig"))
    found = codec.read(CameraRig, made.read_bytes(), made)
    assert len(found.cameras) == (4 if kind in ("points", "file") else 5)
    assert len(found.test) == 1


def test_a_model_that_is_no_obj_becomes_one_before_cameras_are_placed(desk: Desk) -> None:
    (desk.folder / "model.glb").write_bytes(b"glTF")
    model = str(desk.folder / "model.glb")
    (item,) = desk.items(desk.top("camera_rig", model=model, normalize=1))
    assert [step.name for step in desk.job(item).steps] == ["convert", "rig"]
    assert item.stringAttribValue("lm_model") == str(desk.folder / "jobs" / "model.obj")


def test_the_model_comes_from_above_where_none_is_named(desk: Desk) -> None:
    above = desk.item()
    above.addOutputFile("__PDG_DIR__/model.obj", "file/geo")
    (item,) = desk.items(desk.top("camera_rig"), above)
    assert item.stringAttribValue("lm_model") == str(desk.folder / "model.obj")
    above = desk.item(lm_model=str(desk.folder / "model.obj"))
    (item,) = desk.items(desk.top("camera_rig"), above)
    assert item.stringAttribValue("lm_model") == str(desk.folder / "model.obj")


def rendering(desk: Desk, *above: pdg.WorkItem, views: int = 7) -> list[pdg.WorkItem]:
    rig = CameraRig("mine", ring((0, 0, 0), 3.0, views, Lens((40, 30), 0.6)).cameras)
    (desk.folder / "rig.json").write_text(codec.write(rig))
    named = {"model": str(desk.folder / "model.obj"), "rig": str(desk.folder / "rig.json")}
    how = {"batch": 3, "engine": "eevee", "device": "cpu", "passes": "albedo uv", "samples": 5}
    return desk.items(desk.top("blender_render", **how, **({} if above else named)), *above)


def test_a_rig_is_rendered_in_batches_each_in_a_folder_of_its_own(desk: Desk) -> None:
    items = rendering(desk)
    assert [item.intAttribValue("lm_views") for item in items] == [3, 3, 1]
    assert [item.index for item in items] == [0, 1, 2]
    folders = [item.stringAttribValue("lm_job") for item in items]
    assert folders == [str(desk.folder / "jobs" / f"00000{number}") for number in range(3)]
    assert {file.tag for item in items for file in item.expectedOutputFiles} == {"file/json"}
    request = codec.parse((Path(folders[2]) / "requests" / "render.json").read_bytes(), "")
    assert (request["engine"], request["device"]) == ("eevee", "cpu")
    assert request["passes"] == ["albedo", "uv"]
    assert [view["samples"] for view in request["views"]] == [5]


def test_several_rigs_above_are_kept_apart(desk: Desk) -> None:
    named = {"lm_model": str(desk.folder / "model.obj"), "lm_rig": str(desk.folder / "rig.json")}
    rendering(desk)
    one, two = desk.item(**named), desk.item(**named)
    two.index = 1
    items = [*rendering(desk, one), *rendering(desk, two)]  # PDG may ask one by one
    parts = [Path(item.stringAttribValue("lm_job")).parent.name for item in items]
    assert parts == ["jobs"] * 3 + ["jobs_1"] * 3
    assert [item.parent for item in items] == [one] * 3 + [two] * 3
    assert parts == [
        Path(item.stringAttribValue("lm_job")).parent.name for item in rendering(desk, one, two)
    ]
    partition = desk.item()
    partition.isPartition, partition.partitionItems = True, items
    sets = str(desk.folder / "sets")
    datasets = desk.items(desk.top("assemble_dataset", folder=sets), partition)
    assert [item.intAttribValue("lm_views") for item in datasets] == [7, 7]
    jobs = [desk.job(item) for item in datasets]
    assert [len(job.steps[0].inputs) for job in jobs] == [4, 4]
    assert [job.folder.name for job in jobs] == ["sets", "sets_1"]


def test_photos_become_a_dataset_without_views_above(desk: Desk) -> None:
    named = photos(desk.folder / "photos")
    (item,) = desk.items(desk.top("assemble_dataset", photos=named, check=0))
    assert [step.name for step in desk.job(item).steps] == ["import"]
    assert item.stringAttribValue("lm_dataset") == str(desk.folder / "jobs")


def test_a_reconstructions_item_names_dataset_and_mesh(desk: Desk) -> None:
    above = desk.item(lm_dataset=photos(desk.folder / "photos"))
    (desk.folder / "how.json").write_text('{"faces": 5000, "device": "cuda", "seed": 9}')
    named = {"settings": str(desk.folder / "how.json")}
    top = desk.top("reconstruct", preset="hero", supervision="depth,normal", seed=3, **named)
    (item,) = desk.items(top, above)
    assert item.stringAttribValue("lm_asset") == str(desk.folder / "jobs/asset/mesh/mesh.obj")
    tags = {Path(file.path).name: file.tag for file in item.expectedOutputFiles}
    assert tags == {"manifest.json": "file/json", "mesh.obj": "file/geo"}
    request = (desk.folder / "jobs" / "requests" / "reconstruct.json").read_text()
    how = codec.parse(request, "")["how"]
    assert (how["seed"], how["supervision"]) == (3, ["depth", "normal"])
    assert (how["faces"], how["device"]) == (5000, "cuda")


def test_nvdiffrecs_item_makes_an_asset_of_the_same_place(desk: Desk) -> None:
    theirs = installed(desk.folder / "nvdiffrec")
    named = {"checkout": str(theirs.checkout), "interpreter": str(theirs.python)}
    top = desk.top("nvdiffrec", dataset=photos(desk.folder / "photos"), gpu=2, **named)
    (item,) = desk.items(top)
    assert [step.name for step in desk.job(item).steps] == ["prepare", "train", "finish"]
    assert item.stringAttribValue("lm_asset") == str(desk.folder / "jobs/asset/mesh/mesh.obj")
    request = codec.parse((desk.folder / "jobs" / "requests" / "train.json").read_bytes(), "")
    assert request["setup"]["gpu"] == "2"


@pytest.mark.parametrize(
    ("kind", "values", "words"),
    [
        ("camera_rig", {"model": "/no/model.obj"}, "found no such file"),
        ("camera_rig", {"folder": ""}, "folder: found none"),
        ("blender_render", {}, "model: found none; wanted an OBJ to render"),
        ("blender_render", {"model": "model.glb"}, "found no such file"),
        ("blender_render", {"passes": "albdeo"}, r"found \['albdeo'\]; wanted some of"),
        ("assemble_dataset", {}, "photos: found none, and no views above"),
        ("reconstruct", {}, "dataset: found none"),
        ("reconstruct", {"dataset": "/no/dataset"}, "found no such file"),
        ("import_asset", {}, "file: found none"),
    ],
)
def test_what_is_wrong_is_told_on_the_node_before_anything_runs(
    desk: Desk, kind: str, values: dict[str, str], words: str
) -> None:
    if kind == "import_asset":
        top = desk.network.createNode("lightmould::import_asset::1.0", kind)
    else:
        top = desk.top(kind, **values)
    with pytest.raises(hou.NodeError, match=words):
        desk.items(top)


def test_without_a_worker_it_is_said_how_to_have_one(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LIGHTMOULD_PYTHON", raising=False)
    monkeypatch.setattr("lightmould.houdini.worker._bundled", lambda: None)
    with pytest.raises(hou.NodeError, match="name the worker's Python by LIGHTMOULD_PYTHON"):
        desk.items(desk.top("camera_rig", worker=""))


@pytest.mark.parametrize(
    ("source", "row"),
    [
        ("model.obj", "camera_rig blender_render assemble_dataset reconstruct import_asset"),
        ("photos", "assemble_dataset reconstruct import_asset"),
        ("dataset", "reconstruct import_asset"),
    ],
)
def test_a_network_begins_where_its_source_is(desk: Desk, source: str, row: str) -> None:
    for name in ("photos", "dataset"):
        (desk.folder / name).mkdir()
    (desk.folder / "dataset" / "manifest.json").touch()
    path = desk.folder / source
    wanted = Wanted(path, desk.folder / "out", values={"reconstruct": {"preset": "hero"}})
    made = network.build(hou.node("/obj"), "reconstruct", wanted)
    found = network.tops(made)
    assert [top.type().nameComponents()[2] for top in found] == row.split()
    assert [top.inputs() for top in found[1:]] == [(top,) for top in found[:-1]]
    named = {top.evalParm(name) for top in found for name in ("model", "photos", "dataset")
             if top.parm(name) is not None}  # fmt: skip
    assert named == {"", path.as_posix()} - ({""} if source == "dataset" else set())
    assert found[-2].evalParm("preset") == "hero"
    assert all(top.comment() for top in found)
    assert "it goes on where it was" in made.stickyNotes()[0].text()


def test_showing_a_folder_that_is_not_there_says_so(desk: Desk) -> None:
    with pytest.raises(SettingsError, match="Cook the node first"):
        tops.open_folder({"node": desk.top("reconstruct")})
