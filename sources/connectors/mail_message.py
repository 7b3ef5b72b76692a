"""One message of the mailbox as its server describes it: whose it is, when it came, and which of its parts are files."""

from __future__ import annotations

import email
import mimetypes
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from imaplib import Internaldate2tuple
from time import mktime

from sources.connectors.mail_structure import MailPart, Node, find_parts
from sources.connectors.mail_words import read_address, read_words

HEADERS = "FROM SUBJECT DATE MESSAGE-ID AUTO-SUBMITTED X-AUTOREPLY PRECEDENCE CONTENT-TYPE"
WHOLE = "eml"
"""The part path of a message that has to be taken whole, because its server could not describe it."""

SPREADSHEETS = (".xlsx", ".xls", ".xlsm", ".xlsb", ".et", ".ods", ".csv", ".zip", ".xltx")
_MAIL_DAEMONS = ("mailer-daemon", "postmaster", "mail-daemon", "noreply", "no-reply")
_NO_FILES = frozenset({
    "application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature", "application/applefile",
    "text/calendar", "text/x-vcard", "text/vcard", "message/delivery-status", "message/disposition-notification",
    "text/rfc822-headers", "message/feedback-report", "application/pgp-encrypted",
})  # fmt: skip
_MESSAGE_ID = re.compile(r"<[^<>\s\x00-\x1f\x7f-\U0010ffff]{1,240}>")
_EXTENSIONS = {"application/vnd.ms-excel": ".xls", "application/ms-tnef": ".dat", "message/rfc822": ".eml"}
_CHINESE_KINDS = {"message": "转发邮件", "image": "图片", "text": "文本"}


@dataclass(frozen=True, slots=True)
class Message:
    """What of a message matters. `subject` is for matching and for the answer's thread; names of persons are not kept."""

    uid: int
    size_bytes: int
    sender: str | None
    subject: str
    message_id: str | None
    sent_at: datetime
    is_automatic: bool
    is_report: bool
    parts: tuple[MailPart, ...]

    @property
    def files(self) -> tuple[MailPart, ...]:
        """The parts that are files somebody means to send; no pictures in the text, signatures or invitations."""
        return tuple(part for part in self.parts if _is_file(part))

    @property
    def first_text(self) -> MailPart | None:
        """The message's own plain text, else its HTML."""
        texts = [p for p in self.parts if p.kind in ("text/plain", "text/html") and not _is_file(p)]
        return min(texts, key=lambda part: part.kind != "text/plain", default=None)


def read_message(items: Mapping[bytes, Node]) -> Message | None:
    """The message in one answer of FETCH; None when the answer is about something else, such as a flag that changed."""
    uid, header = items.get(b"UID"), items.get(b"BODY")
    if not isinstance(uid, bytes) or not isinstance(header, bytes):
        return None
    headers = _headers(header)
    size = items.get(b"RFC822.SIZE")
    sender = read_address(headers.get("from", b""))
    told_id = _MESSAGE_ID.search(headers.get("message-id", b"").decode("latin-1"))
    return Message(
        int(uid), int(size) if isinstance(size, bytes) else 0, sender, read_words(headers.get("subject", b""))[:200],
        told_id[0] if told_id else None, _sent_at(headers.get("date", b""), items.get(b"INTERNALDATE")),
        _is_automatic(headers, sender), b"multipart/report" in headers.get("content-type", b"").lower(),
        _parts(items.get(b"BODYSTRUCTURE"), size),
    )  # fmt: skip


def file_name(part: MailPart) -> str:
    """The name of a file in a mail; one without a name is called after what it is and where it stands."""
    if part.name:
        return part.name
    extension = _EXTENSIONS.get(part.kind) or mimetypes.guess_extension(part.kind) or ".bin"
    return f"{_CHINESE_KINDS.get(part.kind.partition('/')[0], '附件')}-{part.path}{extension}"


def is_spreadsheet(name: str) -> bool:
    """Whether a file by its name may hold a ledger: a spreadsheet, or an archive of them."""
    return name.casefold().endswith(SPREADSHEETS)


def _parts(structure: Node, size: Node) -> tuple[MailPart, ...]:
    try:
        return find_parts(structure)
    except ValueError:
        whole = int(size) if isinstance(size, bytes) else 0
        return (MailPart(WHOLE, "message/rfc822", None, "binary", whole, is_attachment=True, has_content_id=False),)


def _is_file(part: MailPart) -> bool:
    if part.kind in _NO_FILES:
        return False
    if part.kind.startswith("image/"):
        return part.is_attachment and not part.has_content_id
    if part.kind in ("text/plain", "text/html"):
        return part.name is not None or part.is_attachment
    return True


def _headers(data: bytes) -> dict[str, bytes]:
    """The first of each header, by its name in small letters, as bytes: what they mean is for mail_words to say."""
    told = email.message_from_bytes(data).raw_items()
    return {name.lower(): value.encode("utf-8", "surrogateescape") for name, value in reversed(list(told))}


def _sent_at(date: bytes, arrived: Node) -> datetime:
    """When it was sent; a clock that runs ahead of our own mail server's is not believed, for order hangs on it."""
    arrival = _arrived_at(arrived)
    try:
        sent = parsedate_to_datetime(date.decode("ascii", "replace"))
        sent = sent.replace(tzinfo=sent.tzinfo or UTC).astimezone(UTC)
    except (TypeError, ValueError, IndexError, OverflowError):
        return arrival
    return min(sent, arrival) if sent.year >= 2000 else arrival


def _arrived_at(arrived: Node) -> datetime:
    told = Internaldate2tuple(b'INTERNALDATE "%s"' % arrived) if isinstance(arrived, bytes) else None
    return datetime.fromtimestamp(mktime(told), UTC) if told else datetime(1970, 1, 1, tzinfo=UTC)


def _is_automatic(headers: Mapping[str, bytes], sender: str | None) -> bool:
    submitted = headers.get("auto-submitted", b"no").strip().lower()
    bulk = headers.get("precedence", b"").strip().lower() in (b"auto_reply", b"bulk", b"junk")
    daemon = (sender or "").partition("@")[0] in _MAIL_DAEMONS
    return not submitted.startswith(b"no") or bulk or daemon or "x-autoreply" in headers
