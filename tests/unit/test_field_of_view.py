"""The top of how well a hull fits tells the field of view, or that there is none to tell."""

import numpy as np
import pytest

from lightmould.dataset import field_of_view


def fits(right: float, bend: float = 0.5, noise: float = 0.0) -> field_of_view.Score:
    """A fit that is best where focal lengths are multiplied by what is right."""
    return lambda by: float(
        1 - bend * np.log(by / right) ** 2 + noise * np.sin(1e4 * np.log(by)) / 2
    )


@pytest.mark.parametrize("right", [0.42, 0.6, 0.86, 1.14, 1.3, 2.4])
def test_the_factor_that_fits_is_found_wherever_it_is(right: float) -> None:
    score = fits(right, noise=0.001)
    found = field_of_view.factor(score, score)
    assert found is not None
    assert found[0] == pytest.approx(right, rel=0.03)
    assert found[1] == pytest.approx(1, abs=0.002)


@pytest.mark.parametrize("right", [0.96, 1.0, 1.04])
def test_what_is_right_but_for_the_grid_is_left_alone(right: float) -> None:
    score = fits(right, noise=0.001)
    assert field_of_view.factor(score, score) is None


@pytest.mark.parametrize("bend", [-0.3, 0.0, 0.1])
def test_a_fit_that_hardly_falls_claims_nothing(bend: float) -> None:
    score = fits(1.4, bend, noise=0.002)
    assert field_of_view.factor(score, score) is None


def test_the_top_of_a_parabola_is_exact_and_a_line_has_none() -> None:
    places = np.linspace(-0.2, 0.2, 7)
    top = field_of_view.top_of(places, 2 - (places - 0.05) ** 2)
    assert top is not None
    assert (top.place, top.height) == pytest.approx((0.05, 2.0))
    assert top.error < 1e-9
    assert field_of_view.top_of(places, 2 + places**2) is None
