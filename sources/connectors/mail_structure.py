"""What a mail server says of a message without sending it: its headers, and its parts with their names and sizes (IMAP FETCH)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from sources.connectors.mail_words import Parameters, read_address, read_file_name, read_words

Node: TypeAlias = "bytes | list[Node] | None"
Response: TypeAlias = Iterable[bytes | tuple[bytes, bytes] | None]

DEEPEST = 12
"""Mails nested deeper than this are no forwarding; what they hold is not looked for."""

_TOKEN = re.compile(rb'[()]|"(?:[^"\\]|\\.)*"|(?:BODY|body)\[[^\]]*\](?:<\d+>)?|[^\s()"]+', re.DOTALL)
_LITERAL = re.compile(rb"~?\{\d+\}$")
_ESCAPED = re.compile(rb"\\(.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class MailPart:
    """One leaf of a message. `path` is its IMAP number ("2.1"), `encoded_bytes` its size as it stands in the mail.

    `inner_sender` and `inner_subject` are those of the forwarded mail it stands in, None outside one.
    """

    path: str
    kind: str
    name: str | None
    encoding: str
    encoded_bytes: int
    is_attachment: bool
    has_content_id: bool
    charset: str | None = None
    inner_sender: str | None = None
    inner_subject: str = ""


def split_responses(response: Response) -> Iterator[dict[bytes, Node]]:
    """The messages of an IMAP FETCH as imaplib gives it: {item: value}, items in capitals ("UID", "BODYSTRUCTURE", …)."""
    tokens: list[bytes | tuple[bytes]] = []
    for piece in response:
        if isinstance(piece, tuple):
            # A literal: the text before it, then its bytes, which are one value whatever they hold.
            tokens += [*_TOKEN.findall(_LITERAL.sub(b"", piece[0])), (piece[1],)]
        elif piece is not None:
            tree = _tree([*tokens, *_TOKEN.findall(piece)])
            tokens = []
            yield from (_items(node) for node in tree if isinstance(node, list))


def find_parts(structure: Node) -> tuple[MailPart, ...]:
    """The leaves of a BODYSTRUCTURE, those of forwarded mails too.

    Raises:
        ValueError: the server's description of the message makes no sense.
    """
    try:
        return tuple(_walk(structure, "", None, "", 0))
    except (IndexError, TypeError) as error:
        raise ValueError("unintelligible BODYSTRUCTURE") from error


def _tree(tokens: Sequence[bytes | tuple[bytes]]) -> list[Node]:
    stack: list[list[Node]] = [[]]
    for token in tokens:
        if token == b"(":
            inner: list[Node] = []
            stack[-1].append(inner)
            stack.append(inner)
        elif token == b")":
            if len(stack) > 1:
                stack.pop()
        else:
            stack[-1].append(_value(token))
    return stack[0]


def _value(token: bytes | tuple[bytes]) -> bytes | None:
    if isinstance(token, tuple):
        return token[0]
    if token.startswith(b'"'):
        return _ESCAPED.sub(rb"\1", token[1:-1])
    return None if token.upper() == b"NIL" else token


def _items(node: list[Node]) -> dict[bytes, Node]:
    names = (name.upper().partition(b"[")[0] if isinstance(name, bytes) else b"" for name in node[::2])
    return dict(zip(names, node[1::2], strict=False))


def _walk(node: Node, path: str, sender: str | None, subject: str, depth: int) -> Iterator[MailPart]:
    if not isinstance(node, list) or depth > DEEPEST:
        return
    if isinstance(node[0], list):
        for number, child in enumerate(_until_text(node), start=1):
            yield from _walk(child, f"{path}.{number}" if path else str(number), sender, subject, depth + 1)
        return
    path = path or "1"
    if (_text(node[0]), _text(node[1])) == ("message", "rfc822") and _text(node[5]) not in (
        "base64",
        "quoted-printable",
    ):
        yield from _walk_mail(node, path, depth)
    else:
        yield _leaf(node, path, sender, subject)


def _until_text(node: list[Node]) -> Iterator[Node]:
    """The children of a multipart: the lists before its subtype."""
    for child in node:
        if not isinstance(child, list):
            return
        yield child


def _walk_mail(node: list[Node], path: str, depth: int) -> Iterator[MailPart]:
    envelope, body = node[7], node[8]
    sender = _sender(envelope)
    subject = read_words(_bytes(envelope[1])) if isinstance(envelope, list) else ""
    is_multipart = isinstance(body, list) and isinstance(body[0], list)
    yield from _walk(body, path if is_multipart else f"{path}.1", sender or "", subject, depth + 1)


def _sender(envelope: Node) -> str | None:
    senders = envelope[2] if isinstance(envelope, list) else None
    if not isinstance(senders, list) or not isinstance(senders[0], list):
        return None
    mailbox, host = _bytes(senders[0][2]), _bytes(senders[0][3])
    return read_address(mailbox + b"@" + host)


def _leaf(node: list[Node], path: str, sender: str | None, subject: str) -> MailPart:
    main, disposition, parameters = _text(node[0]), _disposition(node), _parameters(node[2])
    how = _text(disposition[0]) if disposition else ""
    of_disposition = _parameters(disposition[1]) if len(disposition) > 1 else ()
    charset = next((value.decode("ascii", "replace") for name, value in parameters if name.lower() == b"charset"), None)
    return MailPart(
        path, f"{main}/{_text(node[1])}", read_file_name(of_disposition, parameters), _text(node[5]),
        int(_bytes(node[6]) or 0), how == "attachment", node[3] is not None, charset, sender, subject,
    )  # fmt: skip


def _disposition(node: list[Node]) -> list[Node]:
    """(how (parameters)): the first such list after the fields every part has; servers differ in the fields before it."""
    for field in node[7:]:
        if isinstance(field, list) and field and _text(field[0]) in ("attachment", "inline"):
            return field
    return []


def _parameters(node: Node) -> Parameters:
    if not isinstance(node, list):
        return ()
    return tuple((_bytes(name), _bytes(value)) for name, value in zip(node[::2], node[1::2], strict=False))


def _bytes(node: Node) -> bytes:
    return node if isinstance(node, bytes) else b""


def _text(node: Node) -> str:
    return _bytes(node).decode("ascii", errors="replace").casefold()
