"""Words in mail headers: subjects, addresses and file names as Chinese mail programs write them, right and wrong."""

from __future__ import annotations

import binascii
import codecs
import email.header
import email.utils
import re
import unicodedata
from collections.abc import Iterable
from urllib.parse import unquote_to_bytes

_PARAMETER = re.compile(rb"([^*]+)(?:\*(\d+))?(\*)?", re.DOTALL)
_ADDRESS = re.compile(r"[^\s@<>\",;:()\[\]]+@[^\s@<>\",;:()\[\]]+\.[^\s@<>\",;:()\[\]]+")
_CHINESE = frozenset({"gb2312", "gbk", "cp936", "ms936", "x-gbk", "gb_2312-80", "hz-gb-2312", "euc-cn"})
"""What mail programs call it; all of them write GBK, which GB18030 contains."""

Parameters = tuple[tuple[bytes, bytes], ...]
"""Names and values of a MIME header's parameters as they stand in the message."""


def read_text(data: bytes, charset: str | None = None) -> str:
    """The text of bytes: under their charset when it is known and fits, else UTF-8, else GB18030. Never fails."""
    for name in (_known_charset(charset), "utf-8", "gb18030"):
        try:
            return data.decode(name or "utf-8")
        except UnicodeDecodeError:
            continue
    return data.decode("gb18030", errors="replace")


def read_words(data: bytes) -> str:
    """A header's value with its RFC 2047 encoded words read, raw 8-bit text too, on one line."""
    text = " ".join(read_text(data).split())
    if "=?" not in text:
        return text
    try:
        pieces = email.header.decode_header(text)
    except (binascii.Error, ValueError, email.header.HeaderParseError):  # type: ignore[attr-defined]
        return text
    return "".join(piece if isinstance(piece, str) else _decoded(piece, charset) for piece, charset in pieces)


def read_address(data: bytes) -> str | None:
    """The mail address in a From header, in small letters; the name beside it is a person's and is left alone."""
    for _, address in email.utils.getaddresses([read_words(data)]):
        if _ADDRESS.fullmatch(address):
            return address.casefold()
    return next(iter(find_addresses(read_text(data))), None)


def find_addresses(text: str) -> tuple[str, ...]:
    """Every mail address in a text, in small letters, in its order, each once."""
    return tuple(dict.fromkeys(found.casefold().strip(".'") for found in _ADDRESS.findall(text)))


def read_file_name(disposition: Parameters, content_type: Parameters) -> str | None:
    """The name of an attachment: `filename`, else `name`; RFC 2231 before RFC 2047 before raw bytes. None without one."""
    found = _parameter(disposition, b"filename") or _parameter(content_type, b"name")
    return _base_name(found) if found else None


def _known_charset(charset: str | None) -> str | None:
    name = (charset or "").strip().casefold()
    if name in _CHINESE:
        return "gb18030"
    try:
        # A "charset" may name a codec that gives no text, such as base64.
        return name if name and codecs.lookup(name)._is_text_encoding else None
    except (LookupError, ValueError):
        return None


def _decoded(data: bytes, charset: str | None) -> str:
    # decode_header hands text outside encoded words back in this codec, whatever it held.
    return data.decode("raw-unicode-escape") if charset is None else read_text(data, charset)


def _parameter(parameters: Parameters, wanted: bytes) -> str | None:
    """One parameter put together from its RFC 2231 pieces; `filename*` goes before a plain `filename` beside it."""
    pieces: dict[bool, list[tuple[int, bool, bytes]]] = {True: [], False: []}
    for name, value in parameters:
        match = _PARAMETER.fullmatch(name.strip().lower())
        if match and match[1] == wanted:
            pieces[bool(match[2] or match[3])].append((int(match[2] or 0), bool(match[3]), value))
    if pieces[True]:
        return _joined(sorted(pieces[True], key=lambda piece: piece[0]))
    return read_words(pieces[False][0][2]) if pieces[False] else None


def _joined(pieces: Iterable[tuple[int, bool, bytes]]) -> str:
    charset, data = None, b""
    for number, (_, is_encoded, value) in enumerate(pieces):
        text = value
        if is_encoded and number == 0 and value.count(b"'") >= 2:
            name, _, text = value.split(b"'", 2)
            charset = name.decode("ascii", errors="replace")
        data += unquote_to_bytes(text) if is_encoded else text
    return read_words(data) if b"=?" in data else read_text(data, charset)


def _base_name(name: str) -> str | None:
    """The last part of what some programs send as a whole path, without characters that only break a line or a screen."""
    last = re.split(r"[/\\]", name)[-1]
    clean = "".join(char for char in last if not unicodedata.category(char).startswith("C"))
    name = unicodedata.normalize("NFC", clean).strip(" \"'").rstrip(".")
    # Nothing but an extension is left of a name that could not be read; as it is, it would look like a hidden file.
    return f"附件{name}" if re.fullmatch(r"\.\w{2,4}", name) else name or None
