"""Connectors: what a folder lists, how a file is handed over, and which faults are said rather than raised later."""

from __future__ import annotations

import io
import os
import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sources.connectors.address import InboxAddressError, connector_for
from sources.connectors.connector import (
    Connector,
    FileNotFetchedError,
    InboxUnreachableError,
    RemoteFile,
    is_temporary,
)
from sources.partner import Partner, PartnerKind

NOBODY = 65534
KINDS = "folder:…, sftp://…, webdav://…, webdavs://…, s3://…, http://…, https://…, mailbox:…"


def partner_at(inbox: str | None) -> Partner:
    return Partner(code="school", name="某某职业学院", kind=PartnerKind.SUPPORTED_SCHOOL, inbox=inbox)


def connector_at(inbox_folder: Path) -> Connector:
    return connector_for(partner_at("folder:school"), inbox_folder)


def put(path: Path, text: str = "台账", at: float = 1_600_000_000.25) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    os.utime(path, (at, at))
    return path


@pytest.fixture
def readable_folder() -> Iterator[Path]:
    """A folder that also someone else than root can reach, worked in without root's right to read everything."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(NOBODY)
    folder = Path(tempfile.mkdtemp())
    yield folder
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o700)
    shutil.rmtree(folder)
    os.seteuid(user)


def test_files_come_in_stable_order_with_size_and_instant(tmp_path: Path) -> None:
    put(tmp_path / "school/b.xlsx", "12345")
    put(tmp_path / "school/2021年/台账（一）.xlsx")
    put(tmp_path / "school/2021年/a.csv")
    at = datetime(2020, 9, 13, 12, 26, 40, 250_000, tzinfo=UTC)
    expected = [
        RemoteFile("folder:school/2021年/a.csv", "a.csv", 6, at),
        RemoteFile("folder:school/2021年/台账（一）.xlsx", "台账（一）.xlsx", 6, at),
        RemoteFile("folder:school/b.xlsx", "b.xlsx", 5, at),
    ]
    assert list(connector_at(tmp_path).list_files()) == expected
    assert list(connector_at(tmp_path).list_files()) == expected


def test_temporary_and_hidden_files_are_left_out(tmp_path: Path) -> None:
    names = ["~$台账.xlsx", ".~lock.台账.xlsx#", ".DS_Store", "x.xlsx.part", "X.CRDOWNLOAD", "Thumbs.db", "a.tmp"]
    for name in [*names, ".git/config.xlsx", "台账.xlsx", "partner.xlsx", "无扩展名"]:
        put(tmp_path / "school" / name)
    listed = [remote.name for remote in connector_at(tmp_path).list_files()]
    assert listed == ["partner.xlsx", "台账.xlsx", "无扩展名"]
    assert all(is_temporary(name) for name in names)


def test_bytes_arrive_whole(tmp_path: Path) -> None:
    content = os.urandom(3_000_001)
    path = put(tmp_path / "school/大 文件%25.xlsx")
    path.write_bytes(content)
    connector = connector_at(tmp_path)
    (remote,) = connector.list_files()
    sink = io.BytesIO()
    connector.fetch(remote, sink)
    assert sink.getvalue() == content


def test_a_name_in_gb18030_bytes_is_readable_and_can_be_fetched(tmp_path: Path) -> None:
    name = "培训台账.csv".encode("gb18030")
    put(tmp_path / "school/other.csv")
    try:
        Path(os.fsdecode(os.fsencode(tmp_path / "school") + b"/" + name)).write_bytes(b"1,2")
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    connector = connector_at(tmp_path)
    remote = next(remote for remote in connector.list_files() if remote.size_bytes == 3)
    assert remote.name == "培训台账.csv"
    assert remote.address.encode("utf-8").startswith(b"folder:school/%c5%e0")
    sink = io.BytesIO()
    connector.fetch(remote, sink)
    assert sink.getvalue() == b"1,2"


def test_the_address_does_not_hold_the_inbox_folder(tmp_path: Path) -> None:
    put(tmp_path / "old/school/a.xlsx")
    before = list(connector_at(tmp_path / "old").list_files())
    (tmp_path / "old").rename(tmp_path / "new")
    assert list(connector_at(tmp_path / "new").list_files()) == before


def test_a_full_path_stands_where_it_says(tmp_path: Path) -> None:
    put(tmp_path / "elsewhere/a.xlsx")
    connector = connector_for(partner_at(f"folder:{tmp_path}/elsewhere/"), tmp_path / "inbox")
    assert [remote.address for remote in connector.list_files()] == [f"folder:{tmp_path}/elsewhere/a.xlsx"]


def test_links_out_of_the_inbox_are_not_followed(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    secret = put(tmp_path / "secret.xlsx")
    inside = put(tmp_path / "school/a.xlsx")
    (tmp_path / "school/b.xlsx").symlink_to(inside)
    (tmp_path / "school/c.xlsx").symlink_to(secret)
    (tmp_path / "school/d").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "school/e.xlsx").symlink_to(tmp_path / "gone.xlsx")
    assert [remote.name for remote in connector_at(tmp_path).list_files()] == ["a.xlsx", "b.xlsx"]
    assert [Path(record.getMessage().partition(":")[0]).name for record in caplog.records] == ["c.xlsx", "d", "e.xlsx"]


def test_a_missing_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(InboxUnreachableError) as refused:
        list(connector_at(tmp_path).list_files())
    assert str(refused.value) == f"报送文件夹不能读取：{tmp_path}/school（不存在）"


def test_a_file_in_place_of_the_folder_is_said(tmp_path: Path) -> None:
    put(tmp_path / "school")
    with pytest.raises(InboxUnreachableError) as refused:
        list(connector_at(tmp_path).list_files())
    assert str(refused.value) == f"报送文件夹不能读取：{tmp_path}/school（不是文件夹）"


def test_a_subfolder_that_may_not_be_read_is_said(readable_folder: Path) -> None:
    put(readable_folder / "school/a.xlsx")
    put(readable_folder / "school/z/b.xlsx").parent.chmod(0)
    with pytest.raises(InboxUnreachableError) as refused:
        list(connector_at(readable_folder).list_files())
    assert str(refused.value) == f"报送文件夹不能读取：{readable_folder}/school/z（没有读取权限）"


def test_a_file_that_may_not_be_read_is_said(readable_folder: Path) -> None:
    put(readable_folder / "school/a.xlsx").chmod(0)
    connector = connector_at(readable_folder)
    (remote,) = connector.list_files()
    with pytest.raises(FileNotFetchedError, match="文件不能读取：没有读取权限"):
        connector.fetch(remote, io.BytesIO())


def test_a_file_gone_since_it_was_listed_is_said(tmp_path: Path) -> None:
    path = put(tmp_path / "school/a.xlsx")
    connector = connector_at(tmp_path)
    (remote,) = connector.list_files()
    path.unlink()
    with pytest.raises(FileNotFetchedError, match="文件不能读取：不存在"):
        connector.fetch(remote, io.BytesIO())


@pytest.mark.parametrize(("text", "at"), [("longer than before", 1_600_000_000.25), ("台账", 1_600_000_001.0)])
def test_a_file_changed_since_it_was_listed_waits(tmp_path: Path, text: str, at: float) -> None:
    path = put(tmp_path / "school/a.xlsx")
    connector = connector_at(tmp_path)
    (remote,) = connector.list_files()
    put(path, text, at)
    with pytest.raises(FileNotFetchedError, match="文件正在被修改，留待下次采集"):
        connector.fetch(remote, io.BytesIO())


def test_a_file_that_grows_while_it_is_read_waits(tmp_path: Path) -> None:
    path = put(tmp_path / "school/a.xlsx")
    connector = connector_at(tmp_path)
    (remote,) = connector.list_files()

    class GrowingSink:
        grown = False

        def write(self, _: bytes) -> None:
            if not self.grown:
                path.write_bytes(path.read_bytes() + b"more")
                self.grown = True

    with pytest.raises(FileNotFetchedError, match="文件正在被修改"):
        connector.fetch(remote, GrowingSink())


def test_a_full_disk_of_ours_is_not_blamed_on_the_file(tmp_path: Path) -> None:
    put(tmp_path / "school/a.xlsx")
    connector = connector_at(tmp_path)
    (remote,) = connector.list_files()

    class FullDisk:
        def write(self, _: bytes) -> None:
            raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        connector.fetch(remote, FullDisk())


@pytest.mark.parametrize(
    ("inbox", "fault"),
    [
        (None, "school.yaml: no inbox; known kinds: " + KINDS),
        ("gopher:school", "school.yaml: inbox 'gopher:school'; known kinds: " + KINDS),
        (
            "folder:../other",
            "school.yaml: inbox 'folder:../other' climbs out with '..'; write a folder below the inbox or a full path",
        ),
    ],
)
def test_an_address_nobody_can_follow_names_file_and_kinds(tmp_path: Path, inbox: str | None, fault: str) -> None:
    with pytest.raises(InboxAddressError) as refused:
        connector_for(partner_at(inbox), tmp_path)
    assert str(refused.value) == fault
