"""Views as tensors, and frames from live Blenders, for training with PyTorch."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from lightmould.stream.connection import Connection, Stats
from lightmould.stream.duplex import Duplex
from lightmould.stream.endpoint import Endpoint, Endpoints
from lightmould.stream.instance import Terms
from lightmould.stream.launcher import BlenderLauncher, Launch, Own
from lightmould.stream.loss_weights import LossWeights
from lightmould.stream.producers import Producers
from lightmould.stream.recorder import Recorder
from lightmould.stream.replay import Recording
from lightmould.stream.source import Item, Request, Source

if TYPE_CHECKING:
    from lightmould.stream.dataset import MapDataset, StreamDataset, loader
    from lightmould.stream.environment import RemoteEnvironment
    from lightmould.stream.recorded_dataset import RecordedDataset
    from lightmould.stream.view_dataset import ViewDataset

__all__ = [
    "BlenderLauncher",
    "Connection",
    "Duplex",
    "Endpoint",
    "Endpoints",
    "Item",
    "Launch",
    "LossWeights",
    "MapDataset",
    "Own",
    "Producers",
    "RecordedDataset",
    "Recorder",
    "Recording",
    "RemoteEnvironment",
    "Request",
    "Source",
    "Stats",
    "StreamDataset",
    "Terms",
    "ViewDataset",
    "loader",
]

_LATER = {
    "MapDataset": "dataset",
    "RecordedDataset": "recorded_dataset",
    "RemoteEnvironment": "environment",
    "StreamDataset": "dataset",
    "ViewDataset": "view_dataset",
    "loader": "dataset",
}


def __getattr__(name: str) -> Any:
    """What needs PyTorch or Gymnasium, loaded when it is first used."""
    if name in _LATER:
        return getattr(import_module(f"lightmould.stream.{_LATER[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
