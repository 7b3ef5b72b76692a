"""Looks for planted numbers wherever they could have gone: files, archives in them, tables, mails; in clear or encoded."""

from __future__ import annotations

import base64
import hashlib
import html
import io
import re
import sqlite3
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import closing
from email.message import EmailMessage
from pathlib import Path

from openpyxl import load_workbook

_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{14,}={0,2}")
Place = tuple[str, str]
"""Where a number was found, and which."""


def numbers_in(text: str, planted: Iterable[str]) -> set[str]:
    """The planted numbers a text holds: as written, in full width or escaped, with anything between the digits, or in base64."""
    # XML may write a character by its number, and JSON too.
    plain = re.sub(r"\\u([0-9a-fA-F]{4})", lambda escape: chr(int(escape[1], 16)), html.unescape(text))
    forms = [plain, unicodedata.normalize("NFKC", plain)]
    forms.append(re.sub(r"(?<=\d)[\s\-./·]+(?=\d)", "", forms[1]))
    for run in _BASE64.findall(text):
        padded = run.rstrip("=").replace("-", "+").replace("_", "/")
        padded = padded[: len(padded) // 4 * 4 + (len(padded) % 4 if len(padded) % 4 > 1 else 0)]
        decoded = base64.b64decode(padded + "=" * (-len(padded) % 4))
        forms.append(unicodedata.normalize("NFKC", decoded.decode(errors="ignore")))
    return {number for number in planted for form in forms if number in form}


def found_in_bytes(place: str, content: bytes, planted: tuple[str, ...]) -> Iterator[Place]:
    """In bytes, read as the texts they may be; archives are opened."""
    if zipfile.is_zipfile(io.BytesIO(content)):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for name in archive.namelist():
                yield from ((place, number) for number in numbers_in(name, planted))
                yield from found_in_bytes(f"{place}!{name}", archive.read(name), planted)
    for encoding in ("utf-8", "utf-16-le", "gb18030"):
        yield from ((place, number) for number in numbers_in(content.decode(encoding, errors="ignore"), planted))


def found_in_database(path: Path, planted: tuple[str, ...]) -> Iterator[Place]:
    """In every value of every table."""
    with closing(sqlite3.connect(path)) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            for row in connection.execute(f'SELECT * FROM "{table}"'):  # noqa: S608 - its own tables' names
                for value in row:
                    if isinstance(value, bytes):
                        yield from found_in_bytes(f"{path.name}:{table}", value, planted)
                    else:
                        text = str(value)
                        yield from ((f"{path.name}:{table}", number) for number in numbers_in(text, planted))


def found_in_mail(message: EmailMessage, planted: tuple[str, ...], own: Iterable[bytes]) -> Iterator[Place]:
    """In the headers and all parts, decoded; a marked workbook counts without what its partner wrote."""
    place = f"mail {message['Subject']}"
    for name, value in message.items():
        yield from ((f"{place} {name}", number) for number in numbers_in(str(value), planted))
    for part in message.walk():
        if not part.is_multipart():
            content = part.get_payload(decode=True)
            assert isinstance(content, bytes)
            yield from ((place, number) for number in numbers_in(part.get_filename() or "", planted))
            yield from found_in_output(place, part.get_filename() or "", content, planted, own)


def found_in_output(
    place: str, name: str, content: bytes, planted: tuple[str, ...], own: Iterable[bytes]
) -> Iterator[Place]:
    """In a file we wrote; of a marked workbook only what was not in the partner's file `own` at the same cell."""
    if "问题批注" not in name:
        yield from found_in_bytes(f"{place} {name}", content, planted)
        return
    (sent,) = [one for one in own if hashlib.sha256(one).hexdigest()[:8] in name]
    for where, text in set(_texts(content)) - set(_texts(sent)):
        yield from ((f"{place} {name} {where}", number) for number in numbers_in(text, planted))


def _texts(workbook: bytes) -> Iterator[Place]:
    """Every value with its cell, every comment, and all of the archive that holds neither."""
    for sheet in load_workbook(io.BytesIO(workbook)).worksheets:
        for cell in (cell for row in sheet.iter_rows() for cell in row):
            if cell.value is not None:
                yield f"{sheet.title}!{cell.coordinate}", str(cell.value)
            if cell.comment:
                yield f"{sheet.title}!{cell.coordinate} comment", str(cell.comment.text)
    with zipfile.ZipFile(io.BytesIO(workbook)) as archive:
        for name in archive.namelist():
            if not re.search(r"sharedStrings|worksheets/sheet", name):
                yield name, archive.read(name).decode(errors="ignore")
