"""Whether an interpreter has what our own steps need: one marked line of JSON for each thing.

Run as `python probe.py`; needs nothing but the standard library of Python 3.8 or newer.
"""

import json
import sys
from importlib import import_module, metadata, util

MARK = "@check "
PACKAGES = ("numpy", "numba", "scipy", "xatlas", "OpenImageIO", "cyclopts", "rich")


def tell(name: str, found: str, *, good: bool) -> None:
    """One line."""
    said = {"name": name, "good": good, "found": " ".join(found.split())[:300]}
    sys.stdout.write(f"{MARK}{json.dumps(said)}\n")
    sys.stdout.flush()


def package(name: str) -> None:
    """A package's version; it is not imported, which may take seconds."""
    if util.find_spec(name) is None:
        tell(name, "missing", good=False)
        return
    try:
        tell(name, metadata.version(name), good=True)
    except metadata.PackageNotFoundError:  # copied there, not installed
        tell(name, "of no known version", good=True)


def torch() -> None:
    """Whether torch loads, and which GPU it sees."""
    try:
        module = import_module("torch")
    except ImportError as error:
        tell("torch", f"missing ({error})", good=False)
        return
    cuda = module.cuda.is_available()
    device = module.cuda.get_device_name() if cuda else "no GPU"
    tell("torch", f"{module.__version__}, {device}", good=True)


def main() -> int:
    """Tell everything, what takes longest last."""
    tell("python", sys.version.split()[0], good=sys.version_info >= (3, 11))
    for name in PACKAGES:
        package(name)
    torch()
    return 0


if __name__ == "__main__":
    sys.exit(main())
