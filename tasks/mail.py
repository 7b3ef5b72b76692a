"""Mail out: one message to SMTP when the office has a mail server, else a file in the outbox that can be opened and sent."""

from __future__ import annotations

import hashlib
import mimetypes
import re
import smtplib
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Literal

_NOT_IN_NAMES = re.compile(r'[\\/:*?"<>|\x00-\x1f]')
_REPLY = re.compile(r"(?:re|回复|答复)\s*[:：]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Thread:
    """The mail that is answered: its Message-ID and its subject."""

    message_id: str
    subject: str


@dataclass(frozen=True, slots=True)
class Mail:
    """A message before it is addressed to a server. `text` is plain, `html` its optional twin; attachments are files.

    With `answers` the message goes into the thread of that mail, under its subject. `about` says for the log of what went out
    what it is about; it is no part of the message.
    """

    to: tuple[str, ...]
    subject: str
    text: str
    html: str | None = None
    attachments: tuple[Path, ...] = ()
    answers: Thread | None = None
    about: tuple[Mapping[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class PostOffice:
    """Where mail goes: an SMTP server, or only the outbox folder when `host` is None."""

    sender: str
    outbox: Path
    host: str | None = None
    port: int = 25
    security: Literal["none", "starttls", "tls"] = "starttls"
    user: str | None = None
    password: str | None = None
    timeout_seconds: float = 60.0
    ca_file: Path | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of a mail: its Message-ID and the .eml file when it was written instead of sent."""

    message_id: str
    path: Path | None


def send_mail(mail: Mail, office: PostOffice, now: datetime) -> Sent:
    """Send the mail, or write it to the outbox when the office has no server.

    Raises:
        OSError: the server cannot be reached or the outbox not written (smtplib's errors are OSErrors).
    """
    return send_message(build_message(mail, office.sender, now), office)


def send_message(message: EmailMessage, office: PostOffice) -> Sent:
    """Send a message that is built already, or write it to the outbox when the office has no server.

    Raises:
        OSError: the server cannot be reached or the outbox not written (smtplib's errors are OSErrors).
    """
    if office.host is None:
        return Sent(str(message["Message-ID"]), _write_to_outbox(message, office.outbox))
    with _connect(office) as server:
        if office.user:
            server.login(office.user, office.password or "")
        server.send_message(message)
    return Sent(str(message["Message-ID"]), None)


def build_message(mail: Mail, sender: str, now: datetime) -> EmailMessage:
    """The MIME message of a mail; its Message-ID follows from its content, so the same mail twice is seen to be the same."""
    message = EmailMessage()
    message["From"] = sender
    message["To"] = ", ".join(mail.to)
    message["Subject"] = mail.subject if mail.answers is None else _reply_subject(mail.answers.subject)
    message["Date"] = format_datetime(now)
    message["Message-ID"] = _message_id(mail, sender, now)
    # RFC 3834: a program wrote this, so no other program is to answer it, and ours knows it when it comes back.
    message["Auto-Submitted"] = "auto-replied" if mail.answers else "auto-generated"
    if mail.answers:
        message["In-Reply-To"] = message["References"] = mail.answers.message_id
    message.set_content(mail.text)
    if mail.html:
        message.add_alternative(mail.html, subtype="html")
    for path in mail.attachments:
        _attach(message, path)
    return message


def _reply_subject(subject: str) -> str:
    """Re: and the subject, once however often it went to and fro; a subject that was folded is one line."""
    line = " ".join(subject.split())
    return line if _REPLY.match(line) else f"Re: {line}".rstrip()


def _message_id(mail: Mail, sender: str, now: datetime) -> str:
    parts = (*mail.to, mail.subject, mail.text, now.isoformat(), *(path.name for path in mail.attachments))
    digest = hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]
    return f"<{digest}@{sender.rsplit('@', 1)[-1].rstrip('>')}>"


def _attach(message: EmailMessage, path: Path) -> None:
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    main, _, sub = kind.partition("/")
    message.add_attachment(path.read_bytes(), maintype=main, subtype=sub, filename=path.name)


def _connect(office: PostOffice) -> smtplib.SMTP:
    host, port, timeout = office.host or "", office.port, office.timeout_seconds
    if office.security == "tls":
        return smtplib.SMTP_SSL(host, port, timeout=timeout, context=ssl.create_default_context(cafile=office.ca_file))
    server = smtplib.SMTP(host, port, timeout=timeout)
    if office.security == "starttls":
        server.starttls(context=ssl.create_default_context(cafile=office.ca_file))
    return server


def _write_to_outbox(message: EmailMessage, outbox: Path) -> Path:
    outbox.mkdir(parents=True, exist_ok=True)
    name = str(message["Message-ID"]).strip("<>").partition("@")[0][:12]
    path = outbox / f"{_NOT_IN_NAMES.sub('-', message['Subject'])[:60]}-{name}.eml"
    path.write_bytes(message.as_bytes())
    return path
