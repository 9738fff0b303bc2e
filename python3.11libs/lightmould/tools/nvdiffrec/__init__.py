"""The user's own nvdiffrec: what it is asked, how it is called, what its lines mean.

None of its code is here. What is known of it: its documents, and the files and lines it writes.
"""

from lightmould.tools.nvdiffrec.command import (
    FinishRequest,
    PrepareRequest,
    TrainRequest,
    finish,
    prepare,
    supervise,
    train,
)
from lightmould.tools.nvdiffrec.config import check
from lightmould.tools.nvdiffrec.setup import Setup, find

__all__ = [
    "FinishRequest",
    "PrepareRequest",
    "Setup",
    "TrainRequest",
    "check",
    "find",
    "finish",
    "prepare",
    "supervise",
    "train",
]
