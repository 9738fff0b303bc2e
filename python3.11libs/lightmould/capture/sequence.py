"""Sequences of pictures on disk: frame by frame, atomic, and resumed where they were left.

DIR/capture.json    what is captured, before anything is; another request starts anew
DIR/image/00000.png, DIR/depth/00000.png, DIR/normal/00000.png, DIR/id, DIR/uv
DIR/manifest.json   last: the files' hashes and what their numbers mean
"""

import hashlib
import shutil
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue

import lightmould
from lightmould.capture import encoding
from lightmould.capture.backend import Backend
from lightmould.capture.encoding import Coding
from lightmould.capture.frame import USUAL, Output, Style
from lightmould.capture.pictures import Arrays, blank
from lightmould.errors import FormatError, JobError, LightmouldError, ToolError
from lightmould.formats import codec
from lightmould.formats.files import aside, write_atomically
from lightmould.model import Camera
from lightmould.raster.pool import shared

REQUEST, MANIFEST = "capture.json", "manifest.json"
FOLDERS: dict[Output, str] = {
    "color": "image",
    "depth": "depth",
    "normal": "normal",
    "id": "id",
    "uv": "uv",
}
"""The folder of each output's pictures."""


@dataclass(frozen=True, slots=True)
class Request:
    """All that decides the bytes of a sequence.

    Attributes:
        version: lightmould's.
        scene: `Backend.digest`.
        cameras: who looks; frame N is the N-th one's.
        outputs: what is written.
        style: how the scene is seen.
        coding: how numbers become files.
        backend: name of what draws.
        device: what that draws with; another one's roundings are others.
    """

    version: str
    scene: str
    cameras: tuple[Camera, ...]
    outputs: tuple[Output, ...] = USUAL
    style: Style = field(default_factory=Style)
    coding: Coding = field(default_factory=Coding)
    backend: str = "cpu"
    device: str = ""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What the numbers of a folder's pictures say.

    Attributes:
        folder: its name.
        kind: what is told.
        unit: of the numbers.
        nothing: what is where nothing is seen.
    """

    folder: str
    kind: str
    unit: str
    nothing: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """A finished sequence.

    Attributes:
        request: sha256 of the request.
        backend: name of what drew it.
        device: what that drew with.
        objects: names, in the order of their numbers from 1 on.
        meanings: of each folder.
        hashes: sha256 of each file, by its path.
        versions: program name to version.
    """

    request: str
    backend: str
    device: str
    objects: tuple[str, ...]
    meanings: tuple[Meaning, ...]
    hashes: dict[str, str]
    versions: dict[str, str]


def ask(drawn: Backend, cameras: Sequence[Camera], coding: Coding | None = None) -> Request:
    """What a backend is to capture."""
    return Request(
        version=lightmould.__version__,
        scene=drawn.digest,
        cameras=tuple(cameras),
        outputs=drawn.outputs,
        style=drawn.style,
        coding=coding or Coding(),
        backend=drawn.name,
        device=drawn.device,
    )


def capture(
    renderer: Backend,
    request: Request,
    folder: Path,
    told: Callable[[int, bool], None],
) -> Manifest:
    """Write every frame that is not there, and then the manifest.

    Args:
        renderer: what draws.
        request: what is captured; `ask` makes it.
        folder: where it goes.
        told: hears of each frame, in no order, whether it was there before; one call at a time.

    Raises:
        JobError: the folder can't be written.
        SettingsError: a camera's lens distorts.
        ToolError: what draws died; it names the frame, and those before it are kept.
    """
    _begin(request, folder)
    work = _Work(renderer, request, folder, told)
    shared().run(work.frame, [(index,) for index in range(len(request.cameras))])
    if work.failed is not None:
        raise work.failed
    manifest = Manifest(
        request=_hash(codec.write_line(request).encode()),
        backend=request.backend,
        device=request.device,
        objects=renderer.scene.names,
        meanings=tuple(_meaning(output, request) for output in request.outputs),
        hashes=dict(sorted(work.hashes.items())),
        versions={"lightmould": lightmould.__version__},
    )
    write_atomically(folder / MANIFEST, codec.write(manifest))
    return manifest


def _begin(request: Request, folder: Path) -> None:
    """Note what is captured; what another request left is removed.

    Raises:
        JobError: the folder holds other things, or can't be written.
    """
    noted = folder / REQUEST
    text = codec.write(request)
    if folder.exists() and not folder.is_dir():
        raise JobError(folder, "a file", "a folder", "Choose another name.")
    (folder / MANIFEST).unlink(missing_ok=True)
    if noted.is_file() and noted.read_bytes() == text.encode():
        return
    if folder.is_dir() and any(folder.iterdir()) and not noted.is_file():
        found, wanted = "other files", "an empty folder, or one of an earlier capture"
        raise JobError(folder, found, wanted, "Choose another folder.")
    noted.unlink(missing_ok=True)
    for name in FOLDERS.values():
        shutil.rmtree(folder / name, ignore_errors=True)
    write_atomically(noted, text)


class _Work:
    """Frames that threads draw, encode and write, each on its own."""

    def __init__(
        self,
        renderer: Backend,
        request: Request,
        folder: Path,
        told: Callable[[int, bool], None],
    ) -> None:
        self.hashes: dict[str, str] = {}
        self.failed: LightmouldError | None = None
        self._renderer, self._request, self._folder, self._told = renderer, request, folder, told
        self._one_at_a_time = threading.Lock()
        # Arrays that are used again need not be zeroed; cameras of other sizes want others.
        self._idle: dict[tuple[int, int], SimpleQueue[Arrays]] = {
            camera.size: SimpleQueue() for camera in request.cameras
        }

    def frame(self, index: int) -> None:
        """Make sure that a frame is there, unless one has failed."""
        if self.failed is not None:
            return
        try:
            kept = self._kept(index)
            hashes = self._drawn(index) if kept is None else kept
        except ToolError as error:
            where = f"image {index:05d}: {error.where}"
            self._fail(ToolError(where, error.found, error.wanted, error.fix))
            return
        except LightmouldError as error:
            self._fail(error)
            return
        with self._one_at_a_time:
            self.hashes.update(hashes)
            self._told(index, kept is not None)

    def _fail(self, error: LightmouldError) -> None:
        """Note what went wrong first: the rest may follow from it."""
        with self._one_at_a_time:
            self.failed = self.failed or error

    def _files(self, index: int) -> dict[Output, tuple[str, str]]:
        """Each output's path in the folder, and suffix."""
        coding = self._request.coding
        return {
            output: (f"{FOLDERS[output]}/{index:05d}{coding.suffix(output)}", coding.suffix(output))
            for output in self._request.outputs
        }

    def _kept(self, index: int) -> dict[str, str] | None:
        """The hashes of a frame's files; None if one is not there or was cut off."""
        hashes: dict[str, str] = {}
        for path, suffix in self._files(index).values():
            try:
                data = (self._folder / path).read_bytes()
                if not encoding.is_whole(data, suffix):
                    return None
            except (OSError, FormatError):
                return None
            hashes[path] = _hash(data)
        return hashes

    def _drawn(self, index: int) -> dict[str, str]:
        """Draw a frame and write its files; returns their hashes."""
        camera, coding = self._request.cameras[index], self._request.coding
        idle = self._idle[camera.size]
        try:
            arrays = idle.get_nowait()
        except Empty:
            names = [coding.array_of(output) for output in self._request.outputs]
            arrays = blank(camera.size, names)
        self._renderer.fill(camera, arrays, coding.depth_scale)
        hashes: dict[str, str] = {}
        for output, (path, suffix) in self._files(index).items():
            data = encoding.encode(arrays[coding.array_of(output)], suffix)
            with aside(self._folder / path) as temporary:
                temporary.write_bytes(data)
            hashes[path] = _hash(data)
        idle.put(arrays)
        return hashes


def _meaning(output: Output, request: Request) -> Meaning:
    png, space = request.coding.numbers == "png", request.style.normal_space
    what = {
        "color": ("color, 8 bits", "sRGB", "the background"),
        "depth": ("distance along the viewing axis, float32", "metre", "inf"),
        "normal": (f"unit normal, {space} space, float32", "none", "0 0 0"),
        "id": ("number of the object, from 1, 16 bits", "none", "0"),
        "uv": ("texture coordinates, float32, (0, 0) is the lower left corner", "none", "nan"),
    }
    if png:
        kind = "distance along the viewing axis, 16 bits; 65535 is that far or farther"
        what["depth"] = (kind, f"1/{request.coding.depth_scale:g} metre", "0")
        kind = f"unit normal, {space} space, -1 to 1 as 0 to 255"
        what["normal"] = (kind, "none", "0 0 0")
    return Meaning(FOLDERS[output], *what[output])


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
