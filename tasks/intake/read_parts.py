"""Intake, reading: the parts of an xlsx package, unpacked once for all who look at them, and put so that calamine reads them fast."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from typing import IO

import numpy as np

from tasks.intake.grid import FileRefusedError, Limits
from tasks.intake.read_xml import check_xml

DAMAGE = (zipfile.BadZipFile, zlib.error, KeyError, OSError, EOFError, RuntimeError, NotImplementedError, ValueError)
"""What reading a damaged package raises (RuntimeError: a part with a password)."""

_HELD_BYTES = 16 * 2**20
"""Of all parts together, unpacked; a package of more is unpacked piece by piece each time, for it would be held twice over."""

_UNREAD = (
    "docprops/", "customxml/", "xl/theme/", "xl/media/", "xl/drawings/", "xl/charts/", "xl/comments", "xl/calcchain.xml",
    "xl/printersettings/", "xl/externallinks/", "xl/pivot", "xl/tables/", "xl/threadedcomments/", "xl/persons/",
)  # fmt: skip
"""Parts by the beginning of their names that hold nothing of what is taken from a workbook."""

_CELLS, _CELLS_END = b"<sheetData", b"</sheetData>"
_MERGES = re.compile(rb"<mergeCells(?:\s[^>]*)?>.*?</mergeCells>", re.DOTALL)
_UNSURE = re.compile(rb"<!--|<!\[CDATA\[|:mergeCells")
_DECLARATION = b"<?xml"
_LESS, _SLASH, _GREATER = map(np.uint8, b"</>")
_NO_MERGES = b"<mergeCells></mergeCells>"
_FRAME_SHARE = 4
"""A sheet whose cells are less than three of four bytes is left as it is: there is little to gain, and much to check."""


class Parts:
    """A zip package; of a small one each part is unpacked once and kept."""

    def __init__(self, package: zipfile.ZipFile) -> None:
        self._package = package
        self._held: dict[str, bytes] = {}
        self.is_small = sum(info.file_size for info in package.infolist()) <= _HELD_BYTES

    def read(self, name: str) -> bytes:
        """A part as a whole.

        Raises:
            KeyError, zipfile.BadZipFile, OSError: it is missing or damaged.
        """
        part = self._held.get(name)
        if part is None:
            part = self._package.read(name)
            if self.is_small:
                self._held[name] = part
        return part

    def open(self, name: str) -> IO[bytes]:
        """A part as a stream; raises what `read` raises, at once or while it is read."""
        return io.BytesIO(self.read(name)) if self.is_small else self._package.open(name)

    def size(self, name: str) -> int:
        """Bytes of a part, as the package declares them."""
        return self._package.getinfo(name).file_size


def easy_package(parts: Parts, names: Mapping[str, str], sheets: re.Pattern[str], limits: Limits) -> bytes:
    """The package with what calamine needs of it, not compressed, and with the merges of every sheet in front of its cells.

    calamine unpacks each sheet and goes through it twice, for its cells and once more as far as its merges, which stand behind
    them: this spares it one of the two, which is half of its time. It then reads the very bytes that were looked through before.

    Args:
        parts: a small package.
        names: real name of a part by its plain one.
        sheets: matches the plain names of sheets.
        limits: how deep their XML may nest.

    Raises:
        KeyError, zipfile.BadZipFile, OSError: a part is damaged.
    """
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as target:
        for plain, name in _needed(names):
            part = parts.read(name)
            target.writestr(zipfile.ZipInfo(plain), _merges_first(part, limits) if sheets.match(plain) else part)
    return written.getvalue()


def _needed(names: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for plain, name in names.items():
        lower = plain.lower()
        if lower.endswith((".xml", ".rels")) and not lower.startswith(_UNREAD):
            yield plain, name


def _merges_first(part: bytes, limits: Limits) -> bytes:
    """The sheet with its merges repeated in front of its cells; as it is where that is not surely the same sheet."""
    start, end = part.find(_CELLS), part.rfind(_CELLS_END)
    frame = part[:start] + part[end + len(_CELLS_END) :]
    if start < 0 or end < start or _FRAME_SHARE * len(frame) > len(part) or _UNSURE.search(frame):
        return part
    merges = _MERGES.findall(frame) or [_NO_MERGES] * (b"<mergeCells" not in frame)
    if len(merges) != 1 or b"<mergeCells" in part[:start] or not (_is_balanced(part) and _is_sound(frame, limits)):
        return part
    return b"".join((part[:start], merges[0], part[start:]))


def _is_balanced(part: bytes) -> bool:
    """Whether as many elements end as begin: that is all calamine would have found out by going through the cells again."""
    byte = np.frombuffer(part, np.uint8)
    is_less, is_slash, is_greater = byte == _LESS, byte == _SLASH, byte == _GREATER
    ends = np.count_nonzero(is_less[:-1] & is_slash[1:])
    empty = np.count_nonzero(is_slash[:-1] & is_greater[1:])
    others = part.startswith(_DECLARATION)
    return bool(np.count_nonzero(is_less) - ends - empty - others == ends)


def _is_sound(frame: bytes, limits: Limits) -> bool:
    """Whether what stands around the cells is whole: calamine will not get as far as its end."""
    try:
        check_xml(io.BytesIO(frame), limits)
    except FileRefusedError:
        return False
    return True
