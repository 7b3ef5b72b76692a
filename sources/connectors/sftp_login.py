"""How an SFTP server is reached and believed: host key first, then password or private key; faults told apart in Chinese."""

from __future__ import annotations

import asyncio

import asyncssh

from sources.connectors.connector import Access, Patience
from sources.connectors.host import Host
from sources.connectors.network_faults import CUT, Fault, Nature, describe_fault, misregistered, unreachable

PORT = 22


class _HostKeyCheck(asyncssh.SSHClient):
    """Believes the registered keys only, and remembers what the server showed, so that a message can say it."""

    def __init__(self, expected: list[asyncssh.SSHKey]) -> None:
        self.expected = expected
        self.shown: asyncssh.SSHKey | None = None

    def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:
        self.shown = key
        return key in self.expected


async def open_connection(host: Host, access: Access, patience: Patience) -> asyncssh.SSHClientConnection:
    """A connection to a server that proved its registered key, logged in.

    Raises:
        AccessRefusedError: no or another host key, or the login is refused; the text says how to mend it.
        OSError, asyncssh.Error: the server cannot be reached; `find_fault` words it.
    """
    expected = _expected_keys(access.host_key)
    check = _HostKeyCheck(expected)
    login = _login(access)  # before any connection: a broken key is our fault, not the server's
    try:
        return await asyncssh.connect(
            host.name, host.port or PORT, client_factory=lambda: check, options=login, config=[],
            known_hosts=([], [], []), server_host_key_algs=_algorithms(expected),
            connect_timeout=patience.connect_seconds, login_timeout=patience.connect_seconds,
        )  # fmt: skip
    except (asyncssh.HostKeyNotVerifiable, asyncssh.KeyExchangeFailed) as error:
        shown = check.shown or await _shown_key(host, patience)
        raise unreachable(_name(host), _host_key_fault(expected, shown)) from error
    except asyncssh.PermissionDenied as error:
        raise unreachable(_name(host), Fault(_login_fault(access), Nature.ACCESS)) from error


def find_fault(error: BaseException) -> Fault:
    """What an error of SSH or SFTP means, in Chinese."""
    if isinstance(error, asyncssh.SFTPError):
        return _SFTP.get(type(error)) or Fault(f"服务器报错：{error.reason}", Nature.LASTING)
    if isinstance(error, asyncssh.ConnectionLost):
        return Fault(CUT, Nature.PASSING)
    if isinstance(error, asyncssh.Error):
        return Fault(f"服务器中断了会话：{error.reason}", Nature.PASSING)
    return describe_fault(error)


_MISSING = Fault("不存在", Nature.LASTING)
_BROKEN = Fault(CUT, Nature.PASSING)
_SFTP: dict[type[asyncssh.SFTPError], Fault] = {
    asyncssh.SFTPNoSuchFile: _MISSING,
    asyncssh.SFTPNoSuchPath: _MISSING,
    asyncssh.SFTPPermissionDenied: Fault("没有读取权限，请对方开放给本账号", Nature.ACCESS),
    asyncssh.SFTPConnectionLost: _BROKEN,
    asyncssh.SFTPNoConnection: _BROKEN,
}


def _login(access: Access) -> asyncssh.SSHClientConnectionOptions:
    """Only what the partner file names: no agent, no keys or settings of the account the night runs under."""
    keys = [] if access.private_key is None else [_private_key(access.private_key, access.key_passphrase)]
    return asyncssh.SSHClientConnectionOptions(
        username=access.user or "", password=None if keys else access.password,
        client_keys=keys or None, agent_path=None, gss_auth=False, gss_kex=False, config=[],
    )  # fmt: skip


def _private_key(text: str, passphrase: str | None) -> asyncssh.SSHKey:
    try:
        return asyncssh.import_private_key(text, passphrase)
    except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError) as error:
        found = (text for sign, text in _KEY_FAULTS.items() if sign in str(error))
        raise misregistered(next(found, "access.private_key 不是可用的私钥，请核对所指的内容")) from error


# asyncssh tells these apart in words only.
_KEY_FAULTS = {
    "Passphrase must be specified": "私钥有口令保护，请登记 access.key_passphrase",
    "Incorrect passphrase": "私钥的口令（access.key_passphrase）不对",
    "Unable to decrypt": "私钥的口令（access.key_passphrase）不对",
    "bcrypt": "本机缺少 bcrypt 组件，打不开带口令的 OpenSSH 私钥；请安装 bcrypt，或改用 PKCS#8 格式",
}


def _expected_keys(lines: str | None) -> list[asyncssh.SSHKey]:
    written = [line for line in (lines or "").splitlines() if line.strip()]
    try:
        return [asyncssh.import_public_key(line) for line in written]
    except asyncssh.KeyImportError as error:
        raise misregistered("access.host_key 应是一行“ssh-ed25519 AAAA…”形式的主机公钥") from error


def _algorithms(keys: list[asyncssh.SSHKey]) -> list[str]:
    """A server with several host keys is asked for the registered one."""
    names = dict.fromkeys(name.decode() for key in keys for name in key.sig_algorithms)
    return list(names) or list(_EVERY_ALGORITHM)


_EVERY_ALGORITHM = ("ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521",
                    "rsa-sha2-512", "rsa-sha2-256")  # fmt: skip


async def _shown_key(host: Host, patience: Patience) -> asyncssh.SSHKey | None:
    """The key the server shows to one who names none."""
    asking = asyncssh.get_server_host_key(
        host.name, host.port or PORT, server_host_key_algs=list(_EVERY_ALGORITHM), config=[]
    )
    return await asyncio.wait_for(asking, patience.connect_seconds)


def _host_key_fault(expected: list[asyncssh.SSHKey], shown: asyncssh.SSHKey | None) -> Fault:
    if shown is None:
        return Fault("服务器没有出示主机密钥", Nature.LASTING)
    line = shown.export_public_key("openssh").decode().strip()
    known = "、".join(key.get_fingerprint() for key in expected)
    fault = f"主机密钥与登记的 {known} 不符，可能有人冒充或服务器已更换" if expected else "尚未登记主机密钥"
    mend = f"服务器出示的是 {shown.get_fingerprint()}，请先与对方核对指纹，再在 access 下写入 host_key: {line}"
    return Fault(f"{fault}；{mend}", Nature.ACCESS)


def _login_fault(access: Access) -> str:
    if access.private_key is not None:
        return "私钥不被接受：请核对用户名，并请对方登记与之配对的公钥"
    if access.password is None:
        return "没有登记密码或私钥，请在 access 下写入 password 或 private_key"
    return "用户名或密码不对，请与对方核对"


def _name(host: Host) -> str:
    return f"sftp://{host.authority}{host.path}"
