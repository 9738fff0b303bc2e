"""Why nvdiffrec failed, by what it printed last and how it ended: the cause and what mends it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from lightmould import errors
from lightmould.errors import (
    DatasetError,
    LightmouldError,
    ReconstructionError,
    SettingsError,
    ToolError,
)
from lightmould.formats.nvdiffrec import Config

NAME = "nvdiffrec"
_MISSING = re.compile(r"ModuleNotFoundError: No module named '([\w.]+)'")
_RAISED = re.compile(r"^(?:[A-Za-z_]\w*\.)*[A-Za-z_]\w*(?:Error|Exception|Interrupt)\b.*")


@dataclass(frozen=True, slots=True)
class Cause:
    """A way to fail.

    Attributes:
        said: what tells it, a regular expression on one line.
        found: in words.
        wanted: in words.
        fix: what mends it; {batch}, {half} and {grid} are those of the configuration.
        kind: class of the error.
        cause: in a word, if the class does not tell.
    """

    said: str
    found: str
    wanted: str
    fix: str
    kind: type[LightmouldError] = ToolError
    cause: errors.Cause | None = None


KNOWN = (
    Cause(
        r"CUDA out of memory|cuda\.OutOfMemoryError|CUDA error: out of memory",
        "the GPU's memory is used up",
        "a run that fits",
        "Lower batch ({batch} now; try {half}), layers, train_res or dmtet_grid ({grid} now), or "
        "end what else is on the GPU (nvidia-smi).",
        cause="GPU memory",
    ),
    Cause(
        r"Got empty training triangle mesh",
        "the shape vanished in the first pass",
        "a surface",
        "Check masks and poses (lightmould poses check) and that the object lies in the grid; then "
        "begin again, as nvdiffrec is not seeded, or raise batch ({batch} now).",
        ReconstructionError,
    ),
    Cause(
        r"Could not find a backend to open .*\.hdr|FAILED to save image .*probe\.hdr",
        "imageio has no backend for .hdr",
        "one that reads and writes them",
        "In nvdiffrec's environment: pip install opencv-python, or imageio_download_bin freeimage.",
    ),
    Cause(
        r"eglInitialize\(\) failed|glutil\.cpp|Could not initialize EGL",
        "nvdiffrast's OpenGL can't start without a display",
        "its CUDA rasterizer",
        "Install nvdiffrast 0.4 or newer, which has no OpenGL, or the driver's EGL libraries.",
    ),
    Cause(
        r"Unknown compute capability",
        "torch sees no GPU",
        "a torch built for CUDA and a driver",
        "Run lightmould doctor.",
    ),
    Cause(
        r"Numpy is not available",
        "torch was built for another NumPy",
        "NumPy 1 for a torch before 2.3",
        'In nvdiffrec\'s environment: pip install "numpy<2".',
    ),
    Cause(
        r"has no attribute 'int'|np\.int\b",
        "an OBJ of several materials, which nvdiffrec merges with a word NumPy 1.24 dropped",
        "one material",
        'Merge its materials, or in nvdiffrec\'s environment: pip install "numpy<1.24".',
    ),
    Cause(
        r"Found no NVIDIA driver|no CUDA-capable device|No CUDA GPUs are available",
        "no GPU, or one that CUDA_VISIBLE_DEVICES hides",
        "an NVIDIA GPU and its driver",
        "Run lightmould doctor; correct gpu in [nvdiffrec].",
    ),
    Cause(
        r"no kernel image is available|is not compatible with the current PyTorch",
        "torch or tiny-cuda-nn was built for another GPU",
        "builds for this one",
        "Install a torch for this GPU, then tiny-cuda-nn again.",
    ),
    Cause(
        r"Ninja is required|ninja: (?:command )?not found",
        "no ninja",
        "ninja, which torch compiles with",
        "In nvdiffrec's environment: pip install ninja.",
    ),
    Cause(
        r"CUDA_HOME environment variable is not set|nvcc: (?:command )?not found|nvcc' failed",
        "no CUDA toolkit",
        "nvcc of torch's CUDA version",
        "Install the CUDA toolkit and set CUDA_HOME to it.",
    ),
    Cause(
        r"unsupported GNU version|#error -- unsupported",
        "a C++ compiler too new for this nvcc",
        "one that nvcc takes",
        "Install an older g++ and name it in CXX, or a newer CUDA toolkit.",
    ),
    Cause(
        r"cannot find -l(?:cuda|nvrtc)",
        "the linker finds no libcuda or libnvrtc",
        "both",
        "Install the driver's and the toolkit's development files; their stubs will do.",
    ),
    Cause(
        r"mipBackward|mip.*expected \[",
        "a texture whose sides are no powers of two",
        "powers of two",
        "Correct texture_res.",
        SettingsError,
    ),
    Cause(
        r"Tried to find image file",
        "a picture that its file_path does not find",
        "one picture for each, without suffix in file_path",
        "Prepare the views again: delete the job's nvdiffrec folder.",
        DatasetError,
    ),
    Cause(
        r"name 'dataset_train' is not defined",
        "a ref_mesh that is neither an OBJ nor a folder that nvdiffrec knows",
        "an .obj, or transforms_train.json or poses_bounds.npy in a folder",
        "Correct ref_mesh.",
        DatasetError,
    ),
    Cause(
        r"No space left on device|Disk quota exceeded",
        "the disk is full",
        "room for pictures and textures",
        "Free space, then run the job again.",
        cause="disk full",
    ),
    Cause(
        r"No such file or directory: '[^']*_tets\.npz'",
        "no grid for this dmtet_grid ({grid}) in data/tets",
        "a grid that is there",
        "Choose 32, 64 or 128, or make the checkout complete: git lfs pull.",
        SettingsError,
    ),
)
"""In the order in which they are looked for."""

_KILLED = {-9, 137}
_ABORTED = {-6, 134}


def of(last: Sequence[str], code: int, config: Config) -> LightmouldError:
    """The error for a run that ended without success.

    Args:
        last: the last lines it printed.
        code: its exit code; negative is a signal.
        config: what it was told.
    """
    told = {"batch": config.batch, "half": max(config.batch // 2, 1), "grid": config.dmtet_grid}
    for cause in KNOWN:
        if any(re.search(cause.said, line) for line in last):
            fix, found = cause.fix.format(**told), cause.found.format(**told)
            return cause.kind(NAME, found, cause.wanted, fix, cause.cause)
    for line in last:
        missing = _MISSING.search(line)
        if missing:
            fix = f"Install {missing[1]} into nvdiffrec's environment; lightmould doctor says how."
            return ToolError(NAME, f"no {missing[1]}", "all its libraries", fix)
    return _by_code(last, code)


def _by_code(last: Sequence[str], code: int) -> ToolError:
    if code in _KILLED:
        fix = "Lower batch or texture_res, set pre_load to false, or free memory; then run again."
        found = "killed from outside, as the system does when memory is used up"
        return ToolError(NAME, found, "an end of its own", fix, "killed")
    if code in _ABORTED:
        fix = "Run lightmould doctor; its last lines are in the job's logs/train.log."
        return ToolError(NAME, "aborted by a library", "an end of its own", fix, "crashed")
    raised = [line.strip() for line in last if _RAISED.match(line.strip())]
    found = raised[-1][:300] if raised else f"exit code {code} without a word"
    fix = "Read the job's logs/train.log; lightmould doctor checks the installation."
    return ToolError(NAME, found, "exit code 0", fix)
