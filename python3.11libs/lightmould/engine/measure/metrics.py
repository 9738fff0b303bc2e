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
        device: the processor or the GPU that it ran on.
        versions: program name to version.
        albedo_error: median absolute difference of linear base color to the truth's, mean over
            channels, as it was found; None without a source's materials. For this and the next
            three, `lightmould.engine.measure.material` says which places count.
        albedo_error_scaled: the same after the one factor for each channel that fits best, for
            twice the light on half the albedo looks the same.
        roughness_error: median absolute difference of perceptual roughness, 0 to 1.
        metallic_error: median absolute difference of the metallic value, 0 to 1.
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
    albedo_error: float | None = None
    albedo_error_scaled: float | None = None
    roughness_error: float | None = None
    metallic_error: float | None = None
