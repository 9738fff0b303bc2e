"""Where the user's nvdiffrec is: its checkout, its interpreter, its GPU, its cache."""

import hashlib
import platform
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lightmould.errors import ToolError
from lightmould.settings import Nvdiffrec

SCRIPT = "train.py"


@dataclass(frozen=True, slots=True)
class Setup:
    """An nvdiffrec that can be run.

    Attributes:
        checkout: folder of its train.py, which it has to run in.
        python: path of its interpreter.
        extensions: folder for what torch compiles for it; nobody else's.
        gpu: index or UUID; None is the first one.
    """

    checkout: Path
    python: str
    extensions: Path
    gpu: str | None = None

    @property
    def environment(self) -> dict[str, str | None]:
        """What its programs need beside a scrubbed environment."""
        chosen = {} if self.gpu is None else {"CUDA_VISIBLE_DEVICES": self.gpu}
        return {
            **chosen,
            "CUDA_DEVICE_ORDER": "PCI_BUS_ID",  # so that indices are those of nvidia-smi
            "TORCH_EXTENSIONS_DIR": str(self.extensions),
            "PYTHONIOENCODING": "utf-8",
            "PYTHONUNBUFFERED": "1",  # through a pipe nothing would arrive for minutes
        }

    def path(self, search: str) -> str:
        """PATH with the environment's own programs first: ninja, and conda's nvcc."""
        folder = Path(self.python).parent
        own = [folder]
        if sys.platform == "win32":
            own += [folder / "Scripts", folder / "Library" / "bin"]
        separator = ";" if sys.platform == "win32" else ":"
        return separator.join([*map(str, own), *filter(None, [search])])


def find(settings: Nvdiffrec, environ: Mapping[str, str]) -> Setup:
    """The nvdiffrec that the settings name.

    Args:
        settings: where it is.
        environ: the environment's variables, for the cache's place and PATH.

    Raises:
        ToolError: the checkout or the interpreter is not named, or is not there.
    """
    checkout = _named(settings.checkout, "checkout", "LIGHTMOULD_NVDIFFREC")
    folder = Path(checkout).expanduser().absolute()
    if not (folder / SCRIPT).is_file():
        found = "no train.py there" if folder.is_dir() else "no such folder"
        fix = "Name the folder that `git clone` made, the one that train.py lies in."
        raise ToolError(folder, found, "a checkout of nvdiffrec", fix)
    named = _named(settings.python, "interpreter", "LIGHTMOULD_NVDIFFREC_PYTHON")
    python = shutil.which(Path(named).expanduser(), path=environ.get("PATH", ""))
    if python is None:
        fix = "Name bin/python (on Windows python.exe) of the venv or conda environment itself."
        raise ToolError(named, "no such program", "nvdiffrec's own interpreter", fix)
    python = str(Path(python).absolute())
    extensions = settings.extensions or _cache(environ) / _place(python, folder)
    return Setup(folder, python, extensions.absolute(), settings.gpu)


def _named(value: str | None, what: str, variable: str) -> str:
    if value is None:
        fix = f"Set {variable}, or {what.replace('interpreter', 'python')} in [nvdiffrec]."
        raise ToolError("nvdiffrec", f"no {what} named", "the user's own installation", fix)
    return value


def _cache(environ: Mapping[str, str]) -> Path:
    home = environ.get("XDG_CACHE_HOME") or environ.get("LOCALAPPDATA")
    return (Path(home) if home else Path.home() / ".cache") / "lightmould" / "torch-extensions"


def _place(python: str, checkout: Path) -> str:
    """A folder of this machine, interpreter and checkout: a lock in it is never a stranger's."""
    key = hashlib.sha256(f"{python}\0{checkout}".encode(errors="replace")).hexdigest()
    return f"{platform.node() or 'machine'}-{key[:12]}"
