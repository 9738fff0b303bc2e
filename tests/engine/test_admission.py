"""Pictures that no shape can be found in are refused by name, before any work is done."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lightmould.engine import admission
from lightmould.engine.views import Views
from lightmould.errors import DatasetError
from lightmould.model import Camera

WHERE = Path("set/manifest.json")


def discs(count: int) -> Views:
    """Views of a white disc."""
    camera = Camera("one", (16, 16), (20.0, 20.0), (8.0, 8.0), np.eye(4))
    across = np.linspace(-1, 1, 16)
    alpha = (np.hypot(*np.meshgrid(across, across)) < 0.7).astype(np.float32)
    return Views(
        tuple(replace(camera, name=f"{number:06d}") for number in range(count)),
        np.repeat(np.repeat(alpha[None, ..., None], 3, axis=3), count, axis=0),
        np.repeat(alpha[None], count, axis=0),
    )


def refusal(views: Views) -> str:
    warnings = list[str]()
    with pytest.raises(DatasetError) as caught:
        admission.check(views, WHERE, warnings.append)
    assert not warnings
    assert str(caught.value).startswith(str(WHERE))
    return str(caught.value)


def test_good_pictures_pass_without_a_word() -> None:
    warnings = list[str]()
    admission.check(discs(3), WHERE, warnings.append)
    assert not warnings


@pytest.mark.parametrize(("count", "found"), [(1, "1 view to"), (2, "2 views to")])
def test_fewer_than_three_views_are_refused(count: int, found: str) -> None:
    assert f"found {found} learn from; wanted at least 3" in refusal(discs(count))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_number_that_is_not_finite_is_refused_by_its_view(value: float) -> None:
    views = discs(4)
    views.color[2, 5, 6, 1] = value
    assert "found NaN or infinity in 000002;" in refusal(views)


def test_masks_that_are_all_white_are_refused() -> None:
    views = discs(4)
    views.alpha[...] = 1.0
    assert "found masks that cover every picture whole" in refusal(views)


def test_one_white_mask_among_good_ones_is_told() -> None:
    views = discs(9)
    views.alpha[1:8] = 1.0
    warnings = list[str]()
    admission.check(views, WHERE, warnings.append)
    (warning,) = warnings
    assert re.search(r"masks of 000001, .*000005 and 2 more cover", warning)
