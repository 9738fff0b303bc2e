"""Frames from a producer into PyTorch: `python benchmarks/stream.py [--kills [SECONDS]]`.

Pictures of 640 x 480 RGBA that need no rendering, from one producer: through shared memory, over
loopback TCP, and as pytorch-blender sends them, pickled over ZMQ, if pyzmq is there (`pip install
pyzmq`; nothing else needs it). Rounds alternate, so that all meet the same machine; the best of
each and the medians are told. `--kills` instead kills a producer every 5 seconds while two render,
and tells how long the stream took to be as fast as before. Producers are plain Python, or the
Blender that LIGHTMOULD_BLENDER names, which takes longer to start.
"""

import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, cast

import numpy as np
import torch

from lightmould.stream import BlenderLauncher, Launch, Request, StreamDataset, Terms
from lightmould.stream.connection import Connection
from lightmould.tools.blender import Blender

SIZE = (480, 640, 4)
ITEMS, WARM, ROUNDS = 600, 50, 5
EVERY, BIN = 5.0, 0.25  # seconds between two kills; of which the rate is told
BLENDER = os.environ.get("LIGHTMOULD_BLENDER")
PRODUCERS = Launch(Blender(BLENDER or sys.executable, is_python=BLENDER is None))

PICTURES = f"""
import numpy, publisher
picture = numpy.random.default_rng(0).integers(0, 255, {SIZE}, numpy.uint8)
publisher.serve(lambda item: {{"color": picture}})
"""
RENDERING = """
import os, time, numpy, publisher
def frame(item):
    time.sleep(0.02)
    return {"color": item.rng().integers(0, 255, (64, 64, 4), numpy.uint8)}, {"pid": os.getpid()}
publisher.serve(frame)
"""
PICKLED = f"""
import sys, numpy, zmq
picture = numpy.random.default_rng(0).integers(0, 255, {SIZE}, numpy.uint8)
out = zmq.Context().socket(zmq.PUSH)
out.setsockopt(zmq.SNDHWM, 10)
out.setsockopt(zmq.IMMEDIATE, 1)
out.bind("tcp://127.0.0.1:0")
print(out.getsockopt(zmq.LAST_ENDPOINT).decode(), flush=True)
for index in iter(int, 1):
    out.send_pyobj({{"color": picture, "index": index}})
"""


def rate(tensors: "Callable[[], torch.Tensor]") -> float:
    """Frames a second."""
    for _ in range(WARM):
        tensors()
    began = time.perf_counter()
    for _ in range(ITEMS):
        if tensors().shape != SIZE:
            raise ValueError("not the picture")
    return ITEMS / (time.perf_counter() - began)


def ours(launcher: BlenderLauncher, *, shared: bool) -> float:
    """Through a dataset of ours, in this process."""
    dataset = StreamDataset(launcher.endpoints, WARM + ITEMS, terms=Terms(ahead=8, shared=shared))
    items = iter(dataset)
    try:
        return rate(lambda: next(items)["color"])
    finally:
        dataset.close()


def pickled() -> float:
    """Over ZMQ, unpickled, in this process."""
    import zmq  # noqa: PLC0415  # the benchmark's alone

    argv = (sys.executable, "-c", PICKLED)
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as producer:
        try:
            with zmq.Context() as context, context.socket(zmq.PULL) as link:
                link.setsockopt(zmq.RCVHWM, 10)
                link.connect(cast("IO[str]", producer.stdout).readline().strip())
                return rate(lambda: torch.from_numpy(link.recv_pyobj()["color"]))
        finally:
            producer.kill()


def transports(script: Path) -> None:
    """A table of all three."""
    script.write_text(PICTURES, encoding="utf-8")
    found: dict[str, list[float]] = {}
    with BlenderLauncher(None, script, 1, PRODUCERS) as launcher:
        ways: dict[str, Callable[[], float]] = {
            "shared memory": lambda: ours(launcher, shared=True),
            "TCP": lambda: ours(launcher, shared=False),
            "pickle over ZMQ": pickled,
        }
        for _ in range(ROUNDS):
            for name, way in ways.items():
                try:
                    found.setdefault(name, []).append(way())
                except ImportError:
                    print(f"{name}: no pyzmq here")
    peer = found.get("pickle over ZMQ", [])
    print(f"{'640 x 480 RGBA, 1 producer':28}{'best /s':>10}{'median /s':>11}{'of pickle':>11}")
    for name, rates in found.items():
        times = statistics.median(rates) / statistics.median(peer) if peer else float("nan")
        print(f"{name:28}{max(rates):10.0f}{statistics.median(rates):11.0f}{times:10.1f}x")


def kills(script: Path, seconds: float) -> None:
    """Kill a producer again and again; every item must come once, in order."""
    script.write_text(RENDERING, encoding="utf-8")
    chance, moments, killed = np.random.default_rng(0), list[float](), list[float]()
    with BlenderLauncher(None, script, 2, PRODUCERS) as launcher:
        launcher.wait()
        with Connection(launcher.endpoints) as connection:
            began, pids = time.monotonic(), dict[str, int]()
            for index, item in enumerate(connection.ask(map(Request, iter(range(10**9))))):
                if item.request.index != index:
                    raise ValueError(f"item {item.request.index} in place of {index}")
                moments.append(time.monotonic() - began)
                pids[item.instance] = item.metadata["pid"]
                if moments[-1] > seconds:
                    break
                if moments[-1] > EVERY * (len(killed) + 1):
                    os.kill(pids[chance.choice([*pids])], signal.SIGKILL)
                    killed.append(moments[-1])
            stats = connection.stats()
    usual = statistics.median(np.histogram(moments, np.arange(0, EVERY, BIN))[0]) / BIN
    print(f"{len(moments)} items in {seconds:g} s, each once and in order; {usual:.0f} /s at first")
    print(f"{len(killed)} producers killed, {stats.again} items asked for again")
    gaps = np.diff(moments)
    print(f"longest time without an item: {gaps.max():.2f} s")
    back = [recovery(np.array(moments), moment, usual) for moment in killed]
    print(f"seconds until as fast as before (90 %): {max(back):.2f} at most, {back}")


def recovery(
    moments: "np.ndarray[tuple[int], np.dtype[np.float64]]", kill: float, usual: float
) -> float:
    """Seconds after a kill until a stretch of 0.5 s is 90 % as fast as usual."""
    for after in np.arange(0, EVERY, 0.05):
        start = kill + after
        if np.sum((moments > start) & (moments <= start + 0.5)) >= 0.9 * usual * 0.5:
            return round(float(after), 2)
    return EVERY


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder, "script.py")
        if "--kills" in sys.argv:
            given = sys.argv[sys.argv.index("--kills") + 1 :]
            kills(place, float(given[0]) if given else 60.0)
        else:
            transports(place)
