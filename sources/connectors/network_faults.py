"""What went wrong on the way to a server, told in one Chinese sentence with how to mend it; never with a secret."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from sources.connectors.connector import (
    AccessRefusedError,
    BrokenOffError,
    FileNotFetchedError,
    InboxUnreachableError,
)

CHANGED = "文件正在被修改，留待下次采集"
CUT = "连接中断，没有收全，请稍后再试"

# OpenSSL's numbers of why a certificate was not believed (X509_V_ERR_…).
_CERTIFICATE = {
    9: "证书尚未生效，请核对本机时间，或请对方更换证书",
    10: "证书已过期，请对方更换证书",
    18: "证书是自签名的，不可信；请向对方索取证书，把文件路径写入 access.ca_file",
    19: "证书由自建机构签发，不可信；请向对方索取根证书，把文件路径写入 access.ca_file",
    20: "证书的签发机构不可信；如系自建机构，请把其根证书的文件路径写入 access.ca_file",
    21: "证书链不完整或签发机构不可信；请对方补全证书链，或把根证书的文件路径写入 access.ca_file",
    62: "证书不是发给这个主机名的，请核对地址，或请对方更换证书",
    64: "证书不是发给这个 IP 地址的，请改用证书上的主机名",
}
_PASSING: dict[type[BaseException] | tuple[type[BaseException], ...], str] = {
    socket.gaierror: "找不到这个主机名，请核对地址或本机的网络",
    TimeoutError: "服务器没有在规定时间内应答，请核对地址和网络，或请对方检查服务",
    ConnectionRefusedError: "服务器拒绝连接，请核对端口，或请对方启动服务",
    (ConnectionResetError, BrokenPipeError, EOFError, ssl.SSLEOFError): CUT,
    ssl.SSLError: "对方端口不能建立 TLS 连接，请核对端口和协议（https、webdavs）",
}


class Nature(Enum):
    """What is to be done about a fault."""

    ACCESS = "someone must change a password, key, certificate or permission: trying again does not help"
    PASSING = "the network or the server failed: trying again may help"
    LASTING = "what was asked for is not there or not usable"


@dataclass(frozen=True, slots=True)
class Fault:
    """What went wrong, as one Chinese clause, and whether trying again the same night may help."""

    text: str
    nature: Nature


OTHER_NAME = Fault("证书不是发给这个主机名或 IP 地址的，请核对地址，或请对方更换证书", Nature.ACCESS)


def describe_fault(error: BaseException) -> Fault:
    """The fault of name look-up, connection, TLS or time that lies under an error of some library."""
    causes = list(_causes(error))
    found = next((fault for cause in causes if (fault := _known(cause))), None)
    return found or Fault(f"连接出错（{type(error).__name__}）", Nature.PASSING)


def unreachable(where: str, fault: Fault) -> InboxUnreachableError:
    """The error of a place that cannot be listed; `where` is its address without user and query."""
    kind = AccessRefusedError if fault.nature is Nature.ACCESS else InboxUnreachableError
    return kind(f"报送地址不能采集：{where}（{fault.text}）")


def misregistered(text: str) -> AccessRefusedError:
    """The error of an address or access written wrongly in the partner's file; nobody needs to be asked to know it."""
    return AccessRefusedError(f"报送地址登记有误：{text}")


def not_fetched(fault: Fault) -> FileNotFetchedError:
    """The error of one file that did not come whole."""
    kind = BrokenOffError if fault.nature is Nature.PASSING else FileNotFetchedError
    return kind(CHANGED if fault.text == CHANGED else f"文件不能读取：{fault.text}")


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """From the innermost outwards: libraries wrap what happened, and only the inside tells faults apart."""
    if error is None:
        return
    yield from _causes(error.__cause__ or error.__context__)
    yield error


def _known(error: BaseException) -> Fault | None:
    if isinstance(error, ssl.SSLCertVerificationError):
        return Fault(_CERTIFICATE.get(error.verify_code, f"证书不可信（{error.verify_message}）"), Nature.ACCESS)
    passing = next((text for kind, text in _PASSING.items() if isinstance(error, kind)), None)
    if passing is None and isinstance(error, OSError) and error.errno and error.strerror:
        passing = f"网络不通（{error.strerror}）"
    return Fault(passing, Nature.PASSING) if passing else None
