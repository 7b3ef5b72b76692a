"""How a web server marks a version of a file: etag, time of change, size."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx


def read_marks(response: httpx.Response) -> tuple[str | None, datetime | None]:
    """Etag and time of change as an answer tells them."""
    return read_etag(response.headers.get("etag")), read_instant(response.headers.get("last-modified"))


def read_etag(text: str | None) -> str | None:
    """The mark without its W/: whether a server calls it weak may change with how the file travels."""
    return (text or "").strip().removeprefix("W/").strip('"') or None


def read_instant(text: str | None) -> datetime | None:
    """An HTTP date as an instant; None when it is absent or no date."""
    try:
        read = parsedate_to_datetime(text) if text else None
    except ValueError:
        return None
    return read.replace(tzinfo=UTC) if read and read.tzinfo is None else read


def read_size(headers: httpx.Headers) -> int | None:
    """The announced bytes of the file; None when unknown or when they count a packed body."""
    length = headers.get("content-length", "")
    return int(length) if length.isdecimal() and "content-encoding" not in headers else None
