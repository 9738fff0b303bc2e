"""The report is one file that stands alone, whatever it is given to show."""

import math
import re
import struct
import zlib
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from lightmould.engine import report
from lightmould.engine.measure.metrics import Metrics
from lightmould.engine.report import Curve, Fact, Output, Report, Timing, charts
from lightmould.errors import FormatError, SettingsError
from lightmould.formats import numbers
from lightmould.model import ViewResult

HOSTILE = "<script>alert('x')</script> \"&quot; $title ${style} </style> é \udcff"
EMPTY = ("meta", "img", "input")
METRICS = Metrics(31.5, 33.2, 0.97, 0.99, 0.0012, 151.2, 24, 3, 12_345, "cpu", {"numpy": "1.26"})


class Outline(HTMLParser):
    """Checks nesting while it reads, and keeps what a test asks about."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.words: dict[str, str] = {}
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(set(names)) == len(names), f"<{tag}> has an attribute twice"
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open:
            self.words[self.open[-1]] = self.words.get(self.open[-1], "") + data

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]


def write_png(path: Path, gray: int) -> Path:
    def chunk(kind: bytes, data: bytes) -> bytes:
        check = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    pixel = chunk(b"IDAT", zlib.compress(bytes([0, gray])))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + header + pixel + chunk(b"IEND", b""))
    return path


def full_report(folder: Path, word: str = "plain") -> Report:
    """A report with something in every part of it, and `word` in every string."""
    truth, found = write_png(folder / "truth.png", 0), write_png(folder / "found.png", 9)
    views = tuple(
        ViewResult(f"{word} {i}", psnr, 0.9, 0.99, truth, Path(found.name), error)
        for i, (psnr, error) in enumerate([(31.0, found), (28.0, None), (35.0, None)])
    )
    return Report(
        title=word,
        metrics=replace(METRICS, device=word, versions={word: word}),
        settings=((word, word),),
        warnings=(word,),
        curves=(
            Curve(word, tuple(range(1000)), tuple(0.5**i + 1e-3 for i in range(1000)), word),
            Curve("gap", (0, 1, 2), (1.0, math.nan, 2.0)),
            Curve("nothing finite", (0,), (math.inf,)),
            Curve("one", (7,), (0.0,)),
            Curve("none", (), ()),
        ),
        views=views,
        film=((word, found), ("b", truth)),
        textures=((word, found),),
        stages=(Timing(word, 3.0), Timing("b", 0.0)),
        known=(Fact(word, 0.1, word, word),),
        outputs=(Output(f"mesh/{word}", 1_500_000),),
        before=(Timing(word, 83.0),),
    )


def page(folder: Path, content: Report) -> str:
    return report.write(folder, content).read_text(encoding="utf-8")


def test_the_page_lists_the_assets_files_and_what_the_job_did_before(tmp_path: Path) -> None:
    told = page(tmp_path, full_report(tmp_path))
    assert "mesh/plain" in told
    assert "1.5 MB" in told
    assert "Steps before" in told
    bare = page(tmp_path, Report("bare", METRICS))
    assert "Steps before" not in bare
    assert ">Files<" not in bare


def test_the_page_is_well_formed_and_names_what_it_shows(tmp_path: Path) -> None:
    outline = Outline(page(tmp_path, full_report(tmp_path)))
    assert outline.words["title"].startswith("plain · lightmould")
    assert len(outline.all("h1")) == 1
    assert all(image["alt"] for image in outline.all("img"))
    assert all(header["scope"] in {"col", "row"} for header in outline.all("th"))
    assert {i["type"] for i in outline.all("input")} == {"range", "radio"}
    charts_shown = [one for one in outline.all("svg") if one.get("role") == "img"]
    assert all(one["aria-label"] for one in charts_shown)
    identifiers = [a["id"] for _, a in outline.elements if "id" in a]
    assert len(set(identifiers)) == len(identifiers)


def test_the_page_needs_nothing_but_itself(tmp_path: Path) -> None:
    text = page(tmp_path, full_report(tmp_path))
    outline = Outline(text)
    assert not re.search(r"https?:|file:|@import|url\(|//[a-z]", re.sub(r'base64,[^"]*', "", text))
    assert {tag for tag, _ in outline.elements}.isdisjoint({"link", "iframe", "base", "object"})
    for _, attributes in outline.elements:
        assert attributes.get("src", "data:").startswith("data:")
        assert attributes.get("href", "#").startswith("#")
        assert not any(name.startswith("on") for name in attributes)
    assert str(tmp_path) not in text


def test_every_link_of_the_page_leads_somewhere(tmp_path: Path) -> None:
    outline = Outline(page(tmp_path, full_report(tmp_path)))
    places = {"#" + attributes["id"] for _, attributes in outline.elements if "id" in attributes}
    links = {link["href"] for link in outline.all("a")}
    assert links == {"#view-1", "#view-2", "#view-3"}
    assert links <= places


def test_hostile_names_stay_text(tmp_path: Path) -> None:
    plain = Outline(page(tmp_path, full_report(tmp_path)))
    hostile = Outline(page(tmp_path, full_report(tmp_path, HOSTILE)))
    shape = [(tag, sorted(attributes)) for tag, attributes in plain.elements]
    assert [(tag, sorted(attributes)) for tag, attributes in hostile.elements] == shape
    shown = HOSTILE.replace("\udcff", "?")
    assert hostile.words["h1"] == shown
    assert hostile.words["script"] == plain.words["script"]
    assert hostile.words["style"] == plain.words["style"]


def test_the_worst_view_comes_first(tmp_path: Path) -> None:
    text = page(tmp_path, full_report(tmp_path))
    assert text.index("28.00 dB") < text.index("31.00 dB") < text.index("35.00 dB")


def test_every_picture_is_carried_once(tmp_path: Path) -> None:
    outline = Outline(page(tmp_path, full_report(tmp_path)))
    kinds = [image["class"] for image in outline.all("img")]
    assert sorted(kinds) == sorted(["found", "truth"] * 3 + ["error"] + ["texture"] * 3)


def test_the_page_says_whether_the_truth_was_known(tmp_path: Path) -> None:
    unknown = Report("photos", replace(METRICS, chamfer_rel=None))
    assert "Judged against a known source" in page(tmp_path, Report("known", METRICS))
    assert "the true shape is not known" in page(tmp_path, unknown)


def test_what_is_empty_is_left_out(tmp_path: Path) -> None:
    text = page(tmp_path, Report("bare", METRICS))
    headings = re.findall(r"<h2[^>]*>([^<]*)", text)
    assert headings == ["Scores", "Settings and versions"]


def test_a_missing_or_foreign_picture_is_an_error_and_leaves_the_old_page(tmp_path: Path) -> None:
    old = page(tmp_path, full_report(tmp_path))
    gone = replace(full_report(tmp_path), textures=(("gone", Path("gone.png")),))
    with pytest.raises(FormatError, match=r"gone\.png"):
        report.write(tmp_path, gone)
    (tmp_path / "page.png").write_text("<svg/>")
    with pytest.raises(FormatError, match="PNG or JPEG"):
        report.write(tmp_path, replace(gone, textures=(("foreign", Path("page.png")),)))
    assert (tmp_path / "report.html").read_text(encoding="utf-8") == old


def test_the_same_report_is_the_same_page(tmp_path: Path) -> None:
    assert page(tmp_path, full_report(tmp_path)) == page(tmp_path, full_report(tmp_path))


def test_a_curve_with_steps_missing_is_refused() -> None:
    with pytest.raises(SettingsError, match="2 steps and 1 values"):
        Curve("loss", (1, 2), (0.5,))


def test_a_curve_that_falls_by_decades_is_drawn_on_a_logarithmic_scale() -> None:
    falling = charts.curve(Curve("loss", (0, 1, 2), (1.0, 0.1, 0.01)))
    assert "logarithmic" in falling
    assert "L500.0 500.0L" in falling
    assert "logarithmic" not in charts.curve(Curve("psnr", (0, 1, 2), (20.0, 25.0, 30.0)))


def test_numbers_read_well() -> None:
    said = [numbers.number(value) for value in (0, 1.5, 12345, 0.01234, 2e-5, 1e-7, -3.14159)]
    space = "\u202f"
    times = "\u00a0\u00d7\u00a0"
    assert said == ["0", "1.5", f"12{space}345", "0.01234", f"2{times}10⁻⁵", "10⁻⁷", "-3.142"]
    spans = [numbers.duration(seconds) for seconds in (0.04, 59.94, 59.96, 151.4, 3599.6, 3840)]
    assert spans == ["0.0 s", "59.9 s", "1 min 00 s", "2 min 31 s", "1 h 00 min", "1 h 04 min"]
    assert numbers.count(1, "face", "faces") == "1 face"


def test_ticks_are_round_and_inside() -> None:
    assert numbers.round_ticks(0, 999) == (0, 200, 400, 600, 800)
    assert numbers.round_ticks(-0.3, 0.31) == pytest.approx((-0.2, 0, 0.2))
    assert numbers.round_ticks(5, 5) == (5,)
    assert numbers.decade_ticks(0.002, 3) == (0.01, 0.1, 1)
    assert numbers.decade_ticks(0.4, 14) == (0.5, 1, 2, 5, 10)


def test_what_was_warned_of_is_told_and_nothing_where_nothing_was(tmp_path: Path) -> None:
    warned = replace(full_report(tmp_path), warnings=("the mask of <view 7> is small",))
    assert "the mask of &lt;view 7&gt; is small" in page(tmp_path, warned)
    assert "Warnings</h2>" in page(tmp_path, warned)
    assert "Warnings</h2>" not in page(tmp_path, replace(warned, warnings=()))
