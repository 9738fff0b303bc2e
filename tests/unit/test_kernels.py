"""What holds the kernels' files together, as numba's cache lets none read from another."""

import ast
from collections import defaultdict
from pathlib import Path

import lightmould

PACKAGE = Path(lightmould.__file__).parent


def constants(path: Path) -> dict[str, str]:
    """The code of every value that a file declares, by name."""
    return {
        ast.unparse(line.target): ast.unparse(line.value)
        for line in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(line, ast.AnnAssign) and line.value is not None
    }


def test_a_constant_that_several_files_have_is_the_same_in_all() -> None:
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for path in sorted(PACKAGE.rglob("kernels_*.py")):
        for name, value in constants(path).items():
            found[name][path.name] = value
    shared = {name: values for name, values in found.items() if len(values) > 1}
    assert {"SMALLEST_W", "LOOSE", "TONE", "CUBE"} <= {*shared}
    assert {name: values for name, values in shared.items() if len({*values.values()}) > 1} == {}
