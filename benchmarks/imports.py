"""How long a fresh process takes to import what Houdini loads, beyond the bare interpreter.

    python benchmarks/imports.py

The bar is 150 ms for the package and everything below `jobs`. Numpy's own share is shown, since
in Houdini it is usually loaded already.
"""

import importlib
import pkgutil
import subprocess
import sys
import time

BAR_MS = 150.0
ROUNDS = 9
LAYERS = ("errors", "model", "formats", "rigs", "settings", "tools", "dataset", "jobs")


def main() -> None:
    """Print the table."""
    bare = milliseconds("pass")
    every = [name for layer in LAYERS for name in modules(layer)]
    below = [name for name in every if not name.startswith("lightmould.jobs")]
    rows = {"numpy": ["numpy"], "lightmould": ["lightmould"]}
    rows |= {f"lightmould.{layer}": modules(layer) for layer in LAYERS}
    rows |= {"all below jobs": below, "all, jobs too": every}
    print(f"best of {ROUNDS} fresh processes; the bare interpreter takes {bare:.0f} ms\n")
    print(f"{'import':22}{'beyond bare':>12}{'beyond numpy':>14}")
    numpy = milliseconds("import numpy") - bare
    for title, names in rows.items():
        beyond = milliseconds("import " + ", ".join(names)) - bare
        mark = "" if title != "all below jobs" else verdict(beyond)
        print(f"{title:22}{beyond:9.0f} ms{max(beyond - numpy, 0.0):11.0f} ms{mark}")


def verdict(beyond_ms: float) -> str:
    """Whether the bar is met, in words."""
    return f"  bar {BAR_MS:.0f} ms: {'met' if beyond_ms < BAR_MS else 'MISSED'}"


def modules(layer: str) -> list[str]:
    """A layer and its modules, but for programs and the scripts that run inside Blender."""
    name = f"lightmould.{layer}"
    inner = getattr(importlib.import_module(name), "__path__", ())
    names = [name, *(module.name for module in pkgutil.walk_packages(inner, f"{name}."))]
    return [each for each in names if not {"inside", "__main__"} & set(each.split("."))]


def milliseconds(code: str) -> float:
    """The best time of a few fresh processes that run `code`."""
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        subprocess.check_call((sys.executable, "-c", code))
        times.append(time.perf_counter() - start)
    return 1000 * min(times)


if __name__ == "__main__":
    main()
