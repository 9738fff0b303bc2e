"""What nvdiffrec's own interpreter says when it is asked whether it has all that it needs."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from lightmould.model import Check, Command
from lightmould.model.check import State
from lightmould.tools import probing
from lightmould.tools.nvdiffrec.setup import Setup

SCRIPT = Path(__file__).parent / "inside" / "probe.py"
_PURPOSE = "--engine nvdiffrec"


@dataclass(frozen=True, slots=True)
class _Part:
    """Something that nvdiffrec needs.

    Attributes:
        title: for people.
        fix: what mends it; {python} is nvdiffrec's interpreter.
        compiles: whether it is needed only until torch has compiled nvdiffrec's extension.
    """

    title: str
    fix: str
    compiles: bool = False


_PARTS = {
    "python": _Part("Python", "Name bin/python of its environment in LIGHTMOULD_NVDIFFREC_PYTHON."),
    "torch": _Part(
        "PyTorch",
        '"{python}" -m pip install torch --index-url https://download.pytorch.org/whl/cu124',
    ),
    "gpu": _Part(
        "GPU", "Correct gpu in [nvdiffrec]; see nvidia-smi, or install the driver, then restart."
    ),
    "numpy_bridge": _Part("NumPy", '"{python}" -m pip install "numpy<2"'),
    "nvdiffrast": _Part(
        "nvdiffrast",
        '"{python}" -m pip install --no-build-isolation git+https://github.com/NVlabs/nvdiffrast',
    ),
    "tinycudann": _Part(
        "tiny-cuda-nn",
        '"{python}" -m pip install --no-build-isolation '
        "git+https://github.com/NVlabs/tiny-cuda-nn#subdirectory=bindings/torch",
    ),
    "xatlas": _Part("xatlas", '"{python}" -m pip install xatlas'),
    "hdr": _Part("HDR pictures", '"{python}" -m pip install imageio opencv-python'),
    "ninja": _Part("ninja", '"{python}" -m pip install ninja', compiles=True),
    "compiler": _Part("C++ compiler", "sudo apt install g++", compiles=True),
    "nvcc": _Part(
        "nvcc",
        "Install the CUDA toolkit of torch's CUDA version and set CUDA_HOME to it.",
        compiles=True,
    ),
    "libraries": _Part(
        "libcuda, libnvrtc",
        "Put the toolkit's lib64/stubs (libcuda.so) and libnvrtc.so on LIBRARY_PATH.",
        compiles=True,
    ),
}


def command(setup: Setup, search: str) -> Command:
    """Ask the interpreter; it answers line by line.

    Args:
        setup: whose.
        search: the PATH to search after the interpreter's own folder.
    """
    environment = {**setup.environment, "PATH": setup.path(search)}
    argv = (setup.python, "-u", str(SCRIPT))
    return Command("Probe nvdiffrec's Python", argv, setup.checkout, environment)


def checks(setup: Setup, lines: Iterable[str], *, ended: bool = True) -> Iterator[Check]:
    """What the lines of an answer say.

    Args:
        setup: who was asked.
        lines: all that was printed.
        ended: whether the interpreter came to its end, or time was up before.
    """
    said = probing.said(lines)
    compiled = is_compiled(setup)
    silent = [name for name in _PARTS if name not in said]
    for name, part in _PARTS.items():
        title, fix = f"nvdiffrec: {part.title}", part.fix.format(python=setup.python)
        if name in said and said[name].good:
            yield Check(title, "PASS", said[name].found, _PURPOSE)
        elif name in said:
            state: State = "WARN" if part.compiles and compiled else "FAIL"
            yield Check(title, state, said[name].found, _PURPOSE, fix)
        elif name == silent[0] and ended:
            again = f'"{setup.python}" "{SCRIPT}"'
            yield Check(title, "FAIL", "no answer: it ended the interpreter", _PURPOSE, again)
        elif name == silent[0]:
            again = "lightmould doctor --seconds 60"
            yield Check(title, "WARN", "no answer in time", _PURPOSE, again)
        else:
            yield Check(title, "WARN", "not asked, see above", _PURPOSE)


def is_compiled(setup: Setup) -> bool:
    """Whether torch has compiled nvdiffrec's extension for this setup."""
    return any(
        path.suffix in (".so", ".pyd")
        for path in setup.extensions.glob("**/renderutils_plugin/renderutils_plugin*")
    )
