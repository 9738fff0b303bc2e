# SPDX-License-Identifier: Apache-2.0 OR GPL-3.0-or-later
"""Renders the views that a request asks for, save those that are done.

Runs inside Blender 3.4 to 5.x (Python 3.10 and later), either way:

    blender --background … --python render.py -- REQUEST.json
    python render.py REQUEST.json                with the bpy package

The request is a `lightmould.tools.blender.request.RenderRequest` as JSON. Each view NAME becomes
raw/NAME.exr (depth and normal at the pixels' centers, which the assembly takes apart),
color/NAME.png (8 bit sRGB, straight alpha) and then views/NAME.json, the record that makes it
count as done. When all are, views.json follows, and only then is the exit code 0.
"""

import hashlib
import importlib
import json
import os
import signal
import struct
import sys
import time
from pathlib import Path
from typing import Any

MARK = "@lightmould "
INSTANCES = "raw/instances.json"  # names of the objects, in the order of their numbers


class Voice:
    """Says events on standard output, where Blender's own chatter is silenced."""

    def __init__(self) -> None:
        sys.stdout.flush()
        self._out = os.dup(1)
        silence = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silence, 1)
        os.close(silence)

    def say(self, event: str, /, **fields: Any) -> None:
        """One line, in one write, so that nothing comes between."""
        text = json.dumps({"event": {"is": event, **fields}})
        os.write(self._out, f"{MARK}{text}\n".encode())


class Folder:
    """The dataset's folder: which views are done, and how one becomes so."""

    def __init__(self, path: Path, blender: str) -> None:
        self.path = path
        self.blender = blender
        for name in ("color", "raw", "views"):
            (path / name).mkdir(parents=True, exist_ok=True)

    def aside(self, name: str) -> Path:
        """A temporary neighbor of a file, with its suffix."""
        final = self.path / name
        return final.with_name(f".{final.stem}.{os.getpid()}{final.suffix}")

    def keep(self, name: str) -> None:
        """Give a finished temporary file its name."""
        self.aside(name).replace(self.path / name)

    def write(self, name: str, value: Any) -> None:
        """A JSON file, on disk before it takes its name."""
        with self.aside(name).open("w", encoding="utf-8") as file:
            json.dump(value, file, indent=1, ensure_ascii=False)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())
        self.keep(name)

    def is_done(self, view: dict[str, Any]) -> bool:
        """Its record says what it would say if the view were finished now."""
        try:
            record = json.loads((self.path / f"views/{view['name']}.json").read_bytes())
            return bool(record == self.record(view))
        except (OSError, ValueError):
            return False

    def record(self, view: dict[str, Any]) -> dict[str, str]:
        """What decides a view's pixels, and the hashes of its files."""
        color, raw = (digest(self.path / name) for name in files(view))
        return {"key": view["key"], "blender": self.blender, "color": color, "raw": raw}

    def forget_all_but(self, views: list[dict[str, Any]]) -> None:
        """Remove views of ours that this request does not want, and what killed runs left aside."""
        wanted = {view["name"] for view in views}
        for record in (self.path / "views").glob("[!.]*.json"):
            if record.stem not in wanted:
                for name in files({"name": record.stem}):
                    (self.path / name).unlink(missing_ok=True)
                record.unlink()
        for name in ("color", "raw", "views"):
            for path in (self.path / name).glob(".*.[0-9]*.*"):
                path.unlink()


def files(view: dict[str, Any]) -> tuple[str, str]:
    """A view's picture, and its depth and normals; relative to the folder."""
    return f"color/{view['name']}.png", f"raw/{view['name']}.exr"


def render(request: dict[str, Any], voice: Voice) -> None:
    """Make every view that is not done, then the manifest."""
    blender = import_inside("stage")
    views, folder = request["views"], Folder(Path(request["folder"]), blender.version())
    missing = [view for view in views if not folder.is_done(view)]
    tell_kept([view for view in views if view not in missing], voice)
    names_wanted = "instance" in request["passes"]
    if missing or (names_wanted and not (folder.path / INSTANCES).is_file()):
        refuse_changed(request["hashes"])
        (folder.path / "views.json").unlink(missing_ok=True)
        stage = blender.Stage(request)
        if names_wanted:
            folder.write(INSTANCES, stage.instances)
        if stage.stays_noisy:
            voice.say(
                "warned", message="This Blender lacks Open Image Denoise: pictures stay noisy."
            )
        measure_views(stage, folder, missing, voice)
        picture_views(stage, folder, missing, voice)
    for view in views:
        if not folder.is_done(view):
            raise RuntimeError(f"{folder.path}: view {view['name']} is gone again. Run it again.")
    folder.forget_all_but(views)
    records = {view["name"]: folder.record(view) for view in views}
    folder.write("views.json", {"views": records})


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


def tell_kept(views: list[dict[str, Any]], voice: Voice) -> None:
    """Say what is there already: an earlier run may have been killed before it could."""
    for name in (name for view in views for name in files(view)):
        voice.say("wrote", path=name, kind="kept")


def measure_views(stage: Any, folder: Folder, views: list[dict[str, Any]], voice: Voice) -> None:
    """Write depth and normals; all before the pictures, as changing scenes costs Blender more."""
    for view in views:
        _, raw = files(view)
        stage.render_measure(view, folder.aside(raw))
        folder.keep(raw)
        voice.say("wrote", path=raw, kind="raw")


def picture_views(stage: Any, folder: Folder, views: list[dict[str, Any]], voice: Voice) -> None:
    """Write pictures, each followed by the record that its view is done; say how far we are."""
    began = time.monotonic()
    for count, view in enumerate(views, 1):
        color, _ = files(view)
        stage.render_picture(view, folder.aside(color))
        strip_text(folder.aside(color))
        folder.keep(color)
        folder.write(f"views/{view['name']}.json", folder.record(view))
        voice.say("wrote", path=color, kind="color")
        eta = (time.monotonic() - began) / count * (len(views) - count)
        status = f"view {count} of {len(views)}"
        voice.say("progress", fraction=count / len(views), status=status, eta=eta)


def strip_text(png: Path) -> None:
    """Take the text out of a PNG: Cycles puts times there, which differ from run to run.

    Source: PNG specification, third edition, 5.3: length, type, data and checksum of each chunk.
    """
    data = png.read_bytes()
    chunks, start = [data[:8]], 8
    while start < len(data):
        (length,) = struct.unpack_from(">I", data, start)
        end = start + 12 + length
        if data[start + 4 : start + 8] not in (b"tEXt", b"zTXt", b"iTXt", b"tIME"):
            chunks.append(data[start:end])
        start = end
    png.write_bytes(b"".join(chunks))


def import_inside(name: str) -> Any:
    """A module that needs bpy; imported late, so that we can say what is missing."""
    here = str(Path(__file__).parent)
    if here not in sys.path:  # Python put it there itself, Blender did not
        sys.path.insert(0, here)
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
    """Render the request that the last argument names."""
    voice = Voice()
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
