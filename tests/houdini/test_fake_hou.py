"""The fake hou can't drift: every name and signature is compared with both versions' stubs."""

import ast
import importlib.metadata
import inspect
import os
import re
from functools import cache
from pathlib import Path
from types import FunctionType

import hou
import pytest

ROOT = Path(__file__).parents[2]
OLDEST = ROOT / ".venv" / "worker" / "houdini-20.5" / "hou" / "__init__.pyi"
OURS = {"SCENE", "reset"}
"""Names of the fake that are the tests' own."""
NAMES = sorted(set(hou.__all__) - OURS)


def stubs(version: str) -> Path:
    """The stub file of a version, or a skip with the reason."""
    if version == "21":
        try:
            found = importlib.metadata.distribution("types-houdini")
        except importlib.metadata.PackageNotFoundError:
            pytest.skip("needs types-houdini, an extra of `dev`")
        return Path(str(found.locate_file("hou-stubs/__init__.pyi")))
    path = Path(os.environ.get("LIGHTMOULD_STUBS_20_5", OLDEST))
    if not path.is_file():
        pytest.skip(f"needs Houdini 20.5's stubs, {path}, which scripts/test.py installs")
    return path


@cache
def declarations(path: Path) -> dict[str, str]:
    """Every class and function of a stub by name, as text: 97,000 lines are slow to parse."""
    found = {}
    for block in re.split(r"(?m)^(?=class |def )", path.read_text()):
        if name := re.match(r"(?:class|def) (\w+)", block):
            found[name[1]] = block
    return found


@cache
def parsed(path: Path, name: str) -> ast.ClassDef | ast.FunctionDef | None:
    block = declarations(path).get(name)
    if block is None:
        return None
    # What follows a class may be the next one's decorator.
    (first, *_) = ast.parse(re.split(r"(?m)^@", block)[0]).body
    assert isinstance(first, ast.ClassDef | ast.FunctionDef)
    return first


def members(path: Path, name: str) -> dict[str, ast.AST]:
    """What a class has, its bases' members included."""
    declared = parsed(path, name)
    if not isinstance(declared, ast.ClassDef):
        return {}
    found: dict[str, ast.AST] = {}
    for base in declared.bases:
        found |= members(path, ast.unparse(base))
    for one in declared.body:
        if isinstance(one, ast.FunctionDef):
            found[one.name] = one
        elif isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name):
            found[one.target.id] = one
    return found


def arguments(declared: ast.FunctionDef) -> list[tuple[str, bool]]:
    """Names of arguments, and whether each has a default."""
    every = [*declared.args.posonlyargs, *declared.args.args]
    without = len(every) - len(declared.args.defaults)
    return [(one.arg, place >= without) for place, one in enumerate(every)]


def own_arguments(function: FunctionType) -> list[tuple[str, bool]]:
    empty = inspect.Parameter.empty
    return [(n, p.default is not empty) for n, p in inspect.signature(function).parameters.items()]


def public(one: type) -> dict[str, FunctionType | object]:
    """What the fake's class has of its own or from the fake's bases, as hou names things."""
    found = {}
    for base in reversed(one.__mro__):
        if base.__module__.startswith("fakes.hou"):
            found |= vars(base)
    # hou's methods are in camel case; what the tests alone use is not.
    return {n: v for n, v in found.items() if re.fullmatch(r"[a-z]+([A-Z]\w*)?|[A-Z]\w*", n)}


@pytest.mark.parametrize("version", ["20.5", "21"])
@pytest.mark.parametrize("name", NAMES)
def test_every_name_of_the_fake_is_houdinis(name: str, version: str) -> None:
    path = stubs(version)
    fake, declared = getattr(hou, name), parsed(path, name)
    assert declared is not None, f"hou {version} has no {name}"
    if isinstance(declared, ast.FunctionDef):
        assert own_arguments(fake) == arguments(declared)
        return
    real = members(path, name)
    made, theirs = vars(fake).get("__init__"), real.get("__init__")
    if isinstance(made, FunctionType) and isinstance(theirs, ast.FunctionDef):
        every = arguments(theirs)
        if theirs.args.vararg is None:  # later versions may take more than we give
            assert own_arguments(made) == every[: len(own_arguments(made))]
    for member, value in public(fake).items():
        if member in hou.TESTS_ONLY:
            continue
        assert member in real, f"hou.{name} {version} has no {member}"
        function = value.__func__ if isinstance(value, staticmethod) else value
        other = real[member]
        if isinstance(function, FunctionType) and isinstance(other, ast.FunctionDef):
            assert own_arguments(inspect.unwrap(function)) == arguments(other), member


@pytest.mark.parametrize("version", ["20.5", "21"])
def test_bases_of_the_fakes_classes_are_houdinis(version: str) -> None:
    path = stubs(version)
    for name in NAMES:
        fake, declared = getattr(hou, name), parsed(path, name)
        if not isinstance(declared, ast.ClassDef) or not isinstance(fake, type):
            continue
        ours = {base.__name__ for base in fake.__mro__ if base.__module__.startswith("fakes.hou")}
        theirs, left = {name}, [name]
        while left:
            above = parsed(path, left.pop())
            bases = [ast.unparse(b) for b in above.bases] if isinstance(above, ast.ClassDef) else []
            theirs.update(bases)
            left += bases
        assert ours - hou.TESTS_ONLY <= theirs, name
