"""A secret looked up where its reference says it is kept: the environment, a file only we can read, or a Prefect block."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

from schemas.errors import MisconfiguredError

OTHERS = stat.S_IRWXG | stat.S_IRWXO
"""What nobody but the owner may do with a file that holds a secret."""
MOST_BYTES = 64 * 1024

PrefectSecret = Callable[[str], str]
"""Name of a block → the secret in it. Handed in by flows: this room knows no Prefect."""


class SecretError(MisconfiguredError):
    """A secret that cannot be had; the text, in Chinese, names the place and says how to mend it, never the secret."""


def read_secret(reference: str, prefect_secret: PrefectSecret | None = None) -> str:
    """The secret that `env:NAME`, `file:/path` or `prefect:block-name` stands for.

    Args:
        reference: where it is kept.
        prefect_secret: looks up Secret blocks; None where there is no Prefect.

    Raises:
        SecretError: there is nothing there, others may read the file, or the reference is of no known kind.
    """
    kind, _, place = reference.partition(":")
    if kind == "env":
        return _read_environment(place)
    if kind == "file":
        return _read_file(Path(place).expanduser())
    if kind == "prefect" and prefect_secret is not None:
        return _read_block(place, prefect_secret)
    if kind == "prefect":
        raise SecretError(f"这里不能使用 Prefect 保密块 {place}；请改用 env:变量名 或 file:/路径")
    # What was written may be the secret itself, so it is not repeated.
    raise SecretError("保密信息的写法不对；请写 env:变量名、file:/路径 或 prefect:保密块名，不要写密码本身")


def _read_environment(name: str) -> str:
    secret = os.environ.get(name, "")
    if not secret:
        raise SecretError(f"环境变量 {name} 没有设置；请在运行本程序的环境里设置它")
    return secret


def _read_file(path: Path) -> str:
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            if stat.S_IMODE(status.st_mode) & OTHERS:
                raise SecretError(f"保密文件 {path} 其他用户也能读取；请运行 chmod 600 {path}")
            secret = file.read(MOST_BYTES).decode("utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "不是文本"
        raise SecretError(f"保密文件 {path} 不能读取（{why}）；请检查路径和权限") from error
    if not secret:
        raise SecretError(f"保密文件 {path} 是空的；请把密码或密钥写进去")
    return secret


def _read_block(name: str, prefect_secret: PrefectSecret) -> str:
    try:
        secret = prefect_secret(name)
    except Exception as error:  # Prefect fails in many ways (no block, no server, no key); each means: not to be had
        raise SecretError(f"读不到 Prefect 保密块 {name}；请在 Prefect 界面 Blocks 里新建同名的 Secret 块") from error
    if not secret:
        raise SecretError(f"Prefect 保密块 {name} 是空的；请填入密码或密钥")
    return secret
