"""Our assets as they lie in the repository, for the tests that read them."""

from dataclasses import dataclass
from pathlib import Path

from lightmould.formats.hda import contents, dialog_read, sections, values
from lightmould.formats.hda.dialog import Dialog, Parm
from lightmould.formats.hda.sections import Entry

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Asset:
    """One asset's folder, read."""

    folder: Path
    entry: Entry
    dialog: Dialog
    inside: Path

    def text(self, section: str) -> str:
        return (self.inside / section).read_text(encoding="utf-8")

    def seen(self) -> list[Parm]:
        """The parameters that people see."""
        return [one for one in self.dialog.flat() if not one.is_base and not one.is_invisible]

    def scripts(self) -> list[str]:
        """Every piece of Python in it."""
        found = [self.text(name) for name in ("PythonModule", "PythonCook") if self.has(name)]
        tags = [tag for parm in self.dialog.flat() for tag in parm.tags]
        found += [text for name, text in tags if name == "script_callback"]
        if self.has("Contents.dir"):
            path = self.inside / "Contents.dir" / "Contents.mime"
            for part in contents.read(path.read_text(encoding="utf-8"), path):
                if part.name.endswith("generator.parm"):
                    settings = values.read(part.body, path)
                    texts = [value for one in settings for value in one.values]
                    found += [text for text in texts if isinstance(text, str) and "import" in text]
        return found

    def has(self, section: str) -> bool:
        return (self.inside / section).exists()


def assets() -> list[Asset]:
    return [_read(folder) for folder in sorted((ROOT / "otls").iterdir())]


def _read(folder: Path) -> Asset:
    index = folder / "INDEX__SECTION"
    (entry,) = sections.read_index(index.read_text(encoding="utf-8"), index)
    (inside,) = (path for path in folder.iterdir() if path.is_dir())
    script = inside / "DialogScript"
    return Asset(
        folder, entry, dialog_read.read(script.read_text(encoding="utf-8"), script), inside
    )
