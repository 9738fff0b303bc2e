"""The fake PDG has no name, and takes no argument, that Houdini's own has not."""

import ast
import inspect
from pathlib import Path

import pytest
from fakes import pdg
from fakes.pdg_server import NAMES

from lightmould.houdini import smoke_tops

STUB = Path(__file__).parents[2] / "typings" / "pdg.pyi"
CLASSES = ("File", "WorkItem", "WorkItemHolder", "Scheduler", "Node")


def members(name: str) -> set[str]:
    """The public names of a class of the fake: its own, and those its instances get."""
    kind = getattr(pdg, name)
    given = {
        node.attr
        for node in ast.walk(ast.parse(inspect.getsource(kind)))
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)
    }
    found = {*vars(kind), *given, *inspect.get_annotations(kind)}
    return {one for one in found if not one.startswith("_") and one != "active"}


@pytest.mark.parametrize("name", CLASSES)
def test_every_public_name_is_one_of_houdinis(name: str) -> None:
    assert members(name) - set(NAMES[name]) == set()


@pytest.mark.parametrize("name", CLASSES)
def test_the_stub_that_types_are_checked_against_is_the_same(name: str) -> None:
    tree = ast.parse(STUB.read_text(encoding="utf-8"))
    (kind,) = (one for one in tree.body if isinstance(one, ast.ClassDef) and one.name == name)
    for one in kind.body:
        if isinstance(one, ast.AnnAssign):
            assert isinstance(one.target, ast.Name)
            assert one.target.id in NAMES[name]
        if isinstance(one, ast.FunctionDef):
            assert one.name in NAMES[name]
            wanted = [each.arg for each in (*one.args.args, *one.args.kwonlyargs)]
            have = inspect.signature(getattr(getattr(pdg, name), one.name)).parameters
            named = [each.name for each in have.values() if each.kind != each.VAR_POSITIONAL]
            assert named == wanted


def test_work_items_are_asked_for_by_words_that_houdini_knows() -> None:
    words = set(inspect.signature(pdg.WorkItemHolder.addWorkItem).parameters) - {"self"}
    assert words <= set(NAMES["addWorkItem"])


def test_a_real_houdini_is_asked_for_every_name_that_we_use() -> None:
    tree = ast.parse(STUB.read_text(encoding="utf-8"))
    used = {
        kind.name: {
            one.target.id
            if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name)
            else one.name
            for one in kind.body
            if isinstance(one, ast.AnnAssign | ast.FunctionDef)
        }
        for kind in tree.body
        if isinstance(kind, ast.ClassDef)
    }
    assert {kind: set(names) for kind, names in smoke_tops.NAMES.items()} == used
