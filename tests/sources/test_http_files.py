"""The connector for web addresses against a real server on loopback."""

from __future__ import annotations

import io
import json
import logging
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
from sources.connectors.http_files import HttpFiles
from tests.servers.certificates import Certificates, write_certificates
from tests.servers.faulty_line import FaultyLine, faulty_line
from tests.servers.http import PASSWORD, USER, HttpServer, http_server

SOON = Patience(connect_seconds=1, read_seconds=0.3)
USUAL = Patience(connect_seconds=10, read_seconds=10)
AT = 1_600_000_000
NOBODY = Access()
WRONG = "wrong"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HttpServer]:
    with http_server(tmp_path_factory.mktemp("http")) as server:
        yield server


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return write_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def server(running: HttpServer) -> HttpServer:
    running.reset()
    for found in running.folder.iterdir():
        shutil.rmtree(found) if found.is_dir() else found.unlink()
    return running


@pytest.fixture
def line(server: HttpServer) -> Iterator[FaultyLine]:
    with faulty_line(server.port) as line:
        yield line


def files_at(
    port: int, path: str = "/school/", access: Access = NOBODY, patience: Patience = USUAL, scheme: str = "http"
) -> HttpFiles:
    address = f"{scheme}://127.0.0.1:{port}{path.partition('?')[0]}".rstrip("/")
    return HttpFiles(f"//127.0.0.1:{port}{path}", address, access, patience)


def put(server: HttpServer, path: str, content: bytes = b"12", at: float = AT) -> Path:
    to = server.folder / path
    to.parent.mkdir(parents=True, exist_ok=True)
    to.write_bytes(content)
    os.utime(to, (at, at))
    return to


def marked(server: HttpServer, path: str, size: int = 2) -> RemoteFile:
    address = f"http://127.0.0.1:{server.port}/{path.replace('%', '%25')}"
    at = datetime.fromtimestamp(AT, UTC)
    return RemoteFile(address, path.rpartition("/")[2], size, at, etag=f"{AT * 10**9:x}-{size:x}")


def fetch(files: HttpFiles, remote: RemoteFile) -> bytes:
    sink = io.BytesIO()
    files.fetch(remote, sink)
    return sink.getvalue()


def listed(files: HttpFiles) -> list[RemoteFile]:
    with files:
        return list(files.list_files())


def refused(files: HttpFiles) -> InboxUnreachableError:
    with files, pytest.raises(InboxUnreachableError) as error:
        list(files.list_files())
    assert PASSWORD not in str(error.value) + repr(error.value)
    return error.value


@pytest.mark.parametrize("listing", ["html", "json"])
def test_a_listing_and_the_folders_below_it_are_listed_and_fetched(server: HttpServer, listing: str) -> None:
    server.listing = listing
    put(server, "school/b.xlsx", b"bb")
    put(server, "school/2021年/培训 台账#1%.xlsx", b"book" * 100_000)
    put(server, "school/~$b.xlsx")
    put(server, "elsewhere/z.xlsx")
    with files_at(server.port) as files:
        found = list(files.list_files())
        expected = [marked(server, "school/2021年/培训 台账#1%.xlsx", 400_000), marked(server, "school/b.xlsx")]
        # nginx's JSON tells size and time, and then the files themselves need not be asked.
        assert found == (expected if listing == "html" else [replace(remote, etag=None) for remote in expected])
        assert any(asked.startswith("HEAD") for asked in server.asked) == (listing == "html")
        assert [fetch(files, remote) for remote in found] == [b"book" * 100_000, b"bb"]


def test_one_file_is_told_by_its_headers(server: HttpServer) -> None:
    put(server, "台账.xlsx")
    with files_at(server.port, "/台账.xlsx") as files:
        (remote,) = files.list_files()
        assert remote == marked(server, "台账.xlsx")
        assert fetch(files, remote) == b"12"


def test_a_token_in_the_query_is_sent_and_neither_shown_nor_logged(
    server: HttpServer, caplog: pytest.LogCaptureFixture
) -> None:
    server.pages["/export"] = ("application/vnd.ms-excel", b"book")
    with caplog.at_level(logging.DEBUG), files_at(server.port, "/export?token=s3cret") as files:
        (remote,) = files.list_files()
        assert fetch(files, remote) == b"book"
    assert (remote.address, remote.name) == (f"http://127.0.0.1:{server.port}/export", "export")
    assert set(server.asked) == {"HEAD /export?token=s3cret", "GET /export?token=s3cret"}
    assert "s3cret" not in caplog.text


@pytest.mark.parametrize("knows_head", [True, False])
def test_a_server_that_tells_nothing_leaves_it_to_the_hash(server: HttpServer, knows_head: bool) -> None:
    server.knows_head, server.tells_marks = knows_head, False
    put(server, "school/a.xlsx")
    with files_at(server.port) as files:
        (remote,) = files.list_files()
        assert (remote.size_bytes, remote.modified_at, remote.etag) == (2, None, None)
        assert fetch(files, remote) == b"12"


def test_links_elsewhere_are_not_followed(server: HttpServer) -> None:
    put(server, "school/a.xlsx")
    hrefs = ["a.xlsx", "./a.xlsx", "/school/a.xlsx", "../other/b.xlsx", "/b.xlsx", "http://example.org/school/c.xlsx",
             "//example.org/d.xlsx", "ftp://127.0.0.1/e.xlsx", "..%2Ff.xlsx", "mailto:x@example.org", "?C=M", "#top", "",
             "file:///etc/passwd", "javascript:void(0)", "http://[bad", "/school-2/g.xlsx"]  # fmt: skip
    server.pages["/school/"] = ("text/html", "".join(f'<a href="{href}">x</a>' for href in hrefs).encode())
    assert listed(files_at(server.port)) == [marked(server, "school/a.xlsx")]


@pytest.mark.parametrize(
    ("media", "charset"), [("text/html; charset=gb2312", "gb18030"), ("text/html", "gb18030"), ("text/html", "utf-8")]
)
def test_names_written_raw_in_any_charset_are_found(server: HttpServer, media: str, charset: str) -> None:
    put(server, "school/台账.xlsx")
    server.pages["/school/"] = (media, '<p>文件</p><a href="台账.xlsx">台账</a>'.encode(charset))
    assert listed(files_at(server.port)) == [marked(server, "school/台账.xlsx")]


def test_a_json_array_of_addresses_or_objects_is_a_listing(server: HttpServer) -> None:
    for name in ("a.xlsx", "b.xlsx", "c.xlsx"):
        put(server, f"lists/{name}")
    told = ["a.xlsx", {"url": f"http://127.0.0.1:{server.port}/lists/b.xlsx?sign=1", "size": 2, "modified": "2021-09-01T00:00:00Z"},
            {"name": "c.xlsx", "etag": '"v1"'}, {"url": "http://example.org/lists/d.xlsx"}]  # fmt: skip
    server.pages["/lists/all.json"] = ("application/json", json.dumps(told).encode())
    address = f"http://127.0.0.1:{server.port}/lists/all.json"
    with files_at(server.port, "/lists/all.json") as files:
        found = list(files.list_files())
        at = datetime(2021, 9, 1, tzinfo=UTC)
        assert found == [
            replace(marked(server, "lists/a.xlsx"), address=f"{address}/a.xlsx"),
            RemoteFile(f"{address}/b.xlsx", "b.xlsx", 2, at),
            RemoteFile(f"{address}/c.xlsx", "c.xlsx", None, None, etag="v1"),
        ]
        server.tells_marks = False
        assert [fetch(files, remote) for remote in found] == [b"12"] * 3
    server.asked.clear()
    with files_at(server.port, "/lists/all.json") as another:
        assert [fetch(another, remote) for remote in found] == [b"12"] * 3
    assert "GET /lists/b.xlsx?sign=1" in server.asked
    assert server.asked.count("GET /lists/all.json") == 1


@pytest.mark.parametrize(
    ("media", "body", "fault"),
    [
        ("application/json", b"{}", "文件列表应是 JSON 数组"),
        ("application/json", b"[1", "文件列表不是可读的 JSON"),
        ("application/json", b'["a.xlsx?x=1", "a.xlsx?x=2"]', "文件列表中有重名的文件：a.xlsx"),
        ("application/json", b"[3]", "文件列表的每一项应是"),
        ("application/json", b'[{"size": 3}]', "文件列表的每一项应是"),
        ("text/html", b'<form><input type="password"></form>', "网页要求登录，不是文件列表"),
        ("image/png", b"", "不是文件列表（image/png）"),
    ],
)
def test_what_is_no_listing_is_said(server: HttpServer, media: str, body: bytes, fault: str) -> None:
    server.pages["/school/"] = (media, body)
    error = refused(files_at(server.port))
    assert str(error).startswith(f"报送地址不能采集：http://127.0.0.1:{server.port}/school（{fault}")


def test_login_is_basic_and_its_faults_are_told_apart(server: HttpServer) -> None:
    put(server, "school/a.xlsx")
    server.needs_login = True
    right = Access(user=USER, password=PASSWORD)
    assert listed(files_at(server.port, access=right)) == [marked(server, "school/a.xlsx")]
    wrong, nobody = (
        refused(files_at(server.port, access=access)) for access in (replace(right, password=WRONG), NOBODY)
    )
    assert isinstance(wrong, AccessRefusedError)
    assert "用户名或密码不对（401）" in str(wrong)
    assert "需要用户名和密码（401）" in str(nobody)


def test_forbidden_missing_and_failing_pages_are_told_apart(server: HttpServer) -> None:
    put(server, "school/z/a.xlsx")
    server.statuses.update({"/school/z/": 403, "/failing/": 500, "/busy/": 503})
    where = f"报送地址不能采集：http://127.0.0.1:{server.port}"
    assert [str(refused(files_at(server.port, path))) for path in ("/school/", "/none/", "/failing/", "/busy/")] == [
        f"{where}/school/z（没有读取权限（403），请对方开放给本账号）",
        f"{where}/none（不存在（404））",
        f"{where}/failing（服务器出错（500），请稍后再试）",
        f"{where}/busy（服务器暂停服务（503），请稍后再试）",
    ]


def test_redirects_within_the_host_are_followed_and_others_are_not(server: HttpServer) -> None:
    put(server, "school/a.xlsx")
    right = Access(user=USER, password=PASSWORD)
    server.redirects.update({"/old/": "/school/", "/away/": "http://localhost:9/school/?key=k", "/round/": "/round/"})
    assert [remote.name for remote in listed(files_at(server.port, "/old/", right))] == ["a.xlsx"]
    away = refused(files_at(server.port, "/away/", right))
    assert "服务器转向另一地址 http://localhost:9/school/，未跟随；如属实，请把 inbox 改为该地址" in str(away)
    assert "服务器反复转向" in str(refused(files_at(server.port, "/round/", right)))


def test_vanished_forbidden_and_changed_files_are_not_fetched(server: HttpServer) -> None:
    paths = [put(server, f"school/{name}.xlsx") for name in ("forbidden", "grown", "touched", "vanished")]
    with files_at(server.port) as files:
        found = list(files.list_files())
        server.statuses["/school/forbidden.xlsx"] = 403
        put(server, "school/grown.xlsx", b"longer")
        put(server, "school/touched.xlsx", at=AT + 1)
        paths[3].unlink()
        texts = []
        for remote in found:
            with pytest.raises(FileNotFetchedError) as error:
                fetch(files, remote)
            texts += [str(error.value)]
    changed = "文件正在被修改，留待下次采集"
    forbidden = "文件不能读取：没有读取权限（403），请对方开放给本账号"
    assert texts == [forbidden, changed, changed, "文件不能读取：不存在（404）"]


def test_a_file_overwritten_while_it_is_read_waits(server: HttpServer) -> None:
    put(server, "school/a.xlsx")

    class Overwriting(io.BytesIO):
        def write(self, data: object, /) -> int:
            put(server, "school/a.xlsx", b"34", at=AT + 1)
            return 2

    with files_at(server.port) as files:
        (remote,) = files.list_files()
        with pytest.raises(FileNotFetchedError, match="文件正在被修改，留待下次采集"):
            files.fetch(remote, Overwriting())


def test_a_line_cut_in_mid_file_costs_that_file_and_not_the_next(server: HttpServer, line: FaultyLine) -> None:
    put(server, "school/a.xlsx", os.urandom(300_000))
    put(server, "school/b.xlsx")
    with files_at(line.port) as files:
        found = list(files.list_files())
        line.cut_after = 100_000
        with pytest.raises(BrokenOffError, match="连接中断，没有收全"):
            fetch(files, found[0])
        line.cut_after = None
        assert fetch(files, found[1]) == b"12"


def test_silence_and_stalls_end_in_time(server: HttpServer, line: FaultyLine) -> None:
    put(server, "school/a.xlsx", os.urandom(300_000))
    line.silent = True
    began = time.monotonic()
    assert "服务器没有在规定时间内应答" in str(refused(files_at(line.port, patience=SOON)))
    line.silent = False
    with files_at(server.port) as files:
        (remote,) = files.list_files()
    line.stall_after = 100_000
    here = replace(remote, address=f"http://127.0.0.1:{line.port}/school/a.xlsx")
    with files_at(line.port, patience=SOON) as files, pytest.raises(BrokenOffError, match="没有在规定时间内应答"):
        fetch(files, here)
    assert time.monotonic() - began < 5


def test_a_slow_line_is_waited_for(server: HttpServer, line: FaultyLine) -> None:
    content = os.urandom(60_000)
    put(server, "school/a.xlsx", content)
    with files_at(line.port) as files:
        (remote,) = files.list_files()
        line.pause_seconds = 0.005
        assert fetch(files, remote) == content


def test_what_is_wrong_with_a_certificate_is_told_apart(tmp_path: Path, certificates: Certificates) -> None:
    (tmp_path / "a.xlsx").write_bytes(b"12")
    trusting = Access(ca_file=certificates.authority)
    texts = {}
    for case in ("good", "expired", "other_host", "stranger"):
        with http_server(tmp_path, getattr(certificates, case)) as server:
            if case == "good":
                assert [r.name for r in listed(files_at(server.port, "/", trusting, scheme="https"))] == ["a.xlsx"]
                texts["no ca_file"] = refused(files_at(server.port, "/", scheme="https"))
            else:
                texts[case] = refused(files_at(server.port, "/", trusting, scheme="https"))
    assert all(isinstance(error, AccessRefusedError) for error in texts.values())
    assert {case: str(error).partition("（")[2].partition("，")[0] for case, error in texts.items()} == {
        "no ca_file": "证书的签发机构不可信；如系自建机构",
        "expired": "证书已过期",
        "other_host": "证书不是发给这个 IP 地址的",
        "stranger": "证书的签发机构不可信；如系自建机构",
    }


def test_a_port_without_tls_and_a_dead_port_are_told_apart(server: HttpServer, tmp_path: Path) -> None:
    assert "不能建立 TLS 连接" in str(refused(files_at(server.port, scheme="https")))
    assert "服务器拒绝连接，请核对端口" in str(refused(files_at(1)))
    with pytest.raises(AccessRefusedError, match=r"access\.ca_file .* 不能读取，或不是 PEM 格式的证书"):
        files_at(server.port, access=Access(ca_file=tmp_path / "none.pem"), scheme="https")


@pytest.mark.parametrize("listing", ["html", "json"])
def test_five_thousand_files_are_listed_in_reasonable_time(server: HttpServer, listing: str) -> None:
    server.listing = listing
    for number in range(5_000):
        put(server, f"school/文件夹{number % 50}/台账{number}.xlsx", b"")
    began = time.monotonic()
    addresses = {remote.address for remote in listed(files_at(server.port))}
    print(f"HTTP, {listing}: 5,000 files in 50 folders listed in {time.monotonic() - began:.2f} s")  # noqa: T201  the figure is the point
    assert len(addresses) == 5_000
    assert time.monotonic() - began < 60


def test_connectors_work_side_by_side_and_leave_nothing_running(server: HttpServer) -> None:
    put(server, "school/a.xlsx", b"a" * 100_000)

    def collect(_: int) -> bytes:
        with files_at(server.port) as files:
            return b"".join(fetch(files, remote) for remote in files.list_files())

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(collect, range(8))) == [b"a" * 100_000] * 8
    assert not {t.name for t in threading.enumerate() if t.name.startswith(("asyncio", "fsspec", "AnyIO"))}


def test_a_password_is_not_sent_unencrypted_to_another_machine():
    access = Access(user="clerk", password="secret")  # noqa: S106 - of nobody
    with pytest.raises(InboxUnreachableError, match="不加密") as refusal:
        HttpFiles("//files.example/school/", "http://files.example/school", access, Patience())
    assert "secret" not in str(refusal.value)
    HttpFiles("//files.example/school/", "http://files.example/school", Access(), Patience()).close()
