"""Connector for the office's one mailbox over IMAP: every file partners mailed to it, and whose it is; nothing in it is changed."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Self

from imap_tools import BaseMailBox

from sources.connectors.connector import (
    Access,
    AccessRefusedError,
    BrokenOffError,
    ByteSink,
    FileNotFetchedError,
    InboxUnreachableError,
    Patience,
    RemoteFile,
    is_temporary,
)
from sources.connectors.mail_decoding import Decoder
from sources.connectors.mail_login import NETWORK_FAULTS, close_mailbox, mail_fault, open_mailbox, read_place
from sources.connectors.mail_message import Message, file_name, is_spreadsheet
from sources.connectors.mail_session import describe_part, list_messages, read_piece, read_pieces, read_validity
from sources.connectors.mail_structure import MailPart
from sources.connectors.mail_words import find_addresses, read_text
from sources.correspondents import Claim, Correspondents

ADDRESS = "mailbox"
TEXT_BYTES = 16 * 1024
"""How much of a forwarded text is looked at for the sender it names."""
_FORWARDED = re.compile(r"^[\s>*]*(?:发件人|寄件人|寄件者|发送人|From)\s*[:：](.{0,200})", re.MULTILINE)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class MailFile:
    """A file in the mailbox and whose it is: one code when that is clear, else none or several, and why (Chinese)."""

    remote: RemoteFile
    partner_codes: tuple[str, ...]
    reason: str = ""


class Mailbox:
    """The office's mailbox. Listing asks for descriptions only; bytes come part by part, when they are fetched.

    Addresses are mailbox:<uidvalidity>/<uid>/<part path>: what stands at one never changes, and is never reused.
    """

    def __init__(
        self,
        address: str,
        access: Access,
        patience: Patience,
        correspondents: Correspondents,
        *,
        since: datetime | None = None,
        max_bytes: int | None = None,
    ) -> None:
        """Nothing is connected yet.

        Args:
            address: imaps://user@host:993/INBOX, or imap://… for STARTTLS.
            access: the password, and the authority that signed the server's certificate when the system does not know it.
            patience: how long the server may take.
            correspondents: who partners write as.
            since: mails that arrived before that day are not listed.
            max_bytes: files surely larger are refused before any byte is fetched.

        Raises:
            InboxUnreachableError: the address cannot be understood.
        """
        self.place = read_place(address, access.user)
        self.access, self.patience, self.correspondents = access, patience, correspondents
        self.since, self.max_bytes = since, max_bytes
        self._box: BaseMailBox | None = None
        self._validity = ""
        self._parts: dict[str, MailPart] = {}

    def list_all(self) -> Iterator[MailFile]:
        """Every file in the mailbox, in the order the mails came in, with the partner it is from.

        Mails without files are told to the log only; bounces and automatic answers without spreadsheets are passed over.

        Raises:
            InboxUnreachableError: the mailbox cannot be listed whole; AccessRefusedError when it will not let us in.
        """
        try:
            box = self._open()
            for message in list_messages(box, self.since):
                yield from self._files_of(message, box)
        except NETWORK_FAULTS as error:
            self.close()
            raise InboxUnreachableError(f"邮箱 {self.place.host} 读取目录时出错：{mail_fault(error).text}") from error

    def list_files(self) -> Iterator[RemoteFile]:
        """Every file in the mailbox, whoever it is from.

        Raises:
            InboxUnreachableError: the mailbox cannot be listed whole; AccessRefusedError when it will not let us in.
        """
        return (file.remote for file in self.list_all())

    def fetch(self, remote: RemoteFile, sink: ByteSink) -> None:
        """Writes the bytes of a listed attachment into `sink`, decoded.

        Raises:
            FileNotFetchedError: the mail is gone, the attachment is too large, or it has no content;
                BrokenOffError when the connection broke off on the way.
        """
        validity, uid, path = remote.address.removeprefix(f"{ADDRESS}:").split("/")
        try:
            box = self._open()
            if self._validity != validity:
                raise FileNotFetchedError("邮箱已重建，邮件编号失效，留待下次采集")
            part = self._parts.get(remote.address) or describe_part(box, uid, path)
            self._refuse_too_large(part)
            decoder = Decoder(part.encoding, sink.write)
            for piece in read_pieces(box, uid, path):
                decoder.write(piece)
            decoder.finish()
        except NETWORK_FAULTS as error:
            self.close()
            raise BrokenOffError(f"邮件附件没有取完：{mail_fault(error).text}") from error
        except AccessRefusedError as error:
            raise FileNotFetchedError(str(error)) from error
        except InboxUnreachableError as error:
            raise BrokenOffError(str(error)) from error

    def close(self) -> None:
        """Ends the session. Closing again does nothing."""
        box, self._box = self._box, None
        if box is not None:
            close_mailbox(box)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        self.close()

    def _open(self) -> BaseMailBox:
        if self._box is None:
            self._box = open_mailbox(self.place, self.access, self.patience)
            self._validity = read_validity(self._box)
        return self._box

    def _files_of(self, message: Message, box: BaseMailBox) -> Iterator[MailFile]:
        files = [part for part in message.files if not is_temporary(file_name(part))]
        if not files:
            log.info("mailbox: message %s has no file", message.uid)
        if not files or self._is_ours_or_noise(message, files):
            return
        named = self._named_in_text(message, files, box)
        for part in files:
            inner = [(part.inner_sender, part.inner_subject)] if part.inner_sender is not None else named
            claim = self.correspondents.claim(message.sender, message.subject, inner)
            yield self._file(message, part, claim)

    def _is_ours_or_noise(self, message: Message, files: Sequence[MailPart]) -> bool:
        """Our own receipts, also when they bounce, bring our own marked workbooks back: those are nobody's delivery."""
        is_ours = message.is_automatic and message.sender == self.correspondents.own_address
        has_ledgers = any(is_spreadsheet(file_name(part)) for part in files)
        return is_ours or message.is_report or (message.is_automatic and not has_ledgers)

    def _named_in_text(self, message: Message, files: Sequence[MailPart], box: BaseMailBox) -> list[tuple[str, str]]:
        """Who a colleague's forwarded text says the mail was from, asked for only when nothing else says it."""
        text = message.first_text
        is_told = all(part.inner_sender for part in files)
        if text is None or is_told or not self.correspondents.is_forwarder(message.sender):
            return []
        read: list[bytes] = []
        decoder = Decoder(text.encoding, read.append)
        decoder.write(read_piece(box, str(message.uid), text.path, 0, TEXT_BYTES) or b"")
        decoder.finish()
        found = _FORWARDED.search(re.sub(r"<(?!\S+@)[^>]*>", " ", read_text(b"".join(read), text.charset)))
        return [(address, "") for address in find_addresses(found[1])[:1]] if found else []

    def _file(self, message: Message, part: MailPart, claim: Claim) -> MailFile:
        address = f"{ADDRESS}:{self._validity}/{message.uid}/{part.path}"
        self._parts[address] = part
        remote = RemoteFile(
            address, file_name(part), None, message.sent_at, etag=address, sender=message.sender,
            message_id=message.message_id, subject=message.subject,
        )  # fmt: skip
        return MailFile(remote, claim.partner_codes, claim.reason)

    def _refuse_too_large(self, part: MailPart) -> None:
        least = part.encoded_bytes * 7 // 10 if part.encoding == "base64" else part.encoded_bytes
        if self.max_bytes is not None and least > self.max_bytes:
            sizes = f"约 {least / 1024**2:.0f} MB，上限 {self.max_bytes / 1024**2:.0f} MB"
            raise FileNotFetchedError(f"附件过大（{sizes}），未接收；请分成几个文件报送，或与双高办联系")
