"""Intake, fetching: tries one source's address, login and listing without fetching anything, and says what is wrong."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from sources.connectors.address import InboxAddressError, connector_for
from sources.connectors.connector import InboxUnreachableError, Patience
from sources.connectors.mailbox import Mailbox
from sources.partner import Partner
from sources.secret import PrefectSecret, SecretError


@dataclass(frozen=True, slots=True)
class SourceCheck:
    """How one source answered: `fault` (Chinese: what is wrong and how to mend it) or None, files listed, seconds taken."""

    code: str
    name: str
    fault: str | None
    file_count: int
    seconds: float

    @property
    def line(self) -> str:
        """The check in one line."""
        told = f"可以访问，{self.file_count:,} 个文件" if self.fault is None else self.fault
        return f"{'✓' if self.fault is None else '✗'} {self.code}　{self.name}：{told}（{self.seconds:.1f} 秒）"


def check_partner(
    partner: Partner, inbox_folder: Path, patience: Patience, prefect_secret: PrefectSecret | None = None
) -> SourceCheck:
    """Lists the partner's inbox, once."""

    def count() -> int:
        with connector_for(partner, inbox_folder, patience, prefect_secret) as connector:
            return _length(connector.list_files())

    return _checked(partner.code, partner.name, count)


def check_mailbox(open_mailbox: Callable[[], Mailbox | None], code: str, name: str) -> SourceCheck:
    """Lists the office's mailbox, once."""

    def count() -> int:
        mailbox = open_mailbox()
        if mailbox is None:
            raise InboxUnreachableError("没有设置邮箱；请填写设置项 mailbox 和 mailbox_password")
        with mailbox:
            return _length(mailbox.list_files())

    return _checked(code, name, count)


def _checked(code: str, name: str, count: Callable[[], int]) -> SourceCheck:
    started = time.monotonic()
    fault, files = None, 0
    try:
        files = count()
    except InboxAddressError as error:
        fault = f"报送地址登记有误：{error}"
    except SecretError as error:
        fault = f"登录信息不可用：{error}"
    except InboxUnreachableError as error:
        fault = _with_remedy(str(error))
    return SourceCheck(code, name, fault, files, time.monotonic() - started)


def _with_remedy(fault: str) -> str:
    """A fault that only says what the server said, such as a folder that is not there, with what to do about it."""
    return fault if "请" in fault else f"{fault}；请核对登记的地址和路径，或请对方恢复该处"


def _length(items: Iterable[object]) -> int:
    return sum(1 for _ in items)
