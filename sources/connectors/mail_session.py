"""The few questions put to an IMAP server: which messages there are, how they are made, and the bytes of one part."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from imap_tools import BaseMailBox

from sources.connectors.connector import FileNotFetchedError
from sources.connectors.mail_message import HEADERS, WHOLE, Message, read_message
from sources.connectors.mail_structure import MailPart, Response, split_responses

PIECE = 1 << 20
"""Bytes asked for at a time, so that a file that grows past the limit is not brought whole first."""
BATCH = 500
"""Messages described in one answer."""
DELETED = "邮件或附件已被删除；请对方重新发送"

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_WANTED = f"(UID RFC822.SIZE INTERNALDATE BODYSTRUCTURE BODY.PEEK[HEADER.FIELDS ({HEADERS})])"


def read_validity(box: BaseMailBox) -> str:
    """The generation of message numbers the open folder is in; a rebuilt folder has another."""
    return _last_line(box.client.response("UIDVALIDITY")[1])


def list_messages(box: BaseMailBox, since: datetime | None = None) -> Iterator[Message]:
    """The folder's messages in the order they came, described; those that arrived before the day of `since` left out."""
    # Not strftime: the month would be written in the language of the machine.
    criterion = f"SINCE {since.day}-{_MONTHS[since.month - 1]}-{since.year}" if since else "ALL"
    uids = _last_line(box.client.uid("SEARCH", criterion)[1]).split()
    for start in range(0, len(uids), BATCH):
        batch = uids[start : start + BATCH]
        yield from _described(box, f"{batch[0]}:{batch[-1]}")


def describe_part(box: BaseMailBox, uid: str, path: str) -> MailPart:
    """One part of a message, asked for when another session listed it.

    Raises:
        FileNotFetchedError: the message is gone.
    """
    messages = (message for message in _described(box, uid) if message.uid == int(uid))
    found = [part for message in messages for part in message.parts if part.path == path]
    if not found:
        raise FileNotFetchedError(DELETED)
    return found[0]


def read_pieces(box: BaseMailBox, uid: str, path: str) -> Iterator[bytes]:
    """The encoded bytes of one part, in pieces.

    Raises:
        FileNotFetchedError: the server has no such part any more.
    """
    start, piece = 0, b""
    while start == 0 or len(piece) == PIECE:
        told = read_piece(box, uid, path, start, PIECE)
        if told is None:
            raise FileNotFetchedError(DELETED)
        piece = told
        yield piece
        start += len(piece)
        if not piece:
            return


def read_piece(box: BaseMailBox, uid: str, path: str, start: int, length: int) -> bytes | None:
    """So many encoded bytes of one part from `start`, fewer at its end; None when the server has it no more."""
    section = "" if path == WHOLE else path
    _, answer = box.client.uid("FETCH", uid, f"(UID BODY.PEEK[{section}]<{start}.{length}>)")
    for items in split_responses(answer):
        body = items.get(b"BODY")
        if items.get(b"UID") == uid.encode() and isinstance(body, bytes):
            return body
    return None


def _described(box: BaseMailBox, uids: str) -> Iterator[Message]:
    _, told = box.client.uid("FETCH", uids, _WANTED)
    return (message for items in split_responses(told) if (message := read_message(items)))


def _last_line(told: Response) -> str:
    """The last line of an answer as imaplib gives it."""
    lines = [line for line in told if isinstance(line, bytes)]
    return lines[-1].decode("ascii", errors="replace") if lines else ""
