"""Write our Houdini assets and their help from `scripts/otls`: `python scripts/build_otls.py`.

Each asset becomes an expanded folder of text in `otls`, each page of help a file in
`houdini/help/nodes`. The same declarations make the same bytes. `--check` writes nothing and tells
what differs; exit code 1 then.
"""

import argparse
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "python3.11libs"), str(ROOT / "scripts")]

from lightmould.formats.files import write_atomically  # noqa: E402
from lightmould.formats.hda.folder import files  # noqa: E402
from otls import assets, pages  # noqa: E402
from otls.catalog import ASSETS  # noqa: E402
from otls.declaration import NAMESPACE, VERSION, Declaration  # noqa: E402


def built() -> dict[str, str]:
    """The text of every file that is written, by its path from the root."""
    icons = ROOT / "houdini" / "config" / "Icons"
    found: dict[str, str] = {}
    for one in ASSETS:
        for path, text in files(assets.asset(one, icons)).items():
            found[f"otls/{folder_name(one)}/{path}"] = text
        found[f"houdini/help/{pages.path(one)}"] = pages.page(one)
    return found


def folder_name(one: Declaration) -> str:
    """The asset's folder in `otls`: two kinds of network may have an asset of the same name."""
    return f"{NAMESPACE}.{one.table.lower()}_{one.name}.{VERSION}.hda"


def differences(wanted: dict[str, str]) -> list[str]:
    """Paths of files that are missing, different or too many."""
    folders = (ROOT / "otls", ROOT / "houdini" / "help" / "nodes")
    there = {
        path.relative_to(ROOT).as_posix(): path.read_bytes()
        for folder in folders
        for path in folder.rglob("*")
        if path.is_file()
    }
    every = sorted(there.keys() | wanted.keys())
    return [path for path in every if there.get(path) != wanted.get(path, "").encode()]


def write(wanted: dict[str, str]) -> None:
    """Write every file, and remove what a declaration of old has left."""
    for folder in (ROOT / "otls", ROOT / "houdini" / "help" / "nodes"):
        shutil.rmtree(folder, ignore_errors=True)
    for path, text in wanted.items():
        write_atomically(ROOT / path, text)


def main() -> int:
    """Write or check."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; tell what differs")
    arguments = parser.parse_args()
    wanted = built()
    changed = differences(wanted)
    if not arguments.check:
        write(wanted)
    for path in changed:
        print("differs" if arguments.check else "written", path)
    return 1 if arguments.check and changed else 0


if __name__ == "__main__":
    sys.exit(main())
