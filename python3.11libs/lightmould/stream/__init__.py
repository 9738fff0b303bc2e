"""Views as tensors, for training with PyTorch."""

from lightmould.stream.view_dataset import ViewDataset

__all__ = ["ViewDataset"]
