"""The Reconstruct network under a fake PDG: real processes, real Blender, the real engine."""

import importlib
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from fakes import hou
from fakes.pdg_server import ResultServer

from lightmould.formats.asset import read_obj_asset

if TYPE_CHECKING:
    from benchmarks import resume as resume_module
    from benchmarks import tops as tops_module

pytestmark = [
    pytest.mark.blender,
    pytest.mark.usefixtures("needs_blender"),
    pytest.mark.skipif(sys.platform != "linux", reason="looks at processes in /proc"),
]


@pytest.fixture(scope="module")
def server() -> Iterator[ResultServer]:
    with ResultServer.serving() as heard:
        yield heard
        assert heard.refused == []


@pytest.fixture(scope="module")
def cook(
    resume: "resume_module", server: ResultServer, tmp_path_factory: pytest.TempPathFactory
) -> "tops_module.Cook":
    """The network of the benchmark beside `resume`, in a folder whose name is no plain word."""
    tops = importlib.import_module("tops")
    folder = tmp_path_factory.mktemp("größer ring #1 %d")
    found: tops_module.Cook = tops.Cook(folder, resume.ring(folder), server)
    return found


def cancel_when(cook: "tops_module.Cook", seen: Callable[[], bool], how: signal.Signals) -> str:
    """Cook until something is seen; returns the TOP that was at work."""

    def watch() -> None:
        while not seen():
            time.sleep(0.02)
        cook.graph.cancel(how)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    cook.graph.cook()
    watcher.join()
    return cook.graph.nodes[-1].name


def test_a_network_that_is_cancelled_twice_still_brings_its_mesh_into_the_scene(
    cook: "tops_module.Cook",
) -> None:
    out = cook.folder / "out"
    rendered = lambda: any(out.glob("blender_render/000001/views/*.json"))  # noqa: E731
    assert cancel_when(cook, rendered, signal.SIGKILL) == "blender_render"
    begun = lambda: any(out.glob("reconstruct/asset/checkpoints/*.npz"))  # noqa: E731
    assert cancel_when(cook, begun, signal.SIGTERM) == "reconstruct"
    assert cook.gone() == 0
    told = cook.graph.cook()
    assert told.failed == {}
    assert told.cached == {"camera_rig": 1, "blender_render": 2, "assemble_dataset": 1}
    assert told.ran == {"reconstruct": 1, "import_asset": 1}
    assert max(cook.pictures().values()) == 1
    assert cook.gone() == 0
    assert cook.last is not None
    reader = hou.node(cook.last.stringAttribValue("lm_node"))
    mesh = Path(cook.last.stringAttribValue("lm_asset"))
    assert reader.evalParm("file") == mesh.as_posix()
    reader.cook()
    importlib.import_module("lightmould.houdini.import_asset").cook(reader)
    assert reader.geometry().count("Prim") == len(read_obj_asset(mesh).mesh.faces)


def test_pdg_was_told_of_every_item(cook: "tops_module.Cook", server: ResultServer) -> None:
    (item,) = cook.graph.items(cook.graph.nodes[3])
    assert server.of("set_cook_percent", item.id)[-1][-1] == 100
    tags = server.results(item.id)
    assert {Path(name).name for name in tags} >= {"texture_kd.png", "texture_n.png", "probe.hdr"}
    assert all(name.startswith("__PDG_DIR__/") for name in tags)


def test_what_is_done_is_not_done_again(cook: "tops_module.Cook") -> None:
    told = cook.graph.cook()
    assert told.ran == {"import_asset": 1}
    assert len(hou.node("/obj").children()) == 2  # the network and one asset


def test_what_is_lost_is_made_again_and_nothing_else(cook: "tops_module.Cook") -> None:
    (cook.folder / "out" / "blender_render" / "000001" / "color" / "000006.png").unlink()
    told = cook.graph.cook()
    assert told.failed == {}
    assert (told.ran["blender_render"], told.cached["blender_render"]) == (1, 1)
    assert told.cached["reconstruct"] == 1  # the same pictures are the same dataset
    assert {name for name, count in cook.pictures().items() if count > 1} == {"color/000006.png"}
