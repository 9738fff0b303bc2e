"""The engine on a configuration of nvdiffrec: its files in, its files and its lines out."""

from lightmould.engine.train.run import Listener, train

__all__ = ["Listener", "train"]
