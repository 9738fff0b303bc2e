"""How well a held-out view was met."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class ViewResult:
    """A held-out view and how well it was met; pictures are PNG or JPEG of one size.

    Attributes:
        name: of the view.
        psnr: dB over the object's pixels.
        ssim: of the whole picture.
        iou: of the silhouettes.
        truth: the picture held out.
        found: the rendering.
        error: where they differ, if it was drawn.
    """

    name: str
    psnr: float
    ssim: float
    iou: float
    truth: Path
    found: Path
    error: Path | None = None
