"""The sections of the page, one function each; nothing to show is an empty string."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from lightmould.engine.measure.metrics import Metrics
from lightmould.engine.report import charts
from lightmould.engine.report.contents import Curve, Fact, Output, Report, Timing
from lightmould.engine.report.markup import Html, element, joined, picture, section
from lightmould.formats.numbers import LEVELS, count, duration, levels, number, size


def known(report: Report) -> str:
    """Whether the truth was known, in a few words."""
    if report.metrics.chamfer_rel is None and not report.known:
        return "Judged by held-out pictures; the true shape is not known"
    return "Judged against a known source"


def summary(metrics: Metrics) -> str:
    """The whole reconstruction in a sentence."""
    return (
        f"{count(metrics.faces, 'face', 'faces')} from "
        f"{count(metrics.views_train, 'picture', 'pictures')}, in {duration(metrics.seconds)} on "
        f"{metrics.device}; judged on {count(metrics.views_test, 'picture', 'pictures')} "
        "it never learned from."
    )


def scores(metrics: Metrics) -> Html:
    """The headline numbers and what each means."""
    shape = metrics.chamfer_rel
    cards = (
        _score(
            ("Picture", "PSNR, object"),
            (f"{metrics.psnr:.2f}", "dB"),
            f"Over the object's pixels a rendering is typically {levels(metrics.psnr):.1f} of "
            f"{LEVELS} levels off. Each 6 dB more halves the error.",
        ),
        _score(
            ("Structure", "SSIM"),
            (f"{metrics.ssim:.3f}", ""),
            "How alike local contrast and detail are. 1 is equal.",
        ),
        _score(
            ("Silhouette", "IoU"),
            (f"{metrics.iou:.4f}", ""),
            "Shared area of the outlines over their joint area. 1 is equal.",
        ),
        _score(
            ("Shape", "Chamfer, relative"),
            ("—", "") if shape is None else (number(100 * shape, 3), "%"),
            "No source mesh was given, so the true surface is not known."
            if shape is None
            else "Mean distance between found and true surface, both ways, as part of the "
            "bounding box's diagonal.",
        ),
        _score(
            ("Whole picture", "PSNR, on white"),
            (f"{metrics.psnr_full:.2f}", "dB"),
            "Background included, as papers report it; flattered by empty pixels.",
        ),
    )
    heading = element("h2", "Scores", class_="unseen", id="scores")
    return element("section", heading, element("div", *cards, class_="scores"))


def warnings(messages: Sequence[str]) -> Html:
    """What was warned of while it ran."""
    if not messages:
        return Html()
    told = element("ul", *(element("li", message) for message in messages))
    return section("Warnings", "The work went on; judge by these how far to trust it.", told)


def against_source(facts: Sequence[Fact]) -> Html:
    """What only a known source can tell."""
    if not facts:
        return Html()
    return section(
        "Against the source",
        "The source of these pictures is known, so these are errors, not estimates.",
        _table(
            ("Measure", "Value", "Meaning"),
            [
                (fact.name, f"{number(fact.value)} {fact.unit}".strip(), fact.meaning)
                for fact in facts
            ],
            figures=(1,),
        ),
    )


def curves(data: Sequence[Curve]) -> Html:
    """A chart for each curve."""
    if not data:
        return Html()
    figures = []
    for one in data:
        unit = f"{one.name}, {one.unit}" if one.unit else one.name
        last = f"last {number(one.values[-1])}" if one.values else ""
        caption = element("figcaption", element("b", unit), element("span", last, class_="soft"))
        figures.append(element("figure", caption, charts.curve(one), class_="chart"))
    return section(
        "Optimization",
        "The line is the mean of neighboring steps, the band their least and most.",
        element("div", *figures, class_="charts"),
    )


def stages(data: Sequence[Timing], total: float) -> Html:
    """Where the time went."""
    if not data:
        return Html()
    spent = sum(stage.seconds for stage in data) or 1.0
    rows = [
        (
            joined(element("span", class_=f"swatch tone-{i % charts.TONES}"), stage.name),
            duration(stage.seconds),
            f"{100 * stage.seconds / spent:.0f} %",
        )
        for i, stage in enumerate(data)
    ]
    return section(
        "Time",
        f"{duration(total)} in all.",
        charts.shares(data),
        _table(("Stage", "Time", "Share"), rows, figures=(1, 2)),
    )


def before(steps: Sequence[Timing]) -> Html:
    """What the job did before the reconstruction."""
    if not steps:
        return Html()
    rows = [(step.name, duration(step.seconds)) for step in steps]
    said = "What the same job did before the reconstruction, in its last run."
    return section("Steps before", said, _table(("Step", "Time"), rows, figures=(1,)))


def files(outputs: Sequence[Output]) -> Html:
    """What the asset is made of."""
    if not outputs:
        return Html()
    rows = [(one.name, size(one.bytes)) for one in outputs]
    said = "Relative to this page; manifest.json beside it has their hashes."
    return section("Files", said, _table(("File", "Size"), rows, figures=(1,)))


def film(folder: Path, pictures: Sequence[tuple[str, Path]]) -> Html:
    """How one view came out, from the first stage to the last."""
    if not pictures:
        return Html()
    return section(
        "From the hull to the asset",
        "One held-out view after each stage: colors of vertices first, then textures and light.",
        element("div", *_figures(folder, "After", pictures), class_="textures film"),
    )


def textures(folder: Path, pictures: Sequence[tuple[str, Path]]) -> Html:
    """Textures and light."""
    if not pictures:
        return Html()
    return section(
        "Textures and light",
        "What the asset carries.",
        element("div", *_figures(folder, "Texture", pictures), class_="textures"),
    )


def _figures(folder: Path, kind: str, pictures: Sequence[tuple[str, Path]]) -> list[Html]:
    return [
        element(
            "figure",
            picture(folder / path, f"{kind}: {label}", "texture"),
            element("figcaption", label),
        )
        for label, path in pictures
    ]


def settings(report: Report) -> Html:
    """What was asked for and what it ran on."""
    versions = [("device", report.metrics.device), *sorted(report.metrics.versions.items())]
    tables = [_table(("Program", "Version"), versions)]
    if report.settings:
        tables.insert(0, _table(("Setting", "Value"), report.settings))
    return section(
        "Settings and versions",
        "With these and the same input, the result can be made again.",
        element("div", *tables, class_="tables"),
    )


def _score(name: tuple[str, str], value: tuple[str, str], meaning: str) -> Html:
    figure = [value[0], element("span", value[1], class_="unit")] if value[1] else [value[0]]
    return element(
        "div",
        element("h3", name[0], " ", element("small", name[1])),
        element("p", *figure, class_="value"),
        element("p", meaning, class_="meaning"),
        class_="score",
    )


def _table(
    headings: Sequence[str], rows: Iterable[Sequence[str]], figures: Sequence[int] = ()
) -> Html:
    """A table whose first column names its rows; `figures` are the columns of numbers."""

    def cell(name: str, column: int, content: str, scope: str = "") -> Html:
        attributes = {"scope": scope} if scope else {}
        if column in figures:
            attributes["class"] = "figure"
        return element(name, content, **attributes)

    head = element("tr", *(cell("th", i, text, "col") for i, text in enumerate(headings)))
    body = [
        element(
            "tr",
            cell("th", 0, row[0], "row"),
            *(cell("td", i, text) for i, text in enumerate(row[1:], start=1)),
        )
        for row in rows
    ]
    return element("table", element("thead", head), element("tbody", *body))
