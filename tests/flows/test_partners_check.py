"""`partners check`: every source is tried, and one Chinese line says what is wrong with it and how to mend it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from flows.command_line import ExitCode
from flows.commands.partners import command
from tests.servers.http import HttpServer, http_server
from tests.servers.sftp import PASSWORD, USER, sftp_server

NAMES = {"good": "甲学院", "wrongpw": "乙学院", "wrongkey": "丙学院", "nofolder": "丁学院", "nosecret": "戊学院"}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An office of the test's own; its partners are written by the test."""
    (tmp_path / "partners").mkdir()
    for name, value in {
        "HOME": tmp_path, "PARTNERS_FOLDER": tmp_path / "partners", "USE_EXAMPLE_PARTNERS": "false",
        "CONNECT_SECONDS": 5, "SILENCE_SECONDS": 5,
    }.items():  # fmt: skip
        monkeypatch.setenv(f"DOUBLEHIGH_{name}", str(value))
    monkeypatch.setenv("RIGHT_PASSWORD", PASSWORD)
    monkeypatch.setenv("WRONG_PASSWORD", "wrong-one")
    monkeypatch.delenv("NO_PASSWORD", raising=False)
    return tmp_path


def write_partner(home: Path, code: str, inbox: str, **access: str) -> None:
    told = {"code": code, "name": NAMES.get(code, code), "kind": "supported_school", "inbox": inbox}
    text = yaml.safe_dump({**told, **({"access": access} if access else {})}, allow_unicode=True)
    (home / "partners" / f"{code}.yaml").write_text(text, encoding="utf-8")


def check(*codes: str) -> tuple[int, list[str]]:
    run = CliRunner().invoke(command, ["check", *codes])
    assert run.exception is None or isinstance(run.exception, SystemExit), run.output
    return run.exit_code, [re.sub(r"（[\d.]+ 秒）$", "", line) for line in run.output.splitlines()]


def test_one_line_for_each_source_those_at_fault_first(home: Path) -> None:
    root = home / "root"
    (root / "台账").mkdir(parents=True)
    (root / "台账/a.xlsx").write_bytes(b"1")
    with sftp_server(root) as server, sftp_server(root) as other:
        place = f"sftp://{USER}@127.0.0.1:{server.port}"
        right = {"password": "env:RIGHT_PASSWORD", "host_key": server.host_key_line}
        write_partner(home, "good", f"{place}/台账", **right)
        write_partner(home, "wrongpw", f"{place}/台账", **{**right, "password": "env:WRONG_PASSWORD"})
        write_partner(home, "wrongkey", f"{place}/台账", **{**right, "host_key": other.host_key_line})
        write_partner(home, "nofolder", f"{place}/没有", **right)
        write_partner(home, "nosecret", f"{place}/台账", **{**right, "password": "env:NO_PASSWORD"})
        code, lines = check()
        opened = server.opened
        assert check("good") == (0, ["✓ good　甲学院：可以访问，1 个文件"])
    assert (code, opened) == (ExitCode.FINDINGS, [])
    assert lines[-1] == "✓ good　甲学院：可以访问，1 个文件"
    said = {line.split("　")[0].removeprefix("✗ "): line for line in lines[:-1]}
    assert said.keys() == {"wrongpw", "wrongkey", "nofolder", "nosecret"}
    for name, words in {
        "wrongpw": ("密码",), "wrongkey": ("主机密钥",), "nofolder": ("没有（不存在）；请核对登记的地址和路径",),
        "nosecret": ("NO_PASSWORD", "没有设置"),
    }.items():  # fmt: skip
        assert all(word in said[name] for word in words), said[name]
        assert "请" in said[name], "how to mend it"
    assert not any(secret in line for line in lines for secret in ("wrong-one", PASSWORD))


@pytest.fixture
def server(home: Path) -> Iterator[HttpServer]:
    (home / "root").mkdir()
    with http_server(home / "root") as server:
        yield server


def test_many_sources_on_one_server_do_not_crowd_it(home: Path, server: HttpServer) -> None:
    server.pause_seconds = 0.05
    for number in range(8):
        write_partner(home, f"p{number}", f"http://127.0.0.1:{server.port}/")
    code, lines = check()
    assert (code, len(lines)) == (0, 8)
    assert 1 <= server.most_asking <= 2


def test_an_unknown_partner_is_refused(home: Path) -> None:
    write_partner(home, "good", "folder:good")
    run = CliRunner().invoke(command, ["check", "nobody"])
    assert "no partner 'nobody'; known: good" in str(run.exception)
