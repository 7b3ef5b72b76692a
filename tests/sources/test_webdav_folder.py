"""The WebDAV connector against a real server on loopback."""

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
from sources.connectors.webdav_folder import WebdavFolder
from tests.servers.certificates import write_certificates
from tests.servers.faulty_line import FaultyLine, faulty_line
from tests.servers.webdav import PASSWORD, USER, WebdavServer, webdav_server

SOON = Patience(connect_seconds=1, read_seconds=0.5)
USUAL = Patience(connect_seconds=10, read_seconds=10)
RIGHT = Access(user=USER, password=PASSWORD)
AT = 1_600_000_000
WRONG = "wrong"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebdavServer]:
    with webdav_server(tmp_path_factory.mktemp("webdav")) as server:
        yield server


@pytest.fixture
def server(running: WebdavServer) -> WebdavServer:
    running.reset()
    for found in running.folder.iterdir():
        shutil.rmtree(found) if found.is_dir() else found.unlink()
    return running


@pytest.fixture
def line(server: WebdavServer) -> Iterator[FaultyLine]:
    with faulty_line(server.port) as line:
        yield line


def folder_at(
    port: int, path: str = "/dav/school", access: Access = RIGHT, patience: Patience = USUAL, scheme: str = "webdav"
) -> WebdavFolder:
    place = f"127.0.0.1:{port}{path}"
    return WebdavFolder(f"//{USER}@{place}", f"{scheme}://{place}".rstrip("/"), access, patience)


def put(server: WebdavServer, path: str, content: bytes = b"12", at: float = AT) -> Path:
    to = server.folder / path
    to.parent.mkdir(parents=True, exist_ok=True)
    to.write_bytes(content)
    os.utime(to, (at, at))
    return to


def fetch(folder: WebdavFolder, remote: RemoteFile) -> bytes:
    sink = io.BytesIO()
    folder.fetch(remote, sink)
    return sink.getvalue()


def refused(folder: WebdavFolder) -> InboxUnreachableError:
    with folder, pytest.raises(InboxUnreachableError) as error:
        list(folder.list_files())
    assert PASSWORD not in str(error.value) + repr(error.value)
    return error.value


@pytest.mark.parametrize("path", ["/dav/学 校", "/dav/学 校/", "/dav/%E5%AD%A6%20校"])
def test_files_of_nested_folders_are_listed_in_order_and_fetched(server: WebdavServer, path: str) -> None:
    put(server, "学 校/b.xlsx", b"bb")
    put(server, "学 校/2021年/培训 台账#1%41.xlsx", b"book" * 100_000)
    put(server, "学 校/a&amp;.xlsx")
    put(server, "学 校/~$a.xlsx")
    put(server, "elsewhere/z.xlsx")
    address = f"webdav://127.0.0.1:{server.port}{path.rstrip('/')}"
    at = datetime.fromtimestamp(AT, UTC)
    with folder_at(server.port, path) as folder:
        listed = list(folder.list_files())
        assert all(remote.etag and '"' not in remote.etag for remote in listed)
        assert [replace(remote, etag=None) for remote in listed] == [
            RemoteFile(f"{address}/2021年/培训 台账#1%2541.xlsx", "培训 台账#1%41.xlsx", 400_000, at),
            RemoteFile(f"{address}/a&amp;.xlsx", "a&amp;.xlsx", 2, at),
            RemoteFile(f"{address}/b.xlsx", "b.xlsx", 2, at),
        ]
        assert [fetch(folder, remote) for remote in listed] == [b"book" * 100_000, b"12", b"bb"]


def test_the_etag_changes_with_the_file(server: WebdavServer) -> None:
    put(server, "school/a.xlsx")
    with folder_at(server.port) as folder:
        (before,), (again,) = folder.list_files(), folder.list_files()
        put(server, "school/a.xlsx", b"34", at=AT + 1)
        (after,) = folder.list_files()
    assert before == again
    assert before.etag != after.etag


def test_faults_of_login_place_and_folder_are_told_apart(server: WebdavServer) -> None:
    put(server, "school/z/a.xlsx")
    server.statuses.update({"/dav/school/z/": 403, "/plain/": 405})
    where = f"报送地址不能采集：webdav://127.0.0.1:{server.port}"
    wrong = refused(folder_at(server.port, access=replace(RIGHT, password=WRONG)))
    assert isinstance(wrong, AccessRefusedError)
    told = [wrong, *(refused(folder_at(server.port, path)) for path in ("/dav/school", "/dav/none", "/plain"))]
    assert [str(error) for error in told] == [
        f"{where}/dav/school（用户名或密码不对（401），请与对方核对；网盘须用“应用密码”）",
        f"{where}/dav/school/z（没有读取权限（403），请对方开放给本账号）",
        f"{where}/dav/none（不存在（404））",
        f"{where}/plain（服务器不支持 WebDAV（405），请核对地址）",
    ]


def test_redirects_within_the_host_are_followed_and_others_are_not(server: WebdavServer) -> None:
    put(server, "school/2021/a.xlsx")
    server.redirects.update({"/remote.php/": "/dav/school/", "/away/": "http://localhost:9/dav/"})
    with folder_at(server.port, "/remote.php") as folder:
        server.redirects["/remote.php/2021/"] = "/dav/school/2021/"
        server.redirects["/remote.php/2021/a.xlsx"] = "/dav/school/2021/a.xlsx"
        (remote,) = folder.list_files()
        assert remote.address == f"webdav://127.0.0.1:{server.port}/remote.php/2021/a.xlsx"
        assert fetch(folder, remote) == b"12"
    assert "服务器转向另一地址 http://localhost:9/dav/，未跟随" in str(refused(folder_at(server.port, "/away")))


def multistatus(*entries: tuple[str, str]) -> bytes:
    found = "".join(
        f"<d:response><d:href>{href}</d:href><d:propstat><d:prop>{told}</d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat>"
        "<d:propstat><d:prop><d:getetag/></d:prop><d:status>HTTP/1.1 404 Not Found</d:status></d:propstat></d:response>"
        for href, told in entries
    )
    return f'<?xml version="1.0"?><d:multistatus xmlns:d="DAV:">{found}</d:multistatus>'.encode()


def test_answers_as_other_servers_write_them_are_read(server: WebdavServer) -> None:
    folder = "<d:resourcetype><d:collection/></d:resourcetype>"
    server.pages["/disk/"] = multistatus(
        ("http://inner.example.org/disk", folder),
        (
            "http://inner.example.org/disk/%e5%8f%b0%e8%b4%a6.xlsx",
            "<d:resourcetype/><d:getcontentlength>3</d:getcontentlength>",
        ),
        ("/disk/原样.xlsx", "<d:getlastmodified>no date</d:getlastmodified><d:getcontentlength/>"),
        ("/disk/%D5%CB.xlsx", "<d:getlastmodified>Sun, 13 Sep 2020 12:26:40 GMT</d:getlastmodified>"),
    )
    address = f"webdav://127.0.0.1:{server.port}/disk"
    with folder_at(server.port, "/disk") as disk:
        assert list(disk.list_files()) == [
            RemoteFile(f"{address}/原样.xlsx", "原样.xlsx", None, None),
            RemoteFile(f"{address}/台账.xlsx", "台账.xlsx", 3, None),
            RemoteFile(f"{address}/%d5%cb.xlsx", "账.xlsx", None, datetime.fromtimestamp(AT, UTC)),
        ]


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (b"<html>", "文件列表不是可读的 XML"),
        (b'<!DOCTYPE x [<!ENTITY a "aa">]><x>&a;</x>', "文件列表不是可读的 XML"),
        (multistatus(("/etc/passwd", "")), "文件列表里的路径不在所问的文件夹下"),
        (multistatus(("/disk/", ""), ("/disk/../x/b.xlsx", "")), "文件列表里的路径不在所问的文件夹下"),
    ],
)
def test_answers_that_cannot_be_trusted_are_refused(server: WebdavServer, body: bytes, fault: str) -> None:
    server.pages["/disk/"] = body
    assert fault in str(refused(folder_at(server.port, "/disk")))


def test_a_circle_of_folders_ends(server: WebdavServer) -> None:
    folder = "<d:resourcetype><d:collection/></d:resourcetype>"
    path = "/disk"
    for _ in range(40):
        server.pages[f"{path}/"] = multistatus((f"{path}/", folder), (f"{path}/a/", folder))
        path += "/a"
    assert "文件夹超过 32 层，可能是循环链接" in str(refused(folder_at(server.port, "/disk")))


def test_vanished_forbidden_and_changed_files_are_not_fetched(server: WebdavServer) -> None:
    paths = [put(server, f"school/{name}.xlsx") for name in ("forbidden", "grown", "touched", "vanished")]
    with folder_at(server.port) as folder:
        listed = list(folder.list_files())
        server.statuses["/dav/school/forbidden.xlsx"] = 403
        put(server, "school/grown.xlsx", b"longer")
        put(server, "school/touched.xlsx", at=AT + 1)
        paths[3].unlink()
        texts = []
        for remote in listed:
            with pytest.raises(FileNotFetchedError) as error:
                fetch(folder, remote)
            texts += [str(error.value)]
    changed = "文件正在被修改，留待下次采集"
    forbidden = "文件不能读取：没有读取权限（403），请对方开放给本账号"
    assert texts == [forbidden, changed, changed, "文件不能读取：不存在（404）"]


def test_a_line_cut_in_mid_file_costs_that_file_and_not_the_next(server: WebdavServer, line: FaultyLine) -> None:
    put(server, "school/a.xlsx", os.urandom(300_000))
    put(server, "school/b.xlsx")
    with folder_at(line.port) as folder:
        listed = list(folder.list_files())
        line.cut_after = 100_000
        with pytest.raises(BrokenOffError, match="连接中断，没有收全"):
            fetch(folder, listed[0])
        line.cut_after = None
        assert fetch(folder, listed[1]) == b"12"


def test_silence_and_stalls_end_in_time(server: WebdavServer, line: FaultyLine) -> None:
    put(server, "school/a.xlsx", os.urandom(300_000))
    line.silent = True
    began = time.monotonic()
    assert "服务器没有在规定时间内应答" in str(refused(folder_at(line.port, patience=SOON)))
    line.silent = False
    with folder_at(line.port) as folder:
        (remote,) = folder.list_files()
    line.stall_after = 100_000
    with folder_at(line.port, patience=SOON) as folder, pytest.raises(BrokenOffError, match="没有在规定时间内应答"):
        fetch(folder, remote)
    assert time.monotonic() - began < 5


def test_an_expired_certificate_is_said(server: WebdavServer, tmp_path: Path) -> None:
    certificates = write_certificates(tmp_path)
    put(server, "school/a.xlsx")
    access = replace(RIGHT, ca_file=certificates.authority)
    with (
        webdav_server(server.folder, certificates.good) as good,
        folder_at(good.port, access=access, scheme="webdavs") as folder,
    ):
        assert [remote.name for remote in folder.list_files()] == ["a.xlsx"]
    with webdav_server(server.folder, certificates.expired) as expired:
        error = refused(folder_at(expired.port, access=access, scheme="webdavs"))
    assert isinstance(error, AccessRefusedError)
    assert "证书已过期，请对方更换证书" in str(error)


def test_five_thousand_files_are_listed_in_reasonable_time(server: WebdavServer) -> None:
    for number in range(5_000):
        put(server, f"school/文件夹{number % 50}/台账{number}.xlsx", b"")
    began = time.monotonic()
    with folder_at(server.port) as folder:
        addresses = {remote.address for remote in folder.list_files()}
    print(f"WebDAV: 5,000 files in 50 folders listed in {time.monotonic() - began:.2f} s")  # noqa: T201  the figure is the point
    assert len(addresses) == 5_000
    assert sum(asked.startswith("PROPFIND") for asked in server.asked) == 51
    assert time.monotonic() - began < 60


def test_connectors_work_side_by_side_and_leave_nothing_running(server: WebdavServer) -> None:
    put(server, "school/a.xlsx", b"a" * 100_000)

    def collect(_: int) -> bytes:
        with folder_at(server.port) as folder:
            return b"".join(fetch(folder, remote) for remote in folder.list_files())

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(collect, range(8))) == [b"a" * 100_000] * 8
    assert not {t.name for t in threading.enumerate() if t.name.startswith(("asyncio", "fsspec", "AnyIO"))}
