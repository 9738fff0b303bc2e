"""Runs in a producer: small items of several dtypes; parameters make it misbehave."""

import os
import sys
import time
from pathlib import Path

import numpy as np
import publisher


def frame(item):
    asked = item.parameters
    if asked.get("once") and not Path(asked["once"]).exists():
        Path(asked["once"]).touch()
        asked = {**asked, **asked["first"]}
    if "raise" in asked:
        raise ValueError(asked["raise"])
    if "die" in asked:
        os._exit(9)
    while "hang" in asked:
        pass
    if "made" in asked:
        Path(asked["made"], str(item.index)).touch()
    time.sleep(asked.get("sleep", 0))
    side = asked.get("side", 4)
    arrays = {
        "color": item.rng().integers(0, 255, (side, side, 4), np.uint8),
        "depth": item.rng().random((side, side), np.float32),
        "mask": item.rng().random((side, side)) < 0.5,
        "none": np.zeros((0, 3)),
    }
    said = {"pid": os.getpid(), "arguments": sys.argv[1:], "env": os.environ.get("OWN", "")}
    return arrays, {"index": item.index, "epoch": item.epoch, **said}


publisher.serve(frame)
