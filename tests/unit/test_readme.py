"""What README.md and CONTRIBUTING.md say is so: their code is run, their tables are compared."""

import re
import shlex
import subprocess
import sys
import tomllib
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

import lightmould.__main__
from lightmould import errors, settings
from lightmould.cli import app
from lightmould.dataset import manifest
from lightmould.engine import export
from lightmould.engine.measure.metrics import Metrics
from lightmould.engine.texturing import light, shading
from lightmould.engine.texturing.look import Look
from lightmould.model import Mesh
from lightmould.rigs import Lens, around_sphere

ROOT = Path(__file__).parents[2]
PAGES = tuple(ROOT / name for name in ("README.md", "CONTRIBUTING.md"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
HEAVY = ("torch", "numba", "scipy", "OpenImageIO", "bpy", "rich")
CHECKERS = ("ruff", "mypy", "lint-imports", "pytest", "pre-commit")


def blocks(page: Path, language: str) -> list[str]:
    text = page.read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def commands() -> list[str]:
    return [line for page in PAGES for block in blocks(page, "sh") for line in block.splitlines()]


def table(heading: str) -> list[list[str]]:
    """The cells of the rows below the one that begins with `heading`; code without its ticks."""
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith(f"| {heading} |"))
    rows = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip().strip("`") for cell in line.strip("|").split("|")])
    return rows


def square() -> tuple[Mesh, Look]:
    corners = np.array([[0.0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]])
    faces = np.array([[0, 1, 2], [0, 2, 3]], np.int32)
    normals = np.tile([0.0, 0.0, 1.0], (4, 1))
    texture = np.full((8, 8, shading.CHANNELS), 0.5, np.float32)
    look = Look(texture, light.even(1.0))
    return Mesh(corners, faces, corners[:, :2], faces, normals, faces), look


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds as much of a finished `demo` as the examples read."""
    folder = tmp_path_factory.mktemp("ein tönernes") / "demo"
    mesh, look = square()
    export.write(folder / "asset" / "mesh", mesh, export.textures_of(mesh, look), look.light)
    how, rng = settings.Render(), np.random.default_rng(0)
    lens = Lens(how.size, how.fov)
    train, test = around_sphere(mesh.positions, lens, how.views_train, how.views_test, rng)
    planned = manifest.plan(folder / "dataset", train, test)
    manifest.write(planned, planned.folder / manifest.NAME)
    return folder


def test_the_readmes_python_prints_what_it_says_and_needs_numpy_alone(demo: Path) -> None:
    code = "\n".join(blocks(ROOT / "README.md", "python"))
    promised = re.findall(r"^print\(.*\)  # (.+)$", code, re.MULTILINE)
    assert len(promised) == code.count("print(") > 0
    code += f"\nimport sys\nprint(sorted({{*{HEAVY}}} & {{*sys.modules}}))"
    argv = (sys.executable, "-c", code)
    said = subprocess.check_output(argv, cwd=demo.parent, encoding="utf-8", timeout=60)
    assert said.splitlines() == [*promised, "[]"]


def test_the_readmes_settings_are_settings(tmp_path: Path) -> None:
    (text,) = blocks(ROOT / "README.md", "toml")
    (tmp_path / settings.FILE_NAME).write_text(text, encoding="utf-8")
    assert settings.load(tmp_path, {}) != settings.Settings()


@pytest.mark.parametrize("line", commands())
def test_a_command_line_of_the_pages_is_one_that_our_programs_take(line: str) -> None:
    program, *arguments = shlex.split(line, comments=True)
    match program, arguments:
        case "python3" | "python", [script, *rest] if script.startswith("scripts/"):
            check_script(ROOT / script, rest)
        case "python", ["-m", "lightmould", *rest]:
            lightmould.__main__._parser().parse_args(rest)
        case "lightmould", rest:
            app.parse_args(rest, print_error=False, exit_on_error=False)
        case "pip", ["install", "-e", target, *rest]:
            extras = target.removeprefix(".[").removesuffix("]").split(",")
            assert {*extras} <= {*PROJECT["optional-dependencies"]}
            assert all((ROOT / name).is_file() for name in rest if not name.startswith("-"))
        case "HOUDINI_PACKAGE_DIR=$PWD", ["houdini"]:
            assert (ROOT / "package.json").is_file()
        case "hython", [script, *_]:
            assert (ROOT / script).is_file()
        case _:
            assert program in CHECKERS
            assert all((ROOT / name).exists() for name in arguments if "/" in name)


def check_script(path: Path, arguments: list[str]) -> None:
    assert path.is_file()
    flags = [word for word in arguments if word.startswith("--")]
    if flags:
        argv = (sys.executable, str(path), "--help")
        told = subprocess.check_output(argv, encoding="utf-8", timeout=60)
        assert [flag for flag in flags if flag not in told] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_of_a_page_leads_to_a_file(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (ROOT / link).is_file()] == []


def test_the_readme_lists_the_files_of_an_asset(demo: Path) -> None:
    asset = demo / "asset"
    made = {path.relative_to(asset).as_posix() for path in (asset / "mesh").iterdir()}
    listed = {name for name, _ in table("file in `OUT/asset`")}
    assert {name for name in listed if name.startswith("mesh/")} == made


def test_the_readme_lists_the_keys_of_metrics_json() -> None:
    assert [key for key, _ in table("key")] == [one.name for one in fields(Metrics)]


def test_the_readme_lists_the_exit_codes() -> None:
    told = {int(code): said for code, said in table("code") if code.isdecimal()}
    kinds = errors.LightmouldError.__subclasses__()
    for kind in kinds:
        assert told.pop(kind.exit_code).partition("`")[0] == kind.__name__
    assert {*told} == {0, errors.LightmouldError.exit_code, 2}


def test_the_readme_lists_the_settings_with_their_defaults() -> None:
    told = {name: default for name, default, _ in table("`[render]`")}
    for one in fields(settings.Render):
        text = told.pop(one.name)
        stored = None if text == "unset" else tomllib.loads(f"it = {text}")["it"]
        assert (tuple(stored) if isinstance(stored, list) else stored) == one.default
    assert told == {}


def test_the_readme_lists_the_programs_and_their_variables() -> None:
    told = {name: variable for name, variable, _ in table("`[worker]`")}
    named = {one.name: one.metadata["variable"] for one in fields(settings.Worker)}
    assert told == named
