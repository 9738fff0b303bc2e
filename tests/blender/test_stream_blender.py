"""A script that serves frames in a real Blender: its scene, its arguments, its end."""

import os
import signal
from pathlib import Path

from lightmould.stream import BlenderLauncher, Connection, Launch, Own, Request, Terms
from lightmould.tools import blender

PATIENT = Terms(start_s=300.0, timeout_s=300.0)

SAVES = """
import bpy, numpy, publisher, sys

bpy.data.objects["Cube"].name = "Würfel"
bpy.ops.wm.save_as_mainfile(filepath=sys.argv[1])
publisher.serve(lambda item: {"done": numpy.ones(1)})
"""
MOVES = """
import os, sys
import bpy, numpy, publisher
import beside

def frame(item):
    cube = bpy.data.objects["Würfel"]
    cube.location = item.rng().random(3)
    bpy.context.view_layer.update()
    place = numpy.array(cube.matrix_world)
    return {"place": place}, {"argv": sys.argv[1:], "pid": os.getpid(), "beside": beside.WORD}

publisher.serve(frame)
"""


def test_a_scene_is_opened_served_from_and_opened_again_after_a_kill(
    tmp_path: Path, some_blender: blender.Blender
) -> None:
    scene, script = tmp_path / "größe 1.blend", tmp_path / "script.py"
    (tmp_path / "beside.py").write_text("WORD = 'ours'", encoding="utf-8")
    script.write_text(SAVES, encoding="utf-8")
    how = Launch(some_blender)
    with (
        BlenderLauncher(None, script, [Own((str(scene),))], how) as launcher,
        Connection(launcher.endpoints, PATIENT) as connection,
    ):
        assert len([*connection.ask([Request(0)])]) == 1
    script.write_text(MOVES, encoding="utf-8")
    with (
        BlenderLauncher(scene, script, [Own(("--a", "b c"))], how) as launcher,
        Connection(launcher.endpoints, PATIENT) as connection,
    ):
        (first,) = connection.ask([Request(7, 1, 2)])
        os.kill(first.metadata["pid"], signal.SIGKILL)
        (second,) = connection.ask([Request(7, 1, 2)])
        assert launcher.starts == (2,)
    assert first.metadata["argv"] == ["--a", "b c"]
    assert first.metadata["beside"] == "ours"
    assert first.metadata["pid"] != second.metadata["pid"]
    assert (first.arrays["place"] == second.arrays["place"]).all()
    assert (first.arrays["place"][:3, 3] > 0).all()
