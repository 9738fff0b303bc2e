"""Views at which Blender died: tried again, alone, until they are done or set aside."""

import platform
from collections import Counter

import lightmould
from lightmould.dataset.quarantine import SetAside
from lightmould.jobs.failure import CommandError
from lightmould.model import Frame


class Suspects:
    """The views that Blender died at.

    Args:
        most: how often it may die at one before that is set aside.

    Attributes:
        guilty: the views that are set aside.
    """

    def __init__(self, most: int) -> None:
        self.guilty: dict[str, SetAside] = {}
        self._most = most
        self._left: dict[str, list[Frame]] = {}
        self._deaths: Counter[str] = Counter()

    def __bool__(self) -> bool:
        return bool(self._left)

    def __contains__(self, view: str) -> bool:
        return view in self._left

    def next(self) -> list[Frame]:
        """What is left of the next one."""
        return [*next(iter(self._left.values()))]

    def strike(self, frame: Frame) -> None:
        """A frame of one of them is done after all."""
        self._left[frame.view].remove(frame)
        if not self._left[frame.view]:
            del self._left[frame.view]

    def suspect(self, view: str, frames: list[Frame]) -> None:
        """From now on, these frames are tried alone."""
        self._left[view] = frames

    def blame(self, view: str, key: str, death: CommandError, blender: str) -> bool:
        """Whether a view has to be set aside, now that Blender died at it once more."""
        self._deaths[view] += 1
        if self._deaths[view] < self._most:
            return False
        del self._left[view]
        versions = {"blender": blender, "lightmould": lightmould.__version__}
        self.guilty[view] = SetAside(
            key, death.cause, str(death), death.last, platform.node(), versions
        )
        return True
