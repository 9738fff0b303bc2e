"""The environment that a job's programs see: ours alone, whatever Houdini or a shell had set."""

from collections.abc import Mapping

# What a program needs to find itself, its folders, its language, its screen and its processors.
_KEPT = frozenset(
    {
        "PATH",
        "HOME",
        "USER",
        "LOGNAME",
        "TMPDIR",
        "LANG",
        "LANGUAGE",
        "TZ",
        "TERM",
        "DISPLAY",
        "WAYLAND_DISPLAY",
        "XAUTHORITY",
    }
)
_KEPT_ON_WINDOWS = frozenset(
    {
        "USERPROFILE",
        "USERNAME",
        "TEMP",
        "TMP",
        "SYSTEMROOT",
        "SYSTEMDRIVE",
        "WINDIR",
        "COMSPEC",
        "PATHEXT",
        "APPDATA",
        "LOCALAPPDATA",
        "PROGRAMDATA",
        "PROGRAMFILES",
        "NUMBER_OF_PROCESSORS",
    }
)
_KEPT_BEGINNINGS = ("LC_", "XDG_", "CUDA_", "NVIDIA_", "NUMBA_", "OMP_", "MKL_", "OPENBLAS_")

# A step's output is read as it is made; what a user installed for himself is not part of a job.
_SET = {"PYTHONUNBUFFERED": "1", "PYTHONNOUSERSITE": "1"}


def scrubbed(environ: Mapping[str, str], changes: Mapping[str, str | None]) -> dict[str, str]:
    """The environment for one command.

    Args:
        environ: the runner's own.
        changes: the command's: what to set; None unsets.
    """
    kept = {
        name: value
        for name, value in environ.items()
        if name in _KEPT | _KEPT_ON_WINDOWS or name.startswith(_KEPT_BEGINNINGS)
    }
    wanted = {**kept, **_SET, **changes}
    return {name: value for name, value in wanted.items() if value is not None}
