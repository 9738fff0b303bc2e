"""Random views of a model, batch by batch."""

from dataclasses import dataclass, field

from lightmould.errors import SettingsError
from lightmould.rigs.looks import Looks
from lightmould.rigs.stances import Stances
from lightmould.settings.ranges import check_ranges, within


@dataclass(frozen=True, slots=True)
class Batches:
    """How many random views, and between what limits they are drawn.

    Attributes:
        batches: how many; each is rendered by one Blender, and is a dataset of its own.
        images: of a batch.
        jobs: batches that are rendered at the same time. One Blender keeps a whole machine busy;
            more are for large scenes that take long to set up.
        test: images of a batch that are held out to score with, its last ones.
        seed: of all draws; each view's depend on it, its batch and its number alone.
        cameras: where they stand.
        look: light, background and paint.
    """

    batches: int = within(4, 1, 1_000_000)
    images: int = within(16, 1, 1_000_000)
    jobs: int = within(1, 1, 1024)
    test: int = within(0, 0, 1_000_000)
    seed: int = within(0, 0, 2**31 - 1)
    cameras: Stances = field(default_factory=Stances)
    look: Looks = field(default_factory=Looks)

    def __post_init__(self) -> None:
        check_ranges(self)
        if self.test >= self.images:
            found, wanted = f"{self.test} of {self.images} held out", "some to learn from"
            raise SettingsError("batches.test", found, wanted, "Hold out fewer.")
