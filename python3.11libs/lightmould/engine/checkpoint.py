"""Finished stages on disk, so that a killed reconstruction goes on where it was.

Every stage starts from the arrays of the one before and from nothing else, so a resumed run gives
the same bytes as an undisturbed one.
"""

import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from lightmould.formats.files import aside

Arrays: TypeAlias = dict[str, NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Checkpoints:
    """One file per finished stage.

    Attributes:
        folder: where they lie.
        key: hash of everything that decides the result; files of another key don't count.
    """

    folder: Path
    key: str

    def path(self, stage: str) -> Path:
        """Where a stage's arrays lie."""
        return self.folder / f"{stage}.npz"

    def save(self, stage: str, arrays: Arrays) -> None:
        """Write a stage's arrays aside, then under their name."""
        with aside(self.path(stage)) as temporary:
            about = {_KEY: np.array(self.key), _NAMES: np.array(sorted(arrays), dtype=str)}
            np.savez(temporary, **about, **arrays)

    def load(self, stage: str) -> Arrays | None:
        """A stage's arrays; None when there are none of this key.

        Raises:
            ValueError: the file is there, but damaged.
        """
        try:
            with self.path(stage).open("rb") as raw, np.load(raw, allow_pickle=False) as file:
                arrays = {name: file[name] for name in file.files}
        except FileNotFoundError:
            return None
        # zipfile has a RuntimeError for what it takes for encrypted or for a newer format.
        except (OSError, EOFError, KeyError, RuntimeError, zipfile.BadZipFile) as error:
            raise ValueError(str(error)) from error
        key, names = arrays.pop(_KEY, None), arrays.pop(_NAMES, None)
        # A damaged directory hides whole arrays, and their checksums with them.
        if key is None or names is None or sorted(arrays) != names.tolist():
            raise ValueError("an array is missing")
        return arrays if str(key) == self.key else None


_KEY, _NAMES = ".key", ".names"
"""Members of the file beside the arrays."""
