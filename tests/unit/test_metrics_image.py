"""Picture scores against numbers worked out by hand and slow twins."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from lightmould.engine.measure import image
from lightmould.errors import ReconstructionError

Floats = NDArray[np.float64]


def picture(seed: int, height: int = 24, width: int = 30) -> Floats:
    """Smooth color, and a disc of coverage in the middle."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:height, :width]
    waves = rng.uniform(0.1, 0.4, (2, 3))
    color = 0.5 + 0.4 * np.sin(rows[..., None] * waves[0] + columns[..., None] * waves[1])
    alpha = np.clip(10 - np.hypot(rows - height / 2, columns - width / 2), 0, 1)
    return np.concatenate([color, alpha[..., None]], axis=-1)


def slow_ssim(found: Floats, truth: Floats) -> float:
    """Wang et al. 2004, window by window."""
    offsets = np.arange(11) - 5
    window = np.exp(-(offsets[:, None] ** 2 + offsets**2) / (2 * 1.5**2))
    window /= window.sum()
    values = []
    for row in range(truth.shape[0] - 10):
        for column in range(truth.shape[1] - 10):
            for channel in range(truth.shape[2]):
                x = found[row : row + 11, column : column + 11, channel]
                y = truth[row : row + 11, column : column + 11, channel]
                mx, my = (window * x).sum(), (window * y).sum()
                vx, vy = (window * (x - mx) ** 2).sum(), (window * (y - my) ** 2).sum()
                both = (window * (x - mx) * (y - my)).sum()
                c1, c2 = 0.0001, 0.0009
                top = (2 * mx * my + c1) * (2 * both + c2)
                values.append(top / ((mx**2 + my**2 + c1) * (vx + vy + c2)))
    return float(np.mean(values))


def slow_sums(found: Floats, truth: Floats) -> tuple[float, float, float]:
    """Decibels over the object on black and over all on white, and the silhouettes' overlap."""

    def over(picture: Floats, background: float) -> Floats:
        color, alpha = np.clip(picture[..., :3], 0, 1), np.clip(picture[..., 3:], 0, 1)
        return color * alpha + background * (1 - alpha)

    black = np.square(over(found, 0.0) - over(truth, 0.0))[truth[..., 3] > 0].mean()
    white = np.square(over(found, 1.0) - over(truth, 1.0)).mean()
    inside, true_inside = found[..., 3] > 0.5, truth[..., 3] > 0.5
    overlap = (inside & true_inside).sum() / (inside | true_inside).sum()
    return -10 * math.log10(black), -10 * math.log10(white), float(overlap)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_scores_are_those_of_the_slow_twin(dtype: type) -> None:
    rng = np.random.default_rng(0)
    found, truth = (np.roll(picture(i), i, axis=1) for i in (3, 4))
    found += rng.normal(0, 0.2, found.shape)  # some values lie outside of 0 to 1
    found, truth = found.astype(dtype), truth.astype(dtype)
    judged = image.score(found, truth)
    expected = slow_sums(found.astype(np.float64), truth.astype(np.float64))
    assert (judged.psnr, judged.psnr_full, judged.iou) == pytest.approx(expected, rel=1e-12)
    assert image.psnr(found, truth) == judged.psnr


def test_an_error_of_a_tenth_is_twenty_decibels() -> None:
    truth = np.full((4, 5, 4), 0.5)
    truth[..., 3] = 1.0
    found = truth.copy()
    found[..., :3] += 0.1
    assert image.psnr(found, truth) == pytest.approx(20.0)


def test_only_pixels_of_the_object_count() -> None:
    truth = np.zeros((2, 2, 4))
    truth[0, 0, 3] = 1.0
    found = np.full((2, 2, 4), 0.5)
    found[0, 0] = 0.01, 0.01, 0.01, 1.0
    assert image.psnr(found, truth) == pytest.approx(40.0)


def test_equal_pictures_have_finite_scores() -> None:
    same = picture(1)
    assert image.score(same, same) == image.Score(100.0, 100.0, pytest.approx(1.0), 1.0)


def test_ssim_is_that_of_the_paper() -> None:
    found, truth = picture(1)[..., :3], picture(2)[..., :3]
    assert image.ssim(found, truth) == pytest.approx(slow_ssim(found, truth), abs=1e-12)


def silhouettes(found: list[float], truth: list[float]) -> float:
    """The overlap of two pictures that are narrow stripes of these coverages."""
    pair = np.zeros((2, 11, 12, 4))
    pair[0, :, : len(found), 3], pair[1, :, : len(truth), 3] = found, truth
    pair[:, 0, 0, 3] = 1e-9  # an object, by a hair
    return image.score(pair[0], pair[1]).iou


def test_iou_counts_pixels_that_are_more_than_half_covered() -> None:
    assert silhouettes([0.0, 1.0, 0.6, 0.4, 0.0], [0.0, 1.0, 0.4, 0.4, 0.9]) == pytest.approx(1 / 3)


def test_two_empty_silhouettes_agree() -> None:
    assert silhouettes([], []) == 1.0


def test_color_where_nothing_is_covered_has_no_effect() -> None:
    truth, found = picture(1), picture(2)
    painted = found.copy()
    painted[found[..., 3] == 0, :3] = 0.7
    assert image.score(painted, truth) == image.score(found, truth)


def test_what_spills_over_the_silhouette_is_seen_by_the_whole_picture_only() -> None:
    truth = picture(1)
    spilled = truth.copy()
    spilled[truth[..., 3] == 0] = (0.2, 0.2, 0.2, 1.0)
    judged = image.score(spilled, truth)
    assert judged.psnr == 100.0
    assert judged.psnr_full < 20
    assert judged.iou < 0.7


def test_the_whole_picture_is_judged_on_white() -> None:
    truth = np.zeros((12, 12, 4))
    truth[0, 0] = 1.0
    found = np.zeros((12, 12, 4))
    found[..., 3] = 1.0
    assert image.score(found, truth).psnr_full == pytest.approx(0.0)


def test_the_mean_is_of_decibels() -> None:
    scores = (image.Score(20, 30, 0.5, 0.9), image.Score(40, 34, 0.7, 1.0))
    assert image.mean(scores) == image.Score(30, 32, pytest.approx(0.6), pytest.approx(0.95))


def test_the_error_picture_is_dark_where_all_is_well_and_bright_where_not() -> None:
    truth = picture(1)
    truth[..., 3] = 1.0
    found = truth.copy()
    found[0, 0, :3] = 1 - np.round(truth[0, 0, :3])
    heat = image.error_picture(found, truth)
    assert heat.shape == (24, 30, 3)
    assert heat[5, 5].max() < 0.1
    assert heat[0, 0].min() > 0.7


def test_a_view_without_the_object_is_refused() -> None:
    with pytest.raises(ReconstructionError, match="no pixel to judge"):
        image.score(picture(1), np.zeros((24, 30, 4)))


def test_pictures_of_other_sizes_and_nan_are_refused() -> None:
    truth = picture(1)
    with pytest.raises(ReconstructionError, match="one shape"):
        image.score(truth[:-1], truth)
    broken = truth.copy()
    broken[3, 3, 0] = math.nan
    with pytest.raises(ReconstructionError, match="not finite"):
        image.score(broken, truth)
    with pytest.raises(ReconstructionError, match="11 x 11"):
        image.ssim(truth[:10], truth[:10])
