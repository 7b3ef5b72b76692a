"""Secrets by reference: found where they are kept, refused where others may read them, and never repeated in a fault."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from sources.secret import SecretError, read_secret

TEXT = "s3cret-口令"


def kept_in(path: Path, content: bytes, mode: int = 0o600) -> Path:
    path.write_bytes(content)
    path.chmod(mode)
    return path


def test_a_secret_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARTNER_PASSWORD", TEXT)
    assert read_secret("env:PARTNER_PASSWORD") == TEXT


@pytest.mark.parametrize("value", [None, ""])
def test_a_variable_not_set_is_named(monkeypatch: pytest.MonkeyPatch, value: str | None) -> None:
    monkeypatch.delenv("PARTNER_PASSWORD", raising=False)
    if value is not None:
        monkeypatch.setenv("PARTNER_PASSWORD", value)
    with pytest.raises(SecretError, match=r"^环境变量 PARTNER_PASSWORD 没有设置；请在运行本程序的环境里设置它$"):
        read_secret("env:PARTNER_PASSWORD")


@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_a_secret_in_a_file_of_our_own_without_its_line_end(tmp_path: Path, mode: int) -> None:
    path = kept_in(tmp_path / "secret", f" {TEXT}\r\n".encode(), mode)
    assert read_secret(f"file:{path}") == f" {TEXT}"


def test_a_private_key_keeps_its_lines(tmp_path: Path) -> None:
    path = kept_in(tmp_path / "key", b"-----BEGIN\nabc\n-----END\n")
    assert read_secret(f"file:{path}") == "-----BEGIN\nabc\n-----END"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o644, 0o777])
def test_a_file_others_may_touch_is_refused(tmp_path: Path, mode: int) -> None:
    path = kept_in(tmp_path / "secret", TEXT.encode(), mode)
    with pytest.raises(SecretError) as refused:
        read_secret(f"file:{path}")
    assert str(refused.value) == f"保密文件 {path} 其他用户也能读取；请运行 chmod 600 {path}"


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "不能读取（No such file or directory）；请检查路径和权限"), (b"\n", "是空的；请把密码或密钥写进去"),
     (b"\xff\xfe\x00", "不能读取（不是文本）；请检查路径和权限")],
)  # fmt: skip
def test_a_file_that_gives_nothing_is_said(tmp_path: Path, content: bytes | None, said: str) -> None:
    path = tmp_path / "secret"
    if content is not None:
        kept_in(path, content)
    with pytest.raises(SecretError) as refused:
        read_secret(f"file:{path}")
    assert str(refused.value) == f"保密文件 {path} {said}"


def test_a_block_is_asked_for_by_its_name() -> None:
    assert read_secret("prefect:hetian-sftp", {"hetian-sftp": TEXT}.__getitem__) == TEXT


@pytest.mark.parametrize(
    ("ask", "said"),
    [({}.__getitem__, "读不到 Prefect 保密块 gone；请在 Prefect 界面 Blocks 里新建同名的 Secret 块"),
     ({"gone": ""}.__getitem__, "Prefect 保密块 gone 是空的；请填入密码或密钥"),
     (None, "这里不能使用 Prefect 保密块 gone；请改用 env:变量名 或 file:/路径")],
)  # fmt: skip
def test_a_block_that_cannot_be_had_is_said(ask: Callable[[str], str] | None, said: str) -> None:
    with pytest.raises(SecretError) as refused:
        read_secret("prefect:gone", ask)
    assert str(refused.value) == said


@pytest.mark.parametrize("reference", [TEXT, f"password:{TEXT}", f"ENV:{TEXT}", ""])
def test_what_may_be_the_secret_itself_is_not_repeated(reference: str) -> None:
    with pytest.raises(SecretError, match="保密信息的写法不对；请写 env:变量名") as refused:
        read_secret(reference)
    assert TEXT not in str(refused.value)
