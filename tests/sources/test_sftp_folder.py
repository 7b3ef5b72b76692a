"""The SFTP connector against a real server on loopback."""

from __future__ import annotations

import io
import os
import shutil
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import asyncssh
import pytest

from sources.connectors.connector import (
    Access,
    AccessRefusedError,
    BrokenOffError,
    FileNotFetchedError,
    InboxUnreachableError,
    Patience,
    RemoteFile,
)
from sources.connectors.sftp_folder import SftpFolder
from tests.servers.faulty_line import FaultyLine, faulty_line
from tests.servers.sftp import PASSWORD, USER, SftpServer, sftp_server

SOON = Patience(connect_seconds=1, read_seconds=1)
USUAL = Patience(connect_seconds=10, read_seconds=10)
WRONG = "wrong"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SftpServer]:
    with sftp_server(tmp_path_factory.mktemp("sftp")) as server:
        yield server


@pytest.fixture
def server(running: SftpServer) -> SftpServer:
    for found in running.folder.iterdir():
        shutil.rmtree(found) if found.is_dir() and not found.is_symlink() else found.unlink()
    running.opened.clear()
    return running


@pytest.fixture
def line(server: SftpServer) -> Iterator[FaultyLine]:
    with faulty_line(server.port) as line:
        yield line


def access_to(server: SftpServer) -> Access:
    return Access(user=USER, password=PASSWORD, host_key=server.host_key_line)


def folder_at(
    server: SftpServer, path: str = "/school", access: Access | None = None, patience: Patience = USUAL, port: int = 0
) -> SftpFolder:
    place = f"127.0.0.1:{port or server.port}{path}"
    return SftpFolder(f"//{USER}@{place}", f"sftp://{place}", access or access_to(server), patience)


def put(server: SftpServer, path: str, content: bytes = b"12", at: float = 1_600_000_000) -> Path:
    to = server.folder / path
    to.parent.mkdir(parents=True, exist_ok=True)
    to.write_bytes(content)
    os.utime(to, (at, at))
    return to


def fetch(folder: SftpFolder, remote: RemoteFile) -> bytes:
    sink = io.BytesIO()
    folder.fetch(remote, sink)
    return sink.getvalue()


def refused(folder: SftpFolder) -> InboxUnreachableError:
    with folder, pytest.raises(InboxUnreachableError) as error:
        list(folder.list_files())
    assert PASSWORD not in str(error.value) + repr(error.value)
    return error.value


def test_files_of_nested_folders_are_listed_in_order_and_fetched(server: SftpServer) -> None:
    put(server, "school/b.xlsx", b"bb")
    put(server, "school/2021年/培训 台账#1%.xlsx", b"book" * 100_000)
    put(server, "school/a.xlsx")
    for temporary in ("~$a.xlsx", "c.xlsx.part", ".hidden/x.xlsx"):
        put(server, f"school/{temporary}")
    put(server, "elsewhere/z.xlsx")
    address = f"sftp://127.0.0.1:{server.port}/school"
    at = datetime.fromtimestamp(1_600_000_000, UTC)
    with folder_at(server) as folder:
        listed = list(folder.list_files())
        assert listed == [
            RemoteFile(f"{address}/2021年/培训 台账#1%25.xlsx", "培训 台账#1%.xlsx", 400_000, at),
            RemoteFile(f"{address}/a.xlsx", "a.xlsx", 2, at),
            RemoteFile(f"{address}/b.xlsx", "b.xlsx", 2, at),
        ]
        assert [fetch(folder, remote) for remote in listed] == [b"book" * 100_000, b"12", b"bb"]


def test_names_that_are_no_utf8_are_readable_and_fetched(server: SftpServer) -> None:
    put(server, "school/x", b"")
    try:
        Path(os.fsdecode(os.fsencode(server.folder / "school") + b"/" + "台账.csv".encode("gb18030"))).write_bytes(
            b"1,2"
        )
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    with folder_at(server) as folder:
        remote = list(folder.list_files())[-1]
        assert (remote.name, fetch(folder, remote)) == ("台账.csv", b"1,2")
    remote.address.encode("utf-8")


def test_names_typed_on_a_mac_are_shown_as_typed_here(server: SftpServer) -> None:
    put(server, "school/Cafe\u0301.xlsx")
    with folder_at(server) as folder:
        (remote,) = folder.list_files()
        assert (remote.name, fetch(folder, remote)) == ("Caf\u00e9.xlsx", b"12")


def test_links_to_files_count_and_links_to_folders_do_not(server: SftpServer) -> None:
    put(server, "school/a.xlsx")
    (server.folder / "school/b.xlsx").symlink_to("a.xlsx")
    (server.folder / "school/circle").symlink_to(".")
    (server.folder / "school/gone.xlsx").symlink_to("nothing")
    with folder_at(server) as folder:
        listed = list(folder.list_files())
        assert [(remote.name, remote.size_bytes) for remote in listed] == [("a.xlsx", 2), ("b.xlsx", 2)]


@pytest.mark.parametrize("path", ["", "/", "/~", "/~/school", "/school/"])
def test_places_are_read_as_curl_reads_them(server: SftpServer, path: str) -> None:
    put(server, "school/a.xlsx")
    with folder_at(server, path) as folder:
        assert [remote.name for remote in folder.list_files()] == ["a.xlsx"]


def test_a_private_key_with_and_without_passphrase_opens(server: SftpServer) -> None:
    put(server, "school/a.xlsx")
    for passphrase in (None, "open"):
        key = server.client_key.export_private_key("pkcs8-pem", passphrase).decode()
        access = replace(access_to(server), password=None, private_key=key, key_passphrase=passphrase)
        with folder_at(server, access=access) as folder:
            assert len(list(folder.list_files())) == 1


def test_what_is_wrong_with_the_login_is_told_apart(server: SftpServer) -> None:
    put(server, "school/a.xlsx")
    where = f"报送地址不能采集：sftp://127.0.0.1:{server.port}/school"
    strange = asyncssh.generate_private_key("ssh-ed25519").export_private_key("openssh").decode()
    locked = server.client_key.export_private_key("pkcs8-pem", "open").decode()
    right = access_to(server)
    by_key = replace(right, password=None)
    found = {
        str(refused(folder_at(server, access=access)))
        for access in (
            replace(right, password=WRONG), replace(right, password=None), replace(by_key, private_key=strange),
            replace(by_key, private_key=locked), replace(by_key, private_key=locked, key_passphrase=WRONG),
            replace(by_key, private_key="no key"), replace(right, host_key="no key"),
        )
    }  # fmt: skip
    assert found == {
        f"{where}（用户名或密码不对，请与对方核对）",
        f"{where}（没有登记密码或私钥，请在 access 下写入 password 或 private_key）",
        f"{where}（私钥不被接受：请核对用户名，并请对方登记与之配对的公钥）",
        "报送地址登记有误：私钥有口令保护，请登记 access.key_passphrase",
        "报送地址登记有误：私钥的口令（access.key_passphrase）不对",
        "报送地址登记有误：access.private_key 不是可用的私钥，请核对所指的内容",
        "报送地址登记有误：access.host_key 应是一行“ssh-ed25519 AAAA…”形式的主机公钥",
    }


def test_without_host_key_nobody_logs_in_and_the_line_to_add_is_said(server: SftpServer) -> None:
    logins = server.logins
    error = refused(folder_at(server, access=replace(access_to(server), host_key=None)))
    fingerprint = server.host_key.get_fingerprint()
    assert isinstance(error, AccessRefusedError)
    assert str(error) == (
        f"报送地址不能采集：sftp://127.0.0.1:{server.port}/school（尚未登记主机密钥；"
        f"服务器出示的是 {fingerprint}，请先与对方核对指纹，再在 access 下写入 host_key: {server.host_key_line}）"
    )
    assert server.logins == logins


@pytest.mark.parametrize("algorithm", ["ssh-ed25519", "ssh-rsa"])
def test_another_host_key_stops_before_the_password_is_sent(server: SftpServer, algorithm: str) -> None:
    known = asyncssh.generate_private_key(algorithm)
    logins = server.logins
    access = replace(access_to(server), host_key=known.export_public_key("openssh").decode())
    error = refused(folder_at(server, access=access))
    assert isinstance(error, AccessRefusedError)
    assert f"主机密钥与登记的 {known.get_fingerprint()} 不符" in str(error)
    assert f"服务器出示的是 {server.host_key.get_fingerprint()}" in str(error)
    assert server.logins == logins


def test_one_of_several_registered_host_keys_is_enough(server: SftpServer) -> None:
    put(server, "school/a.xlsx")
    old = asyncssh.generate_private_key("ssh-ed25519").export_public_key("openssh").decode()
    with folder_at(server, access=replace(access_to(server), host_key=f"{old}\n{server.host_key_line}\n")) as folder:
        assert len(list(folder.list_files())) == 1


def test_missing_and_forbidden_folders_are_said(server: SftpServer) -> None:
    put(server, "school/a.xlsx")
    put(server, "school/z/b.xlsx").parent.chmod(0)
    where = f"sftp://127.0.0.1:{server.port}"
    assert str(refused(folder_at(server, "/none"))) == f"报送地址不能采集：{where}/none（不存在）"
    forbidden = refused(folder_at(server))
    assert str(forbidden) == f"报送地址不能采集：{where}/school/z（没有读取权限，请对方开放给本账号）"
    (server.folder / "school/z").chmod(0o700)


def test_vanished_forbidden_and_changed_files_are_not_fetched(server: SftpServer) -> None:
    paths = [put(server, f"school/{name}.xlsx") for name in ("forbidden", "grown", "touched", "vanished")]
    with folder_at(server) as folder:
        listed = list(folder.list_files())
        paths[0].chmod(0)
        put(server, "school/grown.xlsx", b"longer")
        put(server, "school/touched.xlsx", at=1_600_000_001)
        paths[3].unlink()
        texts = []
        for remote in listed:
            with pytest.raises(FileNotFetchedError) as error:
                fetch(folder, remote)
            texts += [str(error.value)]
    changed = "文件正在被修改，留待下次采集"
    assert texts == ["文件不能读取：没有读取权限，请对方开放给本账号", changed, changed, "文件不能读取：不存在"]


def test_a_line_cut_in_mid_file_costs_that_file_and_not_the_next(server: SftpServer, line: FaultyLine) -> None:
    put(server, "school/a.xlsx", os.urandom(300_000))
    put(server, "school/b.xlsx")
    with folder_at(server, port=line.port) as folder:
        listed = list(folder.list_files())
        line.cut_after = 0
        with pytest.raises(BrokenOffError, match="连接中断，没有收全"):
            fetch(folder, listed[0])
        line.cut_after = None
        assert fetch(folder, listed[1]) == b"12"
        assert line.connections == 2


def test_silence_and_stalls_end_in_time(server: SftpServer, line: FaultyLine) -> None:
    put(server, "school/a.xlsx", os.urandom(300_000))
    line.silent = True
    began = time.monotonic()
    error = refused(folder_at(server, port=line.port, patience=SOON))
    assert "服务器没有在规定时间内应答" in str(error)
    line.silent = False
    with folder_at(server, port=line.port, patience=SOON) as folder:
        (remote,) = folder.list_files()
        line.stall_after = 0
        with pytest.raises(BrokenOffError, match="服务器没有在规定时间内应答"):
            fetch(folder, remote)
    assert time.monotonic() - began < 5


def test_a_slow_line_is_waited_for(server: SftpServer, line: FaultyLine) -> None:
    content = os.urandom(60_000)
    put(server, "school/a.xlsx", content)
    with folder_at(server, port=line.port, patience=replace(SOON, read_seconds=2)) as folder:
        (remote,) = folder.list_files()
        line.pause_seconds = 0.005
        assert fetch(folder, remote) == content


def test_a_dead_port_and_an_unknown_host_are_told_apart(server: SftpServer) -> None:
    assert "服务器拒绝连接，请核对端口" in str(refused(folder_at(server, port=1)))
    unknown = SftpFolder("//no-such-host.invalid/", "sftp://no-such-host.invalid", access_to(server), USUAL)
    assert "找不到这个主机名" in str(refused(unknown))
    with pytest.raises(AccessRefusedError, match="报送地址登记有误"):
        SftpFolder("//host:port/", "sftp://host:port", access_to(server), USUAL)


def test_five_thousand_files_are_listed_in_reasonable_time(server: SftpServer) -> None:
    for number in range(5_000):
        put(server, f"school/文件夹{number % 50}/{number // 2500}/台账{number}.xlsx", b"")
    began = time.monotonic()
    with folder_at(server) as folder:
        addresses = [remote.address for remote in folder.list_files()]
    print(f"SFTP: 5,000 files in 100 folders listed in {time.monotonic() - began:.2f} s")  # noqa: T201  the figure is the point
    assert len(set(addresses)) == 5_000
    assert time.monotonic() - began < 30


def test_connectors_work_side_by_side_and_leave_nothing_running(server: SftpServer) -> None:
    put(server, "school/a.xlsx", b"a" * 100_000)

    def collect(_: int) -> bytes:
        with folder_at(server) as folder:
            return b"".join(fetch(folder, remote) for remote in folder.list_files())

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(collect, range(8))) == [b"a" * 100_000] * 8
    names = {thread.name for thread in threading.enumerate()}
    assert not {name for name in names if name.startswith(("asyncio", "fsspec"))}


def test_closing_twice_and_before_use_is_nothing(server: SftpServer) -> None:
    folder = folder_at(server)
    folder.close()
    folder.close()
