"""An optimization that runs away is taken back; one that goes well is left alone."""

from dataclasses import replace

import numpy as np
import pytest

from lightmould.engine.geometry import hull, shape
from lightmould.engine.geometry.shape import Shape
from lightmould.engine.guard import KEEP_EVERY, ROLLBACKS, Guard
from lightmould.engine.texturing import appearance, atlas, light
from lightmould.engine.texturing.look import Look
from lightmould.engine.views import Views
from lightmould.errors import ReconstructionError
from lightmould.settings.reconstruction import AppearanceLevel, Reconstruction, ShapeLevel

COLOR = slice(12, 15)
"""Where the rows of points have their true color."""


def descend(rate: float, steps: int, poison: dict[int, float]) -> tuple[float, list[str]]:
    """|x| and the warnings after gradient descent on x squared, with gradients spoiled at steps."""
    x, warnings = np.array([1.0, -2.0]), list[str]()
    guard = Guard("bowl", (x,), warnings.append)
    for step in range(steps):
        gradient = 2 * x
        gradient[0] = poison.get(step, gradient[0])
        if guard.check(step, float(x @ x), (gradient,)):
            x -= rate * guard.speed * gradient
    return float(np.abs(x).max()), warnings


def test_a_good_run_is_left_alone() -> None:
    left, warnings = descend(0.1, 60, {})
    assert left == pytest.approx(2 * 0.8**60)
    assert not warnings


@pytest.mark.parametrize("poison", [np.nan, np.inf, -np.inf])
def test_a_gradient_that_is_not_finite_never_reaches_the_parameters(poison: float) -> None:
    left, warnings = descend(0.1, 80, {25: poison})
    assert left < 1e-3
    (warning,) = warnings
    assert warning.startswith("bowl, step 25: a gradient that is not finite; back to")
    assert "0.5 times" in warning


@pytest.mark.parametrize("rate", [1.02, 1.2, 1.7])
def test_a_rate_that_is_too_high_is_halved_until_it_is_not(rate: float) -> None:
    left, warnings = descend(rate, 400, {})
    assert left < 1e-6
    assert len(warnings) == 1
    assert "a loss of" in warnings[0]


def test_the_state_returns_to_the_last_one_that_was_kept() -> None:
    x, moment = np.zeros(3), np.zeros(2, np.float32)
    guard = Guard("stage", (x, moment), lambda _: None)
    for step in range(KEEP_EVERY + 3):
        x[:] = step
        moment[:] = -step
        assert guard.check(step, 1.0)
    x[:] = np.nan
    assert not guard.check(step + 1, np.nan)
    np.testing.assert_array_equal(x, KEEP_EVERY - 1)
    np.testing.assert_array_equal(moment, 1 - KEEP_EVERY)
    assert guard.speed == 0.5


def test_it_gives_up_by_name_after_three_returns() -> None:
    warnings = list[str]()
    guard = Guard("textures and light", (np.zeros(1),), warnings.append)
    for step in range(ROLLBACKS):
        assert not guard.check(step, np.nan)
    with pytest.raises(ReconstructionError, match=r"textures and light, step 3: found a loss of "):
        guard.check(3, np.inf)
    assert len(warnings) == ROLLBACKS
    assert guard.speed == 0.5**ROLLBACKS


def test_losses_that_vary_from_picture_to_picture_are_no_explosion() -> None:
    guard = Guard("stage", (np.zeros(1),), lambda _: None)
    losses = np.random.default_rng(0).lognormal(-3, 0.6, 2000)
    assert all(guard.check(step, loss) for step, loss in enumerate(losses))


def test_a_tiny_loss_that_becomes_a_little_larger_is_no_explosion() -> None:
    guard = Guard("stage", (np.zeros(1),), lambda _: None)
    losses = [0.0] * 20 + [1e-6] * 20 + [1e-4]
    assert all(guard.check(step, loss) for step, loss in enumerate(losses))


def poisoned(scene) -> Views:
    """Views to learn from, one of which is not a number somewhere on the object."""
    color = scene.train.color.copy()
    rows, columns = np.nonzero(scene.train.alpha[7] > 0.999)
    color[7, rows[40], columns[40]] = np.nan
    return replace(scene.train, color=color)


def refined(scene, steps: int) -> Shape:
    views, level = poisoned(scene), ShapeLevel(20, steps, 0, 4)
    contours = hull.contours_of(views)
    grid = hull.grid_over(*hull.find_object(contours), level.cells)
    begun = shape.start(grid, hull.carve(contours, grid))
    return shape.refine(
        begun, views, Reconstruction(), level, np.random.default_rng(0), lambda _, __: None
    )


def test_a_picture_with_a_hole_costs_the_shape_a_step_or_two(
    scene, caplog: pytest.LogCaptureFixture
) -> None:
    found = refined(scene, 10)
    assert np.isfinite(found.distance).all()
    assert np.isfinite(found.color).all()
    assert np.isfinite(found.light).all()
    assert 1 <= len(caplog.messages) <= ROLLBACKS
    assert caplog.messages[0].startswith("shape, 20 cells, step ")


def test_a_picture_with_a_hole_that_is_met_again_and_again_ends_it(scene) -> None:
    with pytest.raises(ReconstructionError, match=r"shape, 20 cells, step \d+: found .* 4th time"):
        refined(scene, 40)


def fitted(scene, steps: int) -> Look:
    """A gray look fitted to points of which one has no true color."""
    points = appearance.gathered(scene.train, atlas.corners_of(scene.mesh))
    points.rows[len(points) // 2, COLOR] = np.nan
    gray = appearance.start(np.full((64, 64, 3), 0.4, np.float32), light.even(0.8))
    how, level = Reconstruction(texture_size=64), AppearanceLevel(0, steps, 2)
    return appearance.fit(gray, points, how, level, np.random.default_rng(0), lambda _, __: None)


def test_a_point_without_a_color_costs_textures_and_light_a_step_or_two(
    scene, caplog: pytest.LogCaptureFixture
) -> None:
    found = fitted(scene, 4)
    assert np.isfinite(found.texture).all()
    assert np.isfinite(found.light).all()
    assert 1 <= len(caplog.messages) <= ROLLBACKS
    assert caplog.messages[0].startswith("appearance, 64 texels, step ")


def test_a_point_without_a_color_that_is_met_again_and_again_ends_it(scene) -> None:
    with pytest.raises(ReconstructionError, match=r"appearance, .* step \d+: found .* 4th time"):
        fitted(scene, 20)
