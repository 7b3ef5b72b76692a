"""Getting into a mailbox over IMAP: TLS, login, the folder opened for reading only; each fault told in one Chinese sentence."""

from __future__ import annotations

import imaplib
import ipaddress
import ssl
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from imap_tools import (
    BaseMailBox,
    MailBox,
    MailboxFolderSelectError,
    MailboxLoginError,
    MailBoxStartTls,
    MailBoxUnencrypted,
)

from sources.connectors.connector import Access, AccessRefusedError, InboxUnreachableError, Patience
from sources.connectors.network_faults import Fault, Nature, describe_fault

PORTS = {"imaps": 993, "imap": 143}
NETWORK_FAULTS = (OSError, imaplib.IMAP4.error, EOFError)
"""What a server that fails or a line that breaks raises; imaplib wraps some of it in errors of its own."""


@dataclass(frozen=True, slots=True)
class MailboxPlace:
    """Where the office's mailbox is: `imaps://user@host:port/folder`, or `imap://…` for STARTTLS."""

    scheme: str
    host: str
    port: int
    user: str
    folder: str


def read_place(address: str, user: str | None = None) -> MailboxPlace:
    """Takes the mailbox's address apart; `user` stands in for one the address does not name.

    Raises:
        InboxUnreachableError: it is no such address.
    """
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    told = unquote(parts.username) if parts.username else user
    if parts.scheme not in PORTS or not parts.hostname or not told:
        raise InboxUnreachableError("邮箱地址设置有误：应写成 imaps://用户名@主机:993/INBOX，请核对 mailbox 设置")
    folder = unquote(parts.path.strip("/")) or "INBOX"
    return MailboxPlace(parts.scheme, parts.hostname, port or PORTS[parts.scheme], told, folder)


def open_mailbox(place: MailboxPlace, access: Access, patience: Patience) -> BaseMailBox:
    """A session with the folder open for reading only: nothing in it is marked, moved or deleted.

    Raises:
        AccessRefusedError: wrong password, unknown folder, or a certificate that is not to be believed.
        InboxUnreachableError: the server does not answer, or answers nonsense.
    """
    try:
        box = _connect(place, access.ca_file, patience)
    except NETWORK_FAULTS as error:
        fault = mail_fault(error)
        kind = AccessRefusedError if fault.nature is Nature.ACCESS else InboxUnreachableError
        raise kind(f"邮箱 {place.host} 连接不上：{fault.text}") from error
    try:
        _log_in(box, place, access.password or "", patience)
    except NETWORK_FAULTS as error:
        close_mailbox(box)
        raise InboxUnreachableError(f"邮箱 {place.host} 登录时出错：{mail_fault(error).text}") from error
    except InboxUnreachableError:
        close_mailbox(box)
        raise
    return box


def close_mailbox(box: BaseMailBox) -> None:
    """Says goodbye when the server still listens, and lets go of the line in any case."""
    try:
        box.client.logout()
    except NETWORK_FAULTS:
        box.client.shutdown()


def mail_fault(error: BaseException) -> Fault:
    """What a mail server's silence, refusal or nonsense amounts to; the text names the settings of the mailbox."""
    if isinstance(error, imaplib.IMAP4.error) and "TLS" in str(error):
        return Fault("服务器不支持加密连接，请改用 imaps:// 地址，或请对方开通", Nature.LASTING)
    if isinstance(error, imaplib.IMAP4.abort) and not error.__context__:
        return Fault("连接中断，请稍后再试", Nature.PASSING)
    if isinstance(error, imaplib.IMAP4.error) and not error.__context__:
        return Fault("服务器应答不合协议，请核对地址和端口", Nature.PASSING)
    fault = describe_fault(error)
    text = fault.text.replace("access.ca_file", "mailbox_ca_file 设置").replace("（https、webdavs）", "（imaps、imap）")
    return Fault(text, fault.nature)


def _connect(place: MailboxPlace, ca_file: Path | None, patience: Patience) -> BaseMailBox:
    context = ssl.create_default_context(cafile=ca_file)
    host, port, seconds = place.host, place.port, patience.connect_seconds
    if place.scheme == "imaps":
        return MailBox(host, port, timeout=seconds, ssl_context=context)
    if not _is_this_machine(host):
        return MailBoxStartTls(host, port, timeout=seconds, ssl_context=context)
    box = MailBoxUnencrypted(host, port, timeout=seconds)
    if "STARTTLS" in box.client.capabilities:
        box.client.starttls(context)
    return box


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _log_in(box: BaseMailBox, place: MailboxPlace, password: str, patience: Patience) -> None:
    try:
        if (place.user + password).isascii():
            box.login(place.user, password, initial_folder=None)
        else:
            box.login_utf8(place.user, password, initial_folder=None)
    except (MailboxLoginError, imaplib.IMAP4.error) as error:
        if isinstance(error, imaplib.IMAP4.abort):
            raise
        raise AccessRefusedError(
            f"邮箱 {place.host} 拒绝登录：用户名或密码不对；QQ、163 等邮箱要先开通 IMAP，并用“授权码”作密码"
        ) from error
    box.client.socket().settimeout(patience.read_seconds)
    if "ID" in box.client.capabilities:
        # NetEase (163, 126) lets nobody open a folder who has not said which program he is.
        box.client.xatom("ID", '("name" "doublehigh" "vendor" "doublehigh")')
    try:
        box.folder.set(place.folder, readonly=True)
    except MailboxFolderSelectError as error:
        raise AccessRefusedError(f"邮箱里没有文件夹“{place.folder}”，或不能打开；请核对 mailbox 设置") from error
