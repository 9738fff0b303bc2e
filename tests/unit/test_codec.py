"""Our JSON: strict, exact, and clear about what is wrong where."""

import json
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Literal

import numpy as np
import pytest

from lightmould.errors import FormatError
from lightmould.formats import codec
from lightmould.model import Camera, Dataset, Failed, Job, Progress, Record, Step, View
from lightmould.model.arrays import Floats


@dataclass(frozen=True)
class Cup:
    volume: float
    color: Literal["red", "blue"] = "red"


@dataclass(frozen=True)
class Plate:
    width: int


@dataclass(frozen=True)
class Table:
    name: str
    set_with: tuple[Cup | Plate, ...] = ()
    size: tuple[float, float] = (1.0, 1.0)
    top: Floats | None = None
    found_in: Path | None = None
    notes: dict[str, str | None] = field(default_factory=dict)
    free: bool = True


def test_a_value_reads_back_equal() -> None:
    table = Table(
        "oak", (Cup(0.1 + 0.2, "blue"), Plate(3)), (2.0, 0.5), notes={"a": None, "ä": "ß"}
    )
    assert codec.read(Table, codec.write(table), "t.json") == table


def test_arrays_read_back_to_the_last_bit() -> None:
    top = np.random.default_rng(0).normal(size=(3, 4))
    again = codec.read(Table, codec.write(Table("oak", top=top)), "t.json")
    assert again.top is not None
    assert np.array_equal(again.top, top)


def test_one_value_is_one_line() -> None:
    line = codec.write_line(Record(1.5, "train", Progress(0.5, "line\nbreak")))
    assert line.endswith("\n")
    assert line.count("\n") == 1


def test_each_member_of_a_union_says_which_it_is() -> None:
    data = json.loads(codec.write(Record(1.5, "train", Failed("no", 3))))
    assert data["event"]["is"] == "failed"


def test_paths_are_written_with_forward_slashes() -> None:
    assert json.loads(codec.write(Table("a", found_in=Path("b") / "c")))["found_in"] == "b/c"


def test_a_job_reads_back_equal() -> None:
    step = Step("render", (), (Path("a.obj"),), Path("out"), Path("out/manifest.json"))
    job = Job("demo", Path("job"), (step,), {"lightmould": "0.1"})
    assert codec.read(Job, codec.write(job), "job.json") == job


def test_a_dataset_reads_back() -> None:
    camera = Camera("a", (4, 3), (2.0, 2.0), (2.0, 1.5), np.eye(4))
    view = View(camera, "train", PurePosixPath("color/a.png"))
    again = codec.read(Dataset, codec.write(Dataset(Path("x"), (view,))), "manifest.json")
    assert again.views[0].color == view.color
    assert again.views[0].camera.focal == camera.focal


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"name": "a", "colour": 1}', 'found "colour"'),
        ("{}", "found no field 'name'; wanted Table.name"),
        ('{"name": 5}', "t.json: $.name: found 5; wanted str"),
        ('{"name": null}', "$.name: found null"),
        ('{"name": "a", "free": 1}', "$.free: found 1; wanted bool"),
        ('{"name": "a", "size": [1]}', "$.size: found [1]; wanted 2 items"),
        ('{"name": "a", "size": [1, "2"]}', '$.size[1]: found "2"; wanted a number'),
        ('{"name": "a", "size": [1, true]}', "$.size[1]: found true; wanted a number"),
        ('{"name": "a", "size": {}}', "$.size: found {}; wanted an array"),
        ('{"name": "a", "set_with": [{"width": 3}]}', '$.set_with[0]: found null; wanted "is"'),
        ('{"name": "a", "set_with": [{"is": "fork"}]}', 'found "fork"; wanted "is" to be one of'),
        ('{"name": "a", "set_with": [{"is": ["cup"]}]}', 'found ["cup"]'),
        ('{"name": "a", "set_with": [7]}', "$.set_with[0]: found null"),
        ('{"name": "a", "set_with": [{"is": "plate", "width": 3.0}]}', "[0].width: found 3.0"),
        (
            '{"name": "a", "set_with": [{"is": "cup", "volume": 1, "color": "green"}]}',
            "$.set_with[0].color: found 'green'; wanted one of ['red', 'blue']",
        ),
        ('{"name": "a", "top": [[1, 2], [3]]}', "$.top: found [[1, 2], [3]]"),
        ('{"name": "a", "top": ["1"]}', '$.top: found ["1"]; wanted an array of numbers'),
        ('{"name": "a", "top": [true]}', "$.top: found [true]"),
        ('{"name": "a", "found_in": "a\\u0000b"}', "wanted a path"),
        ('{"name": "a", "found_in": 3}', "$.found_in: found 3; wanted a path"),
        ('{"name": "a", "notes": []}', "$.notes: found []; wanted an object"),
        ('{"name": "a", "notes": {"b": 1}}', "$.notes.b: found 1"),
        ("[]", "$: found []; wanted an object, a Table"),
        ('{"name": "\\ud800"}', "$.name"),
        ('{"name": "a", "size": [1, 1' + "0" * 400 + "]}", "wanted a number"),
        ('{"name": "a", "size": [1, 1e999]}', "found 1e999; wanted finite numbers"),
        ('{"name": "a", "size": [1, NaN]}', "found NaN; wanted finite numbers"),
        ('{"name": "a", "size": [1, -Infinity]}', "found -Infinity"),
        ('{"name": "a", "size": [1, ' + "9" * 5000 + "]}", "t.json: found"),
        ('{"name": "a", "name": "b"}', "found ['name'] twice; wanted each name once"),
        ('{"name": "a",\n\n}', "t.json:3: found"),
        ("", "t.json:1: found Expecting value; wanted JSON"),
        ('{"name": "a"} x', "t.json:1: found Extra data"),
        ("[" * 100_000, "t.json: found maximum recursion depth"),
    ],
)
def test_what_does_not_fit_is_named_with_its_place(text: str, words: str) -> None:
    with pytest.raises(FormatError) as caught:
        codec.read(Table, text, "t.json")
    assert words in str(caught.value)
    assert str(caught.value).startswith("t.json")


def test_bytes_that_are_not_utf8_are_refused() -> None:
    with pytest.raises(FormatError, match="UTF-8"):
        codec.read(Table, b'{"name": "\xff\xfe"}', "t.json")


def test_a_byte_order_mark_does_no_harm() -> None:
    assert codec.read(Table, b'\xef\xbb\xbf{"name": "a"}', "t.json") == Table("a")


def test_what_a_value_itself_refuses_names_the_field() -> None:
    camera = Camera("a", (4, 3), (2.0, 2.0), (2.0, 1.5), np.eye(4))
    data = json.loads(codec.write(camera))
    data["focal"] = [0, 1]
    with pytest.raises(FormatError, match=r"c.json: \$: found focal \(0.0, 1.0\)"):
        codec.read(Camera, json.dumps(data), "c.json")


def test_many_names_are_read_in_no_time() -> None:
    many = {f"file{i}": "0" for i in range(50_000)}
    table = codec.read(Table, json.dumps({"name": "a", "notes": many}), "t.json")
    assert table.notes == many


def test_long_garbage_is_not_repeated_in_full() -> None:
    with pytest.raises(FormatError) as caught:
        codec.read(Table, json.dumps({"name": ["x"] * 1000}), "t.json")
    assert len(str(caught.value)) < 200
