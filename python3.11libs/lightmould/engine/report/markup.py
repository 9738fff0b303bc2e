"""HTML that can't be broken by what it shows: every plain string is escaped on the way in."""

import base64
import html
from pathlib import Path

from lightmould.errors import FormatError

_EMPTY_ELEMENTS = ("img", "input", "meta")
_SIGNATURES = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}


class Html(str):
    """Text that is HTML already."""

    __slots__ = ()


def element(name: str, /, *children: str, **attributes: str) -> Html:
    """One element; children and attribute values are escaped unless they are `Html`.

    Attribute names lose a trailing underscore, and other underscores become hyphens:
    `class_="score"`, `aria_label="..."`.
    """
    said = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{html.escape(value)}"'
        for key, value in attributes.items()
    )
    if name in _EMPTY_ELEMENTS:
        return Html(f"<{name}{said}>")
    return Html(f"<{name}{said}>{joined(*children)}</{name}>")


def joined(*children: str) -> Html:
    """Children one after the other."""
    parts = (child if isinstance(child, Html) else html.escape(child) for child in children)
    return Html("".join(parts))


def section(title: str, explanation: str, *children: str) -> Html:
    """A part of the page, with a heading to link to."""
    anchor = title.lower().replace(" ", "-")
    return element("section", element("h2", title, id=anchor), element("p", explanation), *children)


def picture(path: Path, alt: str, kind: str) -> Html:
    """An img that carries its file.

    Args:
        path: PNG or JPEG.
        alt: what it shows.
        kind: class of the element.

    Raises:
        FormatError: the file is missing or something else.
    """
    fix = "Write the picture before the report."
    try:
        data = path.read_bytes()
    except OSError as error:
        raise FormatError(path, error.strerror or str(error), "a picture", fix) from None
    for signature, media_type in _SIGNATURES.items():
        if data.startswith(signature):
            source = f"data:{media_type};base64,{base64.b64encode(data).decode()}"
            return element("img", class_=kind, alt=alt, src=source)
    raise FormatError(path, f"a file that begins with {data[:4]!r}", "PNG or JPEG", fix)
