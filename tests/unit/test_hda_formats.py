"""Each format inside an asset: what is written is read back, byte by byte and value by value."""

import string
from pathlib import PurePath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lightmould.errors import FormatError
from lightmould.formats.hda import (
    contents,
    definition,
    dialog_read,
    dialog_write,
    names,
    network,
    options,
    sections,
    values,
)
from lightmould.formats.hda.contents import Part
from lightmould.formats.hda.dialog import Code, Dialog, Folder, Limit, Menu, Parm
from lightmould.formats.hda.values import Bare, Setting

PATH = "DialogScript"
words = st.text(string.ascii_letters + "_", min_size=1, max_size=8)
texts = st.text(string.printable.replace("\x0b", "").replace("\x0c", ""), max_size=20)
tags = st.dictionaries(words, texts, max_size=3).map(lambda found: tuple(sorted(found.items())))
codes = st.builds(Code, texts, st.sampled_from(["hscript-expr", "python"]))
limits = st.builds(Limit, st.integers(-9, 9).map(str), st.booleans())
menus = st.builds(
    Menu,
    st.lists(st.tuples(texts, texts), min_size=1, max_size=3).map(tuple),
    kind=st.sampled_from(["menu", "menumini", "menureplace", "menutoggle"]),
    token_values=st.booleans(),
)
conditions = st.none() | texts
parms = st.builds(
    Parm,
    words,
    texts,
    st.sampled_from(["float", "string", "vector", "oppath", "button"]),
    st.none() | st.integers(2, 4),
    st.lists(texts | codes, max_size=3).map(tuple),
    conditions,
    conditions,
    conditions,
    st.none() | menus,
    st.none() | st.tuples(limits, limits),
    st.none() | st.sampled_from(["all", "none", "dialog"]),
    tags,
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.booleans(),
)
folders = st.recursive(
    parms,
    lambda inner: st.builds(
        Folder,
        words,
        texts,
        st.lists(inner, max_size=3).map(tuple),
        st.sampled_from(["group", "groupsimple", "groupcollapsible", "multiparm"]),
        tags,
    ),
    max_leaves=6,
)
dialogs = st.builds(
    Dialog,
    words,
    words,
    texts,
    st.lists(texts, max_size=3).map(lambda labels: tuple(enumerate(labels, start=1))),
    parms=st.lists(folders, max_size=4).map(tuple),
)


@given(dialogs)
def test_a_dialog_that_is_written_is_read_back(dialog: Dialog) -> None:
    assert dialog_read.read(dialog_write.write(dialog), PATH) == dialog


def test_a_dialog_is_written_as_houdini_writes_it() -> None:
    iterations = Parm(
        "iters",
        "Iterations",
        "integer",
        default=("500",),
        hide_when="{ engine != torch }",
        range=(Limit("1", strict=True), Limit("10000")),
        tags=(("script_callback_language", "python"),),
    )
    dialog = Dialog("demo::train::1.0", "demo::train::1.0", "Demo Train", parms=(iterations,))
    assert dialog_write.write(dialog) == (
        "# Dialog script for demo::train::1.0 automatically generated\n\n{\n"
        '    name\tdemo::train::1.0\n    script\tdemo::train::1.0\n    label\t"Demo Train"\n\n'
        '    help {\n\t""\n    }\n\n'
        '    parm {\n        name    "iters"\n        label   "Iterations"\n'
        '        type    integer\n        default { "500" }\n'
        '        hidewhen "{ engine != torch }"\n        range   { 1! 10000 }\n'
        '        parmtag { "script_callback_language" "python" }\n    }\n}\n'
    )


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("{\n name x\n", "no `script`"),
        ('{ name x script x label "X" help { "" } parm { name "a" type wood } }', "type wood"),
        ('{ name x script x label "X" help { "" } parm { type float } }', "without a name"),
        ('{ name x script x label "X help { "" } }', "quotation mark"),
        ('{ name x script x label "X" help { "" } } more', "'more'"),
        ('{ name x script x label "X" help { "" } parm { name "a" name "b" } }', "again"),
        ('{ name x script x label "X" help { "" } parm { name "a" size a } }', "'a'"),
    ],
)
def test_a_damaged_dialog_is_refused_by_its_line(text: str, found: str) -> None:
    with pytest.raises(FormatError, match=r"DialogScript:\d+") as error:
        dialog_read.read(text, PATH)
    assert found in str(error.value)


@given(st.text(st.characters(codec="utf-8", exclude_characters="\n\r\0"), min_size=1))
def test_an_escaped_name_is_that_of_no_other(name: str) -> None:
    assert names.unescape(names.escape(name), name) == name
    assert not set(":/") & set(names.escape(name))


def test_an_operators_names_are_houdinis() -> None:
    train = names.Operator("Top", "train", "demo", "1.0")
    assert train.type_name == "demo::train::1.0"
    assert train.path == "demo::Top/train::1.0"
    assert train.folder == "demo_8_8Top_1train_8_81.0"
    assert names.Operator("Top", "runpodfarmscheduler").folder == "Top_1runpodfarmscheduler"


def test_a_name_that_nobody_escaped_is_refused() -> None:
    with pytest.raises(FormatError, match="_S"):
        names.unescape("INDEX_SECTION", "INDEX_SECTION")


settings = st.builds(
    Setting,
    words,
    st.lists(texts | st.integers().map(lambda number: Bare(str(number))), max_size=3).map(tuple),
)


@given(st.lists(settings, max_size=4, unique_by=lambda one: one.name).map(tuple))
def test_settings_that_are_written_are_read_back(found: tuple[Setting, ...]) -> None:
    assert values.read(values.write(found), "a.parm") == found


bodies = texts.filter(lambda text: "--HOUDINI" not in text).map(lambda text: f"{text}\n")


@given(st.lists(st.builds(Part, words, bodies), min_size=1, max_size=4).map(tuple))
def test_parts_that_are_written_are_read_back(parts: tuple[Part, ...]) -> None:
    assert contents.read(contents.write(parts), "Contents.mime") == parts


def test_every_node_of_a_network_is_read_back() -> None:
    nodes = (network.Node("a", "merge", source="(0)"), network.Node("b", "output", source="a"))
    for part in network.parts("Top", "demo::train::1.0", 1, nodes):
        if part.name.endswith(".def"):
            assert definition.write(definition.read(part.body, part.name)) == part.body


@pytest.mark.parametrize("line", ["position 0", "flags = ", "stat", "\nend"])
def test_a_damaged_definition_is_refused(line: str) -> None:
    (_, _, root, *_) = network.parts("Top", "demo::train::1.0", 0, ())
    damaged = root.body.replace(line, f"{line}x", 1)
    with pytest.raises(FormatError, match=r"root\.def:\d+"):
        definition.read(damaged, "root.def")


@given(
    st.dictionaries(texts, st.sampled_from([("bool", True), ("string", 'a"b'), ("intarray", [1])]))
)
def test_options_that_are_written_are_read_back(found: options.Options) -> None:
    assert options.read(options.write(found), PurePath("ExtraFileOptions")) == found


def test_a_bool_that_is_a_word_is_refused() -> None:
    with pytest.raises(FormatError, match="bool"):
        options.read('{"a":{"type":"bool","value":"yes"}}', "ExtraFileOptions")


def test_an_index_is_padded_to_one_column() -> None:
    entry = sections.Entry(
        "demo::train::1.0", "Demo Train", "demo::Top/train::1.0", "TOP_wedge", "Top", (0, 1),
        is_subnet=True, is_python=False, modified="Fri Nov 20 12:00:00 2026",
    )  # fmt: skip
    text = sections.write_index([entry])
    assert text.splitlines()[0] == "Operator:     demo::train::1.0"
    assert "License:      \n" in text
    assert text.endswith("Modified:     Fri Nov 20 12:00:00 2026\n\n")
    assert sections.read_index(text, "INDEX__SECTION") == (entry,)
