"""Build the zip that Houdini's users unpack: `python scripts/release.py --out dist`.

It has the layout of SideFX's own packages, `lightmould.json` beside `lightmould/`, which go into
any `packages` folder of Houdini; `hpackage author verifyjson lightmould.json` accepts it. The same
files make the same bytes.
"""

import argparse
import json
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "python3.11libs"))

from lightmould import __version__  # noqa: E402
from lightmould.errors import DatasetError, LightmouldError  # noqa: E402
from lightmould.formats.files import aside  # noqa: E402

NAME = "lightmould"
HOME = f"$HOUDINI_PACKAGE_PATH/{NAME}"
MERGED = "houdini"
"""What lies in this folder comes to the top: SideFX's layout has one folder on the path."""

FOLDERS = ("otls", "toolbar", "python3.11libs", "scripts", MERGED)
FILES = ("README.md", "CHANGELOG.md", "LICENSE", "pyproject.toml")
UNWANTED = frozenset({"__pycache__"})
ASSETS = frozenset({".hda", ".otl"})
MADE = (1980, 1, 1, 0, 0, 0)
"""The date of every file in the zip: the first that a zip can tell."""


def package() -> str:
    """The package's JSON, as `hpackage` wants it."""
    found = {
        "name": NAME,
        "hpath": HOME,
        "load_package_once": True,
        "show": True,
        "enable": "houdini_version >= '20.5'",
        "env": [{f"PKG_{NAME.upper()}": HOME}, {NAME.upper(): HOME}],
        "hpackage": {"version": __version__.rpartition(".")[0]},
    }
    return f"{json.dumps(found, indent=2)}\n"


def members(root: Path) -> Iterator[tuple[PurePosixPath, Path]]:
    """Every file of the release: its path in the zip, and where it is.

    Raises:
        DatasetError: there is a binary asset.
    """
    for name in FILES:
        yield PurePosixPath(NAME, name), root / name
    for folder in FOLDERS:
        base = root if folder != MERGED else root / MERGED
        for path in sorted((root / folder).rglob("*")):
            if not path.is_file() or UNWANTED.intersection(path.parts):
                continue
            if path.suffix in ASSETS:
                fix = "Write it as a folder of text: hotl -t."
                raise DatasetError(path, "a binary asset", "an expanded folder", fix)
            if not any(part.endswith(".egg-info") for part in path.parts):
                yield PurePosixPath(NAME, path.relative_to(base).as_posix()), path


def release(root: Path, out: Path) -> Path:
    """Write the zip.

    Args:
        root: of the checkout.
        out: folder for the zip.

    Returns:
        The zip's path.

    Raises:
        DatasetError: there is a binary asset.
        JobError: the zip can't be written.
    """
    contents = {PurePosixPath(f"{NAME}.json"): package().encode()}
    contents |= {inside: path.read_bytes() for inside, path in members(root)}
    built = out / f"{NAME}-{__version__}.zip"
    with aside(built) as temporary, zipfile.ZipFile(temporary, "w") as archive:
        for inside in sorted(contents):
            entry = zipfile.ZipInfo(str(inside), MADE)
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, contents[inside])
    return built


def main() -> int:
    """Build it and tell where it is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "dist", help="folder for the zip")
    arguments = parser.parse_args()
    try:
        print(release(ROOT, arguments.out))
    except LightmouldError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
