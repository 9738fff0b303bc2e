"""Views as tensors, and frames from live Blenders, for training with PyTorch."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from lightmould.stream.connection import Connection, Stats
from lightmould.stream.endpoint import Endpoint, Endpoints
from lightmould.stream.instance import Terms
from lightmould.stream.launcher import BlenderLauncher, Launch, Own
from lightmould.stream.source import Item, Request, Source

if TYPE_CHECKING:
    from lightmould.stream.dataset import MapDataset, StreamDataset, loader
    from lightmould.stream.view_dataset import ViewDataset

__all__ = [
    "BlenderLauncher",
    "Connection",
    "Endpoint",
    "Endpoints",
    "Item",
    "Launch",
    "MapDataset",
    "Own",
    "Request",
    "Source",
    "Stats",
    "StreamDataset",
    "Terms",
    "ViewDataset",
    "loader",
]

_NEED_TORCH = {
    "MapDataset": "dataset",
    "StreamDataset": "dataset",
    "ViewDataset": "view_dataset",
    "loader": "dataset",
}


def __getattr__(name: str) -> Any:
    """What needs PyTorch, loaded when it is first used."""
    if name in _NEED_TORCH:
        return getattr(import_module(f"lightmould.stream.{_NEED_TORCH[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
