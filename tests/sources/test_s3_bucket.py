"""The S3 connector against a real store on loopback."""

from __future__ import annotations

import io
import os
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
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
from sources.connectors.s3_bucket import S3Bucket
from tests.servers.certificates import write_certificates
from tests.servers.faulty_line import FaultyLine, faulty_line
from tests.servers.s3 import BUCKET, S3Server, s3_server, without_rights

SOON = Patience(connect_seconds=1, read_seconds=0.5)
USUAL = Patience(connect_seconds=10, read_seconds=10)
WRONG = "wrong"


@pytest.fixture(scope="module")
def running() -> Iterator[S3Server]:
    with s3_server() as server:
        yield server


@pytest.fixture
def server(running: S3Server) -> S3Server:
    running.clear()
    return running


@pytest.fixture
def line(server: S3Server) -> Iterator[FaultyLine]:
    with faulty_line(server.port) as line:
        yield line


def right(server: S3Server, port: int = 0) -> Access:
    user, password = server.reader
    return Access(user=user, password=password, endpoint=f"http://127.0.0.1:{port or server.port}")


def bucket_at(access: Access, path: str = "/school", patience: Patience = USUAL, bucket: str = BUCKET) -> S3Bucket:
    address = f"s3://{bucket}{path.partition('?')[0]}".rstrip("/")
    return S3Bucket(f"//{bucket}{path}", address, access, patience)


def fetch(bucket: S3Bucket, remote: RemoteFile) -> bytes:
    sink = io.BytesIO()
    bucket.fetch(remote, sink)
    return sink.getvalue()


def refused(bucket: S3Bucket, secret: str = WRONG) -> InboxUnreachableError:
    with bucket, pytest.raises(InboxUnreachableError) as error:
        list(bucket.list_files())
    assert secret not in str(error.value) + repr(error.value)
    return error.value


def test_objects_below_the_prefix_are_listed_in_order_and_fetched(server: S3Server) -> None:
    kept = {"2021年/培训 台账#1.xlsx": b"book" * 100_000, "a+b&c.xlsx": b"12", "b.xlsx": b"bb"}
    for key, content in kept.items():
        server.put(f"school/{key}", content)
    for key in ("school/~$b.xlsx", "school/.trash/c.xlsx", "school/folder/", "school-2/d.xlsx", "e.xlsx"):
        server.put(key)
    with bucket_at(right(server)) as bucket:
        listed = list(bucket.list_files())
        assert {(r.address, r.name, r.size_bytes) for r in listed} == {
            (f"s3://{BUCKET}/school/{key.replace('%', '%25')}", key.rpartition("/")[2], len(content))
            for key, content in kept.items()
        }
        assert [r.address for r in listed] == sorted(r.address for r in listed)
        assert all(r.modified_at and r.modified_at.tzinfo and r.etag and '"' not in r.etag for r in listed)
        assert {r.name: fetch(bucket, r) for r in listed} == {
            key.rpartition("/")[2]: content for key, content in kept.items()
        }
        assert listed == list(bucket.list_files())


def test_a_whole_bucket_is_an_inbox(server: S3Server) -> None:
    server.put("a.xlsx")
    with bucket_at(right(server), "") as bucket:
        assert [remote.address for remote in bucket.list_files()] == [f"s3://{BUCKET}/a.xlsx"]


def test_faults_of_keys_rights_and_bucket_are_told_apart(server: S3Server) -> None:
    user, password = server.outsider
    wrong = [replace(right(server), password=WRONG), replace(right(server), user="nobody")]
    errors = [*(refused(bucket_at(access), server.reader[1]) for access in wrong),
              refused(bucket_at(replace(right(server), user=user, password=password)), password),
              refused(bucket_at(right(server), bucket="none"))]  # fmt: skip
    assert [isinstance(error, AccessRefusedError) for error in errors] == [True, True, True, False]
    assert [str(error) for error in errors] == [
        f"报送地址不能采集：s3://{BUCKET}/school（密钥（access.password）不对，请与对方核对）",
        f"报送地址不能采集：s3://{BUCKET}/school（访问密钥编号（access.user）不对，请与对方核对）",
        f"报送地址不能采集：s3://{BUCKET}/school（没有读取权限，请对方开放给本密钥）",
        "报送地址不能采集：s3://none/school（存储桶不存在，请核对名称）",
    ]


def test_nothing_of_our_own_account_is_used(server: S3Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    server.put("school/a.xlsx")
    (tmp_path / "config").write_text("[profile other]\nregion = nowhere\n")
    for name, value in {"AWS_PROFILE": "absent", "AWS_ACCESS_KEY_ID": "ours", "AWS_SECRET_ACCESS_KEY": "ours",
                        "AWS_CONFIG_FILE": str(tmp_path / "config"), "AWS_ENDPOINT_URL": "http://127.0.0.1:1"}.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    with bucket_at(right(server)) as bucket:
        assert len(list(bucket.list_files())) == 1
    server.signed.clear()
    with without_rights(), bucket_at(replace(right(server), user=None, password=None)) as bucket:
        assert len(list(bucket.list_files())) == 1
    assert server.signed == [False]


def test_addresses_that_cannot_be_meant_are_said(server: S3Server) -> None:
    with pytest.raises(AccessRefusedError, match="style=round，应为 path 或 virtual"):
        bucket_at(right(server), "/school?style=round")
    with pytest.raises(AccessRefusedError, match=r"access\.endpoint minio 应写成 https://主机:端口"):
        bucket_at(replace(right(server), endpoint="minio"))
    dead = refused(bucket_at(replace(right(server), endpoint="http://127.0.0.1:1")))
    assert "服务器拒绝连接，请核对端口" in str(dead)


def test_vanished_and_changed_objects_are_not_fetched(server: S3Server) -> None:
    for name in ("changed", "grown", "vanished"):
        server.put(f"school/{name}.xlsx")
    with bucket_at(right(server)) as bucket:
        listed = list(bucket.list_files())
        server.put("school/changed.xlsx", b"34")
        server.put("school/grown.xlsx", b"longer")
        server.delete("school/vanished.xlsx")
        texts = []
        for remote in listed:
            with pytest.raises(FileNotFetchedError) as error:
                fetch(bucket, remote)
            texts += [str(error.value)]
    assert texts == ["文件正在被修改，留待下次采集"] * 2 + ["文件不能读取：不存在"]


def test_an_archived_object_is_said(server: S3Server) -> None:
    server.put("school/a.xlsx", StorageClass="GLACIER")
    with bucket_at(right(server)) as bucket:
        (remote,) = bucket.list_files()
        with pytest.raises(FileNotFetchedError, match="文件不能读取：已归档，请对方先解冻"):
            fetch(bucket, remote)


def test_a_line_cut_in_mid_file_costs_that_file_and_not_the_next(server: S3Server, line: FaultyLine) -> None:
    server.put("school/a.xlsx", os.urandom(300_000))
    server.put("school/b.xlsx")
    with bucket_at(right(server, line.port)) as bucket:
        listed = list(bucket.list_files())
        line.cut_after = 100_000
        with pytest.raises(BrokenOffError, match="连接中断，没有收全"):
            fetch(bucket, listed[0])
        line.cut_after = None
        assert fetch(bucket, listed[1]) == b"12"


def test_silence_and_stalls_end_in_time(server: S3Server, line: FaultyLine) -> None:
    server.put("school/a.xlsx", os.urandom(300_000))
    line.silent = True
    began = time.monotonic()
    assert "服务器没有在规定时间内应答" in str(refused(bucket_at(right(server, line.port), patience=SOON)))
    line.silent = False
    with bucket_at(right(server)) as bucket:
        (remote,) = bucket.list_files()
    line.stall_after = 100_000
    with (
        bucket_at(right(server, line.port), patience=SOON) as bucket,
        pytest.raises(BrokenOffError, match="没有在规定时间内应答"),
    ):
        fetch(bucket, remote)
    assert time.monotonic() - began < 5


def test_an_expired_certificate_is_said(server: S3Server, tmp_path: Path) -> None:
    certificates = write_certificates(tmp_path)
    server.put("school/a.xlsx")
    told = {}
    for case in ("good", "expired", "other_host", "stranger"):
        with s3_server(getattr(certificates, case)) as secure:
            access = replace(right(server), endpoint=secure.endpoint, ca_file=certificates.authority)
            if case == "good":
                with bucket_at(access) as bucket:
                    assert [remote.name for remote in bucket.list_files()] == ["a.xlsx"]
            else:
                told[case] = refused(bucket_at(access))
    assert all(isinstance(error, AccessRefusedError) for error in told.values())
    assert {case: str(error).rpartition("（")[2].partition("，")[0] for case, error in told.items()} == {
        "expired": "证书已过期", "other_host": "证书不是发给这个主机名或 IP 地址的",
        "stranger": "证书的签发机构不可信；如系自建机构",
    }  # fmt: skip


def test_five_thousand_objects_are_listed_in_reasonable_time(server: S3Server) -> None:
    server.put_many(f"school/文件夹{number % 50}/台账{number}.xlsx" for number in range(5_000))
    server.asked.clear()
    began = time.monotonic()
    with bucket_at(right(server)) as bucket:
        addresses = {remote.address for remote in bucket.list_files()}
    print(f"S3: 5,000 objects listed in {time.monotonic() - began:.2f} s")  # noqa: T201  the figure is the point
    assert (len(addresses), len(server.asked)) == (5_000, 5)
    assert time.monotonic() - began < 60


def test_connectors_work_side_by_side_and_leave_nothing_running(server: S3Server) -> None:
    server.put("school/a.xlsx", b"a" * 100_000)

    def collect(_: int) -> bytes:
        with bucket_at(right(server)) as bucket:
            return b"".join(fetch(bucket, remote) for remote in bucket.list_files())

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(collect, range(8))) == [b"a" * 100_000] * 8
    assert not {t.name for t in threading.enumerate() if t.name.startswith(("asyncio", "fsspec"))}
