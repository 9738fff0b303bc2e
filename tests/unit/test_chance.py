"""What is left to chance stays within its limits, and is spread as it says."""

from math import pi, sin

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lightmould.errors import SettingsError
from lightmould.rigs.chance import Chance, Even, LogUniform, Normal, Uniform, check

SHARES = np.linspace(0.0, 1.0, 2001)
CHANCES: list[Chance] = [
    Uniform(-2.0, 3.0),
    Uniform(1.5, 1.5),
    LogUniform(0.01, 100.0),
    Even(),
    Even(0.1, 0.7),
    Normal(1.0, 0.5, 0.0, 2.0),
    Normal(5.0, 1.0, -1.0, 2.0),
]


@pytest.mark.parametrize("chance", CHANCES, ids=str)
def test_draws_ascend_from_one_limit_to_the_other(chance: Chance) -> None:
    drawn = [chance.at(float(share)) for share in SHARES]
    assert drawn == sorted(drawn)
    assert drawn[0] == pytest.approx(chance.low)
    assert drawn[-1] == pytest.approx(chance.high)
    assert chance.low <= min(drawn)
    assert max(drawn) <= chance.high


def test_each_is_spread_as_its_name_says() -> None:
    assert Uniform(2, 4).at(0.25) == 2.5
    assert LogUniform(1, 16).at(0.5) == pytest.approx(4)
    # Archimedes: as much of a sphere lies between two heights as of a cylinder about it.
    heights = [sin(Even(-0.3, 1.2).at(float(share))) for share in SHARES]
    np.testing.assert_allclose(np.diff(heights), np.diff(heights)[0], rtol=1e-9)
    drawn = [Normal(1.0, 0.5, -9, 9).at(float(share)) for share in SHARES[1:-1]]
    assert np.mean(drawn) == pytest.approx(1.0, abs=1e-3)
    assert np.std(drawn) == pytest.approx(0.5, rel=0.01)


@given(
    st.floats(-1e6, 1e6), st.floats(1e-3, 1e3), st.floats(-3, 3), st.floats(0.1, 4), st.floats(0, 1)
)
def test_a_cut_curve_is_never_left(
    mean: float, deviation: float, left: float, width: float, share: float
) -> None:
    low = mean + left * deviation
    chance = Normal(mean, deviation, low, low + width * deviation)
    assert chance.low <= chance.at(share) <= chance.high


@pytest.mark.parametrize(
    ("make", "wanted"),
    [
        (lambda: Uniform(2, 1), "in that order"),
        (lambda: Uniform(0, float("inf")), "finite"),
        (lambda: LogUniform(0, 1), "above 0"),
        (lambda: Even(-2, 0), "-pi/2 to pi/2"),
        (lambda: Normal(0, 0, -1, 1), "deviation above 0"),
        (lambda: Normal(0, 1, 50, 60), "some of the curve"),
        (lambda: check("look.value", Uniform(-1, 1), 0, 100), "0 to 100"),
        (lambda: check("cameras.elevation", Uniform(0, 2), -pi / 2, pi / 2), "-1.571 to 1.571"),
    ],
)
def test_limits_without_sense_are_refused(make: object, wanted: str) -> None:
    assert callable(make)
    with pytest.raises(SettingsError, match=wanted):
        make()
