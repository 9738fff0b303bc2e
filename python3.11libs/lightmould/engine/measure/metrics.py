"""The numbers of a reconstruction: what metrics.json holds."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Metrics:
    """How good a reconstruction is and what it took; the names are the keys of metrics.json.

    Attributes:
        psnr: dB, mean over held-out views, over the object's pixels composited on black, sRGB;
            `lightmould.engine.measure.image.Score` says which pixels those are.
        psnr_full: dB, mean over held-out views, whole picture composited on white, sRGB.
        ssim: structural similarity of the same pictures, 1 is equal.
        iou: intersection over union of the silhouettes, 1 is equal.
        chamfer_rel: mean of both directions' mean distance between found and true surface,
            divided by the diagonal of the truth's bounding box; None without a source mesh.
        seconds: wall time of the whole reconstruction.
        views_train: pictures that it learned from.
        views_test: pictures held out, which psnr, psnr_full, ssim and iou are about.
        faces: triangles of the mesh.
        device: the processor that it ran on.
        versions: program name to version.
    """

    psnr: float
    psnr_full: float
    ssim: float
    iou: float
    chamfer_rel: float | None
    seconds: float
    views_train: int
    views_test: int
    faces: int
    device: str
    versions: dict[str, str]
