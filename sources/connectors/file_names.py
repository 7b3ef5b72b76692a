"""Names of files in addresses that can be stored, and as people read them. Bytes that are no UTF-8 stand as surrogates."""

from __future__ import annotations

import re
import unicodedata


def shown_name(name: str) -> str:
    """The name for people: readable, and composed (NFC) as it is typed here, whatever system wrote it."""
    return unicodedata.normalize("NFC", readable(name))


def to_address(path: str) -> str:
    """The path with the bytes that are no UTF-8 (names zipped on a Chinese Windows) written %xx, so that it can be stored."""
    return re.sub("[\udc80-\udcff]", lambda m: f"%{ord(m[0]) - 0xDC00:02x}", path.replace("%", "%25"))


def from_address(address: str) -> str:
    """The path again, byte for byte."""
    return re.sub("%([0-9a-f]{2})", lambda m: "%" if m[1] == "25" else chr(0xDC00 + int(m[1], 16)), address)


def readable(name: str) -> str:
    """The name for people: bytes that are no UTF-8 are read as GB18030, the other way Chinese systems write names."""
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return name.encode("utf-8", "surrogateescape").decode("gb18030", errors="replace")
    return name
