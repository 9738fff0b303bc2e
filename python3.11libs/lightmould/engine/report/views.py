"""Held-out views: a wipe to look closely, a contact sheet and a chart."""

from collections.abc import Sequence
from pathlib import Path

from lightmould.engine.report import charts
from lightmould.engine.report.markup import Html, element, picture, section
from lightmould.formats.numbers import LEVELS, levels
from lightmould.model import ViewResult


def compared(folder: Path, results: Sequence[ViewResult]) -> Html:
    """A wipe to look closely, a contact sheet and the error of each view, worst first."""
    if not results:
        return Html()
    ranked = sorted(results, key=lambda view: view.psnr)
    cards = [_card(folder, rank, view) for rank, view in enumerate(ranked, start=1)]
    errors = charts.columns(
        [view.name for view in ranked], [levels(view.psnr) for view in ranked], "levels"
    )
    caption = element(
        "figcaption",
        element("b", "Error per view"),
        element("span", f"root mean square, levels of {LEVELS}; dashed: mean", class_="soft"),
    )
    return section(
        "Held-out views",
        "Pictures that the reconstruction never learned from, the worst first. Error pictures "
        "are dark where rendering and truth agree.",
        _viewer(),
        element("div", *cards, class_="sheet"),
        element("figure", caption, errors, class_="chart wide"),
    )


def _viewer() -> Html:
    """The wipe; the script fills it from the cards."""
    modes = (("wipe", "Wipe"), ("found", "Rendering"), ("truth", "Truth"), ("error", "Error"))
    choices = []
    for value, label in modes:
        chosen = {"checked": "checked"} if value == "wipe" else {}
        radio = element("input", type="radio", name="mode", value=value, **chosen)
        choices.append(element("label", radio, label))
    stage = element(
        "div",
        element("div", class_="layers"),
        element(
            "input",
            type="range",
            min="0",
            max="100",
            step="0.5",
            value="50",
            aria_label="Wipe between rendering and truth",
        ),
        element("span", class_="edge"),
        element("span", "Rendering", class_="tag found"),
        element("span", "Truth", class_="tag truth"),
        class_="stage",
        data_mode="wipe",
    )
    steps = element(
        "div",
        element("button", "Previous", type="button", class_="previous"),
        element("button", "Next", type="button", class_="next"),
        class_="steps",
    )
    panel = element(
        "div",
        element("div", class_="about", aria_live="polite"),
        element("fieldset", element("legend", "Show"), *choices),
        steps,
        element("p", "Drag across the picture, or use the arrow keys, to wipe.", class_="hint"),
        class_="panel",
    )
    return element("div", stage, panel, class_="viewer", id="viewer")


def _card(folder: Path, rank: int, view: ViewResult) -> Html:
    pictures = [
        picture(folder / view.found, f"{view.name}: rendering", "found"),
        picture(folder / view.truth, f"{view.name}: truth", "truth"),
    ]
    if view.error is not None:
        pictures.append(picture(folder / view.error, f"{view.name}: error", "error"))
    numbers = (
        ("PSNR", f"{view.psnr:.2f} dB"),
        ("SSIM", f"{view.ssim:.3f}"),
        ("IoU", f"{view.iou:.4f}"),
    )
    terms = [element("div", element("dt", name), element("dd", value)) for name, value in numbers]
    caption = element(
        "figcaption",
        element("p", element("span", str(rank), class_="rank-number"), view.name, class_="name"),
        element("dl", *terms, class_="numbers"),
    )
    return element(
        "figure",
        element("div", *pictures, class_="pictures"),
        caption,
        class_="card",
        id=f"view-{rank}",
    )
