"""Charts as inline SVG that keep their text size at every width.

Places are percentages of the plot, so nothing is scaled but the curve itself, which lies in an
inner drawing of 1000 x 1000 with strokes that do not scale.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lightmould.engine.report.contents import Curve, Timing
from lightmould.engine.report.markup import Html, element
from lightmould.formats.numbers import decade_ticks, number, round_ticks

_POINTS = 300
_WIDE = 30.0
_FEW = 8
TONES = 6
"""Shades that the style sheet has for the parts of a bar."""


@dataclass(frozen=True, slots=True)
class _Axis:
    """A range of values and the ticks on it."""

    low: float
    high: float
    ticks: tuple[float, ...]
    logarithmic: bool = False

    def place(self, value: float) -> float:
        """0 at the low end, 1 at the high end."""
        turn: Callable[[float], float] = math.log if self.logarithmic else float
        low, high = turn(self.low), turn(self.high)
        return (turn(value) - low) / (high - low) if high > low else 0.5


def curve(data: Curve) -> Html:
    """A line over steps; a logarithmic scale where values are positive and span a factor of 30."""
    values, steps = np.array(data.values, dtype=float), np.array(data.steps, dtype=float)
    finite = np.isfinite(values)
    values, steps = values[finite], steps[finite]
    if not len(values):
        return element("p", "No finite values.", class_="soft")
    across = _Axis(steps.min(), steps.max(), round_ticks(steps.min(), steps.max()))
    up = _value_axis(values)
    scale = ", logarithmic scale" if up.logarithmic else ""
    said = (
        f"{data.name}: {number(values[0])} at step {int(steps[0])}, "
        f"{number(values[-1])} at step {int(steps[-1])}{scale}"
    )
    ticks = [_rule(up.place(tick), number(tick)) for tick in up.ticks]
    ticks += [_step(across.place(tick), number(tick)) for tick in across.ticks]
    ticks += [element("text", "step", class_="axis", x="100%", y="100%", dy="36")]
    return element(
        "svg",
        *ticks,
        _drawing(values, steps, across, up),
        class_="plot",
        role="img",
        aria_label=said,
    )


def columns(names: Sequence[str], values: Sequence[float], unit: str) -> Html:
    """A column for each view, each a link to `#view-1`, `#view-2`, ...; the mean is a line."""
    top = max([*values, 1e-6])
    axis = _Axis(0.0, top * 1.05, round_ticks(0.0, top * 1.05))
    pitch = 100 / max(len(values), _FEW)
    bars = []
    for i, (name, value) in enumerate(zip(names, values, strict=True)):
        height = 100 * axis.place(value)
        bar = element(
            "rect",
            element("title", f"{name}: {number(value, 3)} {unit}"),
            x=_percent((i + 0.12) * pitch),
            y=_percent(100 - height),
            width=_percent(0.76 * pitch),
            height=_percent(height),
        )
        label = element(
            "text", str(i + 1), class_="rank", x=_percent((i + 0.5) * pitch), y="100%", dy="16"
        )
        parts = (bar, label) if len(values) <= 30 else (bar,)
        bars.append(element("a", *parts, href=f"#view-{i + 1}", aria_label=name))
    middle = _percent(100 - 100 * axis.place(sum(values) / len(values)))
    mean = element("line", class_="mean", x1="0", x2="100%", y1=middle, y2=middle)
    rules = [_rule(axis.place(tick), number(tick)) for tick in axis.ticks]
    return element("svg", *rules, *bars, mean, class_="plot columns", role="group")


def shares(stages: Sequence[Timing]) -> Html:
    """One bar cut into the stages' parts of the time."""
    total = sum(stage.seconds for stage in stages) or 1.0
    parts, begin = [], 0.0
    for i, stage in enumerate(stages):
        width = 100 * stage.seconds / total
        parts.append(
            element(
                "rect",
                element("title", f"{stage.name}: {width:.0f} %"),
                class_=f"tone-{i % TONES}",
                x=_percent(begin),
                width=_percent(width),
                height="100%",
            )
        )
        begin += width
    said = ", ".join(f"{stage.name} {100 * stage.seconds / total:.0f} %" for stage in stages)
    return element("svg", *parts, class_="shares", role="img", aria_label=f"Time: {said}")


def _value_axis(values: NDArray[np.float64]) -> _Axis:
    low, high = float(values.min()), float(values.max())
    if low > 0 and high / low >= _WIDE:
        return _Axis(low, high, decade_ticks(low, high), logarithmic=True)
    margin = 0.05 * (high - low) or abs(high) * 0.1 or 1.0
    low, high = (0.0 if 0 <= low < 0.3 * high else low - margin), high + margin
    return _Axis(low, high, round_ticks(low, high))


def _drawing(
    values: NDArray[np.float64], steps: NDArray[np.float64], across: _Axis, up: _Axis
) -> Html:
    """The line; a long one is the mean of neighbors in a band from their least to their most."""
    if len(values) == 1:
        return element(
            "circle", class_="dot", cx="50%", cy=_percent(100 - 100 * up.place(values[0])), r="3"
        )
    bins = np.array_split(np.arange(len(values)), min(_POINTS, len(values)))

    def points(reduce: Callable[[NDArray[np.float64]], float]) -> list[str]:
        return [
            f"{1000 * across.place(steps[part].mean()):.1f} "
            f"{1000 - 1000 * up.place(float(reduce(values[part]))):.1f}"
            for part in bins
        ]

    shapes = [element("path", class_="line", d="M" + "L".join(points(np.mean)))]
    if len(values) > _POINTS:
        around = points(np.max) + points(np.min)[::-1]
        shapes.insert(0, element("path", class_="band", d="M" + "L".join(around) + "Z"))
    return element(
        "svg",
        *shapes,
        viewBox="0 0 1000 1000",
        preserveAspectRatio="none",
        width="100%",
        height="100%",
    )


def _rule(place: float, label: str) -> Html:
    """A tick of the upright axis and its line across."""
    y = _percent(100 - 100 * place)
    line = element("line", class_="rule", x1="0", x2="100%", y1=y, y2=y)
    text = element("text", label, class_="value", x="0", y=y, dx="-8", dy="4")
    return Html(line + text)


def _step(place: float, label: str) -> Html:
    """A tick of the level axis."""
    x = _percent(100 * place)
    return element("text", label, class_="rank", x=x, y="100%", dy="18")


def _percent(value: float) -> str:
    return f"{value:.2f}%"
