"""A program that talks as the script in Blender does, renders in no time, and dies as it is told.

Beside the request may lie `fate.json`, a `Fate`; what happened is told in `story.txt`.
"""

import os
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np

from lightmould.dataset import images
from lightmould.formats import codec
from lightmould.formats.events import MARK
from lightmould.model import Frame
from lightmould.tools.blender import RenderRequest
from lightmould.tools.blender.conversation import (
    Batch,
    Hello,
    Layer,
    Order,
    Ready,
    Taken,
)


@dataclass(frozen=True)
class Fate:
    """What is to go wrong.

    Attributes:
        deaths: at which view, and how often.
        words: its last ones at a view; otherwise it has bad luck there.
        hangs: at which view it waits for ever.
        version: that it says it is of.
        engines: that kill it.
        copies: whether pixels can be copied from memory; "wrong" ones are not those of the file.
        waits: for a file of this name beside the request, before the first frame.
    """

    deaths: dict[str, int] = field(default_factory=dict)
    words: str = "out of luck"
    hangs: str = ""
    version: str = "9.9"
    engines: tuple[str, ...] = ()
    copies: Literal["none", "right", "wrong"] = "none"
    waits: str = ""


def layers(frame: Frame, size: tuple[int, int]) -> dict[str, np.ndarray[Any, Any]]:
    """Rows from above."""
    width, height = size
    value = np.float32(int(frame.view) / 100)
    if frame.kind == "color":
        return {"Combined": np.full((height, width, 4), 1 - value, np.float32)}
    normal = np.zeros((height, width, 3), np.float32)
    normal[..., 1] = -1
    return {"Depth": np.full((height, width, 1), 1 + value, np.float32), "Normal": normal}


class Actor:
    """Plays one Blender."""

    def __init__(self, request: Path) -> None:
        self.asked = codec.read(RenderRequest, request.read_bytes(), request)
        self.place = request.parent
        fate = self.place / "fate.json"
        self.fate = codec.read(Fate, fate.read_bytes(), fate) if fate.exists() else Fate()

    def play(self) -> None:
        self.note("started")
        self.say(Hello(self.fate.version))
        line = sys.stdin.readline()
        if not line:
            return
        order = codec.read(Order, line, "order")
        self.note(f"{order.engine} {order.device}")
        if order.engine in self.fate.engines:
            self.die(f"no {order.engine} here")
        self.get_ready(order)
        while line := sys.stdin.readline():
            batch = codec.read(Batch, line, "batch")
            self.note(batch.route)
            for frame in batch.frames:
                self.take(frame)

    def get_ready(self, order: Order) -> None:
        test = order.scratch / "test.exr"
        engine = "CYCLES" if order.engine in ("auto", "cycles") else order.engine.upper()
        copies = self.fate.copies != "none"
        if copies:
            images.write_exr(test, np.ones((16, 16, 4), np.float32))
        self.say(Ready(engine, "CPU", ("a",), test, in_memory=copies))
        if copies:
            wrong = self.fate.copies == "wrong"
            made = {name: pixels + wrong for name, pixels in images.read_layers(test).items()}
            self.hand(Frame(self.asked.views[0].name, "data"), made)

    def take(self, frame: Frame) -> None:
        if self.fate.waits:
            while not (self.place / self.fate.waits).exists():
                pass
        died = self.place / f"died at {frame.view}"
        times = len(died.read_text()) if died.exists() else 0
        if times < self.fate.deaths.get(frame.view, 0):
            died.write_text("x" * (times + 1))
            self.die(f"{self.fate.words} at {frame.view}")
        while frame.view == self.fate.hangs:
            time.sleep(1)
        self.note(str(frame))
        size = next(view.size for view in self.asked.views if view.name == frame.view)
        self.hand(frame, layers(frame, size))

    def hand(self, frame: Frame, made: dict[str, np.ndarray[Any, Any]]) -> None:
        (height, width), *_ = (pixels.shape[:2] for pixels in made.values())
        told = tuple(Layer(name, pixels.shape[2]) for name, pixels in made.items())
        self.say(Taken(frame, (width, height), told, None))
        for pixels in made.values():
            sys.stdout.buffer.write(np.ascontiguousarray(pixels[::-1], np.float32).tobytes())
        sys.stdout.flush()

    def say(self, said: Hello | Ready | Taken) -> None:
        told = {"said": {"is": type(said).__name__.lower(), **codec.encode(said)}}
        sys.stdout.write(MARK + codec.write_line(told))
        sys.stdout.flush()

    def note(self, what: str) -> None:
        with (self.place / "story.txt").open("a") as file:
            file.write(f"{what}\n")

    def die(self, words: str) -> None:
        sys.stderr.write(f"{words}\n")
        sys.stderr.flush()
        os.abort()


if __name__ == "__main__":
    Actor(Path(sys.argv[-1])).play()
