"""Mails for tests, written byte by byte as mail programs write them: a library that writes them well could not write them badly."""

from __future__ import annotations

from base64 import encodebytes
from collections.abc import Sequence

WORKBOOK = b"PK\x03\x04" + bytes(range(256)) * 3
CLERK = "clerk@hetian.example"


def attached(headers: str | bytes, data: bytes = WORKBOOK, kind: str = "application/octet-stream") -> bytes:
    """One attachment in base64; `headers` are its name parameters as they are to stand in Content-Disposition."""
    told = headers.encode() if isinstance(headers, str) else headers
    return (
        b"Content-Type: " + kind.encode() + b"\r\nContent-Disposition: attachment; " + told
        + b"\r\nContent-Transfer-Encoding: base64\r\n\r\n" + encodebytes(data).replace(b"\n", b"\r\n")
    )  # fmt: skip


def text(words: bytes = b"hello", charset: str = "utf-8") -> bytes:
    """A part of plain text."""
    return f"Content-Type: text/plain; charset={charset}\r\n\r\n".encode() + words + b"\r\n"


def mixed(parts: Sequence[bytes], boundary: str, kind: str = "mixed") -> bytes:
    """The parts under their content type."""
    line = b"--" + boundary.encode()
    body = b"".join(line + b"\r\n" + part + b"\r\n" for part in parts)
    return f'Content-Type: multipart/{kind}; boundary="{boundary}"\r\n\r\n'.encode() + body + line + b"--\r\n"


def mail(
    *parts: bytes,
    sender: str | bytes = CLERK,
    subject: str | bytes = "report",
    number: int = 1,
    extra: str = "",
    date: str = "Wed, 01 Sep 2021 08:00:00 +0800",
) -> bytes:
    """A whole message of these parts after a greeting."""
    told = [value.encode() if isinstance(value, str) else value for value in (sender, subject)]
    head = b"From: " + told[0] + b"\r\nTo: office@college.example\r\nSubject: " + told[1]
    rest = f"\r\nDate: {date}\r\nMessage-ID: <{number}@hetian.example>\r\nMIME-Version: 1.0\r\n{extra}"
    return head + rest.encode() + mixed([text(), *parts], f"b{number}")


def forwarded(inner: bytes) -> bytes:
    """A mail within a mail."""
    return b"Content-Type: message/rfc822\r\nContent-Disposition: attachment\r\n\r\n" + inner
