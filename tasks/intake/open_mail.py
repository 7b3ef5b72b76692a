"""Intake, mails sent as files (.eml): each workbook attached to one is a delivery of its own, like the members of a zip file."""

from __future__ import annotations

import email
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from email.message import Message
from pathlib import Path
from urllib.parse import quote_from_bytes

from schemas.values import Delivery
from sources.connectors.connector import ByteSink, FileNotFetchedError, is_temporary
from sources.connectors.mail_words import Parameters, read_file_name
from tasks.intake.fetch_landing import land
from tasks.intake.fetch_limits import Deadline
from tasks.intake.open_zip import SPREADSHEETS, UNPACK_SECONDS, OpenedZip

MOST_FILES = 100
MOST_BOUNDARIES = 200
"""Python's parser compares every line with the boundary of every part around it: a mail of more parts costs too much time."""
DEEPEST = 12
TNEF = ".dat"
"""Outlook's winmail.dat: the reader tells its sender what to do."""

_HEAD = re.compile(rb"\s*(?:[A-Za-z][A-Za-z0-9-]{1,60}:[^\n]*\n(?:[ \t][^\n]*\n)*){2}")
_TAKEN = (*SPREADSHEETS, ".zip", TNEF)
_TEXTS = ("text/plain", "text/html")
_HEAD_BYTES = 16_384


def is_mail(delivery: Delivery) -> bool:
    """Whether the landed bytes are a mail saved as a file: QQ and Foxmail forward mails so."""
    if not delivery.file_name.casefold().endswith(".eml"):
        return False
    with delivery.path.open("rb") as file:
        return _HEAD.match(file.read(_HEAD_BYTES)) is not None


def open_mail(delivery: Delivery, landing: Path, max_bytes: int) -> OpenedZip:
    """Lands the spreadsheets attached to a mail, each at the address `<address of the mail>!/<name>`.

    Mails attached to it in the usual way are looked into as well, twelve deep; one that is again a file is left, and said.

    Raises:
        LandingError: the archive cannot be written.
    """
    taken: list[Delivery] = []
    left: list[tuple[str, str]] = []
    content = delivery.path.read_bytes()
    if content.lower().count(b"boundary=") > MOST_BOUNDARIES:
        return OpenedZip((), ((delivery.file_name, "邮件由太多部分组成，未打开；请直接报送表格"),))
    deadline = Deadline(UNPACK_SECONDS)
    try:
        # As Latin-1 every byte stays what it is: names in raw GBK are read by our own rules.
        files = list(_files(email.message_from_string(content.decode("latin-1")), 0))
    except (RecursionError, ValueError, LookupError):
        return OpenedZip((), ((delivery.file_name, "邮件已损坏，未打开；请直接报送表格"),))
    for part, name, place in _numbered(files[:MOST_FILES]):
        try:
            taken.append(_land(delivery, part, name, place, landing, max_bytes, deadline))
        except FileNotFetchedError as error:
            left.append((f"{delivery.file_name} › {name}", str(error)))
    if len(files) > MOST_FILES:
        left.append((delivery.file_name, f"邮件里有 {len(files)} 个附件，只打开了前 {MOST_FILES} 个"))
    return OpenedZip(tuple(taken), tuple(left))


def _files(part: Message, depth: int) -> Iterator[tuple[Message, str]]:
    """The leaves that are files somebody means to send, with their names; no texts, pictures in them or signatures."""
    if part.is_multipart() and depth <= DEEPEST:
        for child in part.get_payload():
            yield from _files(child, depth + 1)  # type: ignore[arg-type] # the parts of a multipart are messages
        return
    name = read_file_name(_parameters(part, "content-disposition"), _parameters(part, "content-type"))
    is_text = part.get_content_type() in _TEXTS and part.get_content_disposition() != "attachment" and not name
    is_picture = part.get_content_maintype() == "image" and part["content-id"] is not None
    if not (is_text or is_picture or (name is None and part.get_content_disposition() is None)):
        yield part, name or f"附件{depth}"


def _parameters(part: Message, header: str) -> Parameters:
    return tuple(_parameter(name, value) for name, value in part.get_params(failobj=[], header=header))


def _parameter(name: str, value: str | tuple[str | None, str | None, str]) -> tuple[bytes, bytes]:
    """One parameter as bytes. Python has put RFC 2231 values together already and gives them with their charset."""
    if isinstance(value, str):
        return name.encode("latin-1"), value.encode("latin-1")
    charset, _, text = value
    quoted = f"{charset or ''}''{quote_from_bytes(text.encode('latin-1'))}"
    return f"{name}*".encode("latin-1"), quoted.encode("latin-1")


def _numbered(files: list[tuple[Message, str]]) -> Iterator[tuple[Message, str, str]]:
    """Each file with its name and its place in the mail: a name used twice gets a number."""
    used = Counter[str]()
    for part, name in files:
        if is_temporary(name):
            continue
        used[name] += 1
        yield part, name, name if used[name] == 1 else f"{name}#{used[name]}"


def _land(
    mail: Delivery, part: Message, name: str, place: str, landing: Path, max_bytes: int, deadline: Deadline
) -> Delivery:
    if name.casefold().endswith(".eml") or part.is_multipart():
        raise FileNotFetchedError("邮件里又套了邮件文件，未打开；请把表格直接作为附件报送")
    if not name.casefold().endswith(_TAKEN):
        raise FileNotFetchedError("邮件里的这个文件不是表格，未接收")
    content = part.get_payload(decode=True)
    if not isinstance(content, bytes) or not content:
        raise FileNotFetchedError("邮件里的这个文件没有内容，请重新报送")

    def write(sink: ByteSink) -> None:
        sink.write(content)

    landed = land(landing, write, max_bytes, deadline)
    return replace(
        mail,
        sha256=landed.sha256,
        size_bytes=landed.size_bytes,
        path=landed.path,
        address=f"{mail.address}!/{place}",
        file_name=name,
        etag=None,
    )
