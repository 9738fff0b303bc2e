# SPDX-License-Identifier: Apache-2.0 OR GPL-3.0-or-later
"""Renders frames of views and hands their pixels to whoever started it.

Runs inside Blender 3.4 to 5.x (Python 3.10 and later), either way:

    blender --background … --python render.py -- REQUEST.json
    python render.py REQUEST.json                with the bpy package

The request is a `lightmould.tools.blender.request.RenderRequest` as JSON. What to render of it
comes from standard input, and what was rendered goes to standard output, as
`lightmould.tools.blender.conversation` says: this script knows no files but those it is told of.
"""

import hashlib
import importlib
import json
import signal
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))  # Python did so itself, Blender did not
conversation = importlib.import_module("voice")

TEST_SIZE = 16  # pixels


def render(request: dict[str, Any], voice: Any) -> None:
    """Say who we are, set the stage, and render what is asked for until nothing more is."""
    blender = import_inside("stage")
    voice.tell("hello", version=blender.version())
    order = conversation.hear()
    if order is None:
        return
    refuse_changed(request["hashes"])
    studio = Studio(blender, request, Path(order["scratch"]), voice)
    studio.get_ready(order)
    while (batch := conversation.hear()) is not None:
        for frame in batch["frames"]:
            studio.take(frame, batch["route"])


class Studio:
    """The stage, and what leads from there to standard output."""

    def __init__(self, blender: Any, request: dict[str, Any], scratch: Path, voice: Any) -> None:
        self._views = {view["name"]: view for view in request["views"]}
        self._scratch = scratch
        self._voice = voice
        self._copies = import_inside("pixels").Copies()
        self._stage = blender.Stage(request)

    def get_ready(self, order: dict[str, Any]) -> None:
        """Choose the engine by a test, and show the test, copied and as a file."""
        stage, name = self._stage, next(iter(self._views))
        view = small(self._views[name])
        if stage.stays_noisy:
            self._voice.say(
                "warned", message="This Blender lacks Open Image Denoise: pictures stay noisy."
            )

        def test() -> None:
            if stage.scenes["color"].render.engine != "CYCLES":
                stage.render("color", view)
            self._copies.forget()
            stage.render("data", view)

        choose = import_inside("engines").choose
        scenes = stage.scenes["color"], stage.scenes["data"]
        found = choose(scenes, order["engine"], order["device"], test)
        for reason in found.reasons:
            message = f"{reason} {found.engine} on {found.device} renders instead."
            self._voice.say("warned", message=message)
        path, layers = self._scratch / "test.exr", self._copies.layers
        stage.save("data", path)
        self._voice.tell(
            "ready",
            engine=found.engine,
            device=found.device,
            instances=stage.instances,
            test=str(path),
            in_memory=bool(layers),
        )
        if layers:
            self._hand({"view": name, "kind": "data"}, layers)

    def take(self, frame: dict[str, str], route: str) -> None:
        """Render a frame and hand it over: out of memory, or in a file."""
        kind = frame["kind"]
        self._copies.forget()
        view = self._views[frame["view"]]
        self._stage.render(kind, view)
        layers = self._copies.layers if route == "memory" else {}
        if layers:
            wanted = {name for name in layers if (name == "Combined") == (kind == "color")}
            self._hand(frame, {name: layers[name] for name in wanted})
        else:
            path = self._scratch / f"{frame['view']}.{kind}.exr"
            self._stage.save(kind, path)
            self._voice.tell("taken", frame=frame, size=view["size"], layers=[], file=str(path))

    def _hand(self, frame: dict[str, str], layers: dict[str, Any]) -> None:
        self._voice.tell(
            "taken",
            layers.values(),
            frame=frame,
            size=self._copies.size,
            layers=[{"name": name, "channels": each.shape[1]} for name, each in layers.items()],
            file=None,
        )


def small(view: dict[str, Any]) -> dict[str, Any]:
    """The same view in a test's few pixels."""
    factors = [TEST_SIZE / side for side in view["size"]]
    scaled = {
        name: [value * factor for value, factor in zip(view[name], factors, strict=True)]
        for name in ("focal", "center")
    }
    return {**view, **scaled, "size": [TEST_SIZE, TEST_SIZE], "samples": 1}


def refuse_changed(hashes: dict[str, str]) -> None:
    """Raise if a file is not the one that the views are to show; who reads it says if it's gone."""
    for name, wanted in hashes.items():
        path = Path(name)
        if path.is_file() and digest(path) != wanted:
            fix = "Give the command that asked for these views again."
            raise RuntimeError(f"{path}: found a change; wanted what was asked for. {fix}")


def digest(path: Path) -> str:
    """The sha256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def import_inside(name: str) -> Any:
    """A module that needs bpy; imported late, so that we can say what is missing."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        absent = isinstance(error, ModuleNotFoundError)  # else a library that bpy needs is
        fix = "Install it with `pip install bpy`" if absent else "Install the library named above"
        other = "or set LIGHTMOULD_BLENDER to Blender's program."
        message = f"{sys.executable}: found {error}; wanted bpy. {fix}, {other}"
        raise RuntimeError(message) from error


def words(error: Exception, folder: str) -> str:
    """What is said of an error: where, found, wanted, what to do."""
    if not isinstance(error, OSError):
        return str(error) or type(error).__name__
    fix = "Free space or allow access, then run it again."
    wanted = "files that can be read and written"
    return f"{error.filename or folder}: found {error.strerror}; wanted {wanted}. {fix}"


def main() -> None:
    """Render what we are asked for of the request that the last argument names."""
    voice = conversation.Voice()
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # else Blender ends with half a picture
    request = {"folder": sys.argv[-1]}  # all that is known until it is read
    try:
        request = json.loads(Path(sys.argv[-1]).read_bytes())
        render(request, voice)
    except Exception as error:
        voice.say("failed", message=words(error, request.get("folder", "")), exit_code=1)
        raise


if __name__ == "__main__":
    main()
