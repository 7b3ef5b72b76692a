"""Zip files: their workbooks are deliveries of their own; whatever is wrong with one costs only itself, and is said."""

from __future__ import annotations

import hashlib
import io
import stat
import struct
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from schemas.values import Delivery, Sighting, SubmissionState
from sources.partner import Partner, PartnerKind
from tasks.feedback.receipt import compose_receipt
from tasks.intake.fetch import Fetched, fetch_partner
from tasks.intake.fetch_limits import FetchLimits
from tasks.intake.open_zip import MOST_MEMBERS, is_archive

SCHOOL = Partner(
    code="school",
    name="某某职业学院",
    kind=PartnerKind.SUPPORTED_SCHOOL,
    inbox="folder:school",
    contacts=[{"role": "填报岗", "email": "clerk@school.example"}],
)
TONIGHT = datetime(2021, 9, 13, 18, 0, tzinfo=UTC)
ROOT = Path(__file__).parents[2]
UTF8_NAME, ENCRYPTED = 0x800, 0x1


def zipped(members: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", method) as package:
        for name, data in members.items():
            package.writestr(name, data)
    return content.getvalue()


def fetch(
    folder: Path, content: bytes, known: Mapping[str, Sighting] | None = None, max_bytes: int = 1_000_000
) -> Fetched:
    (folder / "inbox/school").mkdir(parents=True, exist_ok=True)
    (folder / "inbox/school/台账.zip").write_bytes(content)
    limits = FetchLimits(max_bytes=max_bytes, fresh_seconds=0)
    return fetch_partner(SCHOOL, folder / "inbox", folder / "landing", known or {}, TONIGHT, limits)


def places(fetched: Fetched) -> dict[str, bytes]:
    return {one.address.partition("!/")[2]: one.path.read_bytes() for one in fetched.deliveries}


def left(fetched: Fetched) -> dict[str, str]:
    return {one.file_name.removeprefix("台账.zip › "): one.reason for one in fetched.not_fetched}


def everything_below(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_each_workbook_is_a_delivery_and_the_zip_is_remembered(tmp_path: Path) -> None:
    content = zipped({"2021/培训.xlsx": b"one", "获奖.xls": b"two", "2021/": b""})
    fetched = fetch(tmp_path, content)
    assert places(fetched) == {"2021/培训.xlsx": b"one", "获奖.xls": b"two"}
    assert [one.file_name for one in fetched.deliveries] == ["培训.xlsx", "获奖.xls"]
    assert ([one.file_name for one in fetched.touched], left(fetched)) == (["台账.zip"], {})
    known = {
        one.address: Sighting(one.address, one.size_bytes, None, one.sha256)
        for one in (*fetched.deliveries, *fetched.touched)
    }
    again = fetch(tmp_path, zipped({"2021/培训.xlsx": b"one", "获奖.xls": b"new"}), known)
    assert places(again) == {"获奖.xls": b"new"}, "only what changed in it"


def test_no_name_climbs_out_of_the_landing(tmp_path: Path) -> None:
    names = ["../../out.xlsx", "/etc/abs.xlsx", "..\\..\\win.xlsx", "C:\\x\\drive.xlsx", "a/./b/../c.xlsx"]
    fetched = fetch(tmp_path, zipped({name: name.encode() for name in names}))
    assert sorted(places(fetched)) == ["C:/x/drive.xlsx", "a/b/c.xlsx", "etc/abs.xlsx", "out.xlsx", "win.xlsx"]
    landed = {one.path.relative_to(tmp_path).as_posix() for one in (*fetched.deliveries, *fetched.touched)}
    assert everything_below(tmp_path) == {*landed, "inbox/school/台账.zip"}


def test_links_and_what_systems_leave_are_passed_over(tmp_path: Path) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as package:
        link = zipfile.ZipInfo("link.xlsx")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        package.writestr(link, "/etc/passwd")
        for name in ("__MACOSX/._a.xlsx", ".hidden/a.xlsx", "~$a.xlsx", "a.xlsx"):
            package.writestr(name, b"x")
    fetched = fetch(tmp_path, content.getvalue())
    assert (places(fetched), left(fetched)) == ({"a.xlsx": b"x"}, {})


def test_a_bomb_is_not_unpacked_and_the_others_come(tmp_path: Path) -> None:
    content = zipped({"bomb.xlsx": bytes(20_000_000), "good.xlsx": b"good"})
    assert len(content) < 100_000
    fetched = fetch(tmp_path, content, max_bytes=50_000_000)
    assert places(fetched) == {"good.xlsx": b"good"}
    assert left(fetched) == {"bomb.xlsx": "压缩比异常，为安全起见没有打开；请直接报送表格"}


def test_a_member_that_lies_about_its_size_is_stopped_at_the_limit(tmp_path: Path) -> None:
    content = bytearray(zipped({"liar.xlsx": bytes(3_000_000), "good.xlsx": b"good"}))
    told = struct.pack("<L", 3_000_000)
    while (at := content.find(told)) >= 0:
        content[at : at + 4] = struct.pack("<L", 10)
    fetched = fetch(tmp_path, bytes(content))
    assert places(fetched) == {"good.xlsx": b"good"}
    assert left(fetched) == {"liar.xlsx": "压缩包里的这个文件已损坏，请重新压缩后报送"}


def test_members_too_large_alone_or_together_are_left(tmp_path: Path) -> None:
    big = {f"{number}.csv": bytes([number]) * 900 for number in range(1, 6)}
    fetched = fetch(tmp_path, zipped({"0.csv": b"0" * 1001, **big}), max_bytes=1000)
    assert list(places(fetched)) == ["1.csv", "2.csv", "3.csv", "4.csv"], "four times what one file may hold"
    assert [(name, reason.partition("（")[0]) for name, reason in left(fetched).items()] == [
        ("0.csv", "文件过大"),
        ("5.csv", "文件过大"),
    ]


def test_too_many_members_are_counted_not_opened(tmp_path: Path) -> None:
    fetched = fetch(tmp_path, zipped({f"{n}.csv": b"1" for n in range(MOST_MEMBERS + 1)}, zipfile.ZIP_STORED))
    assert [one.file_name for one in fetched.deliveries] == ["台账.zip"], "the reader tells its partner"
    assert left(fetched) == {"台账.zip": "压缩包里有 501 个文件，上限 500 个；请分成几个压缩包，或直接报送表格"}
    assert len(fetch(tmp_path, zipped({f"{n}.csv": b"1" for n in range(MOST_MEMBERS)})).deliveries) == MOST_MEMBERS


def test_a_list_of_members_that_would_fill_the_memory_is_no_archive_of_ours(tmp_path: Path) -> None:
    content = bytearray(zipped({"a.xlsx": b"1"}))
    end = content.rfind(b"PK\x05\x06")
    content[end + 12 : end + 16] = struct.pack("<L", 2 * 1024 * 1024)
    (delivery,) = fetch(tmp_path, bytes(content)).deliveries
    assert (delivery.file_name, is_archive(delivery)) == ("台账.zip", False)


@pytest.mark.parametrize(
    ("name", "flag"),
    [("培训台账.xlsx", 0), ("培训台账.xlsx", UTF8_NAME)],
    ids=["GB18030, as Chinese Windows writes it", "UTF-8, as it says"],
)
def test_chinese_names_are_read(tmp_path: Path, name: str, flag: int) -> None:
    encoded = name.encode("utf-8" if flag else "gb18030")
    stand_in = "x" * len(encoded)
    content = zipped({stand_in: b"1"}).replace(stand_in.encode(), encoded)
    if flag:
        content = with_flag(content, flag)
    fetched = fetch(tmp_path, content)
    assert [one.file_name for one in fetched.deliveries] == [name]


def with_flag(content: bytes, flag: int) -> bytes:
    """The same zip file with a flag set on every member, in both places where flags stand."""
    changed = bytearray(content)
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = changed.find(mark)
        while at >= 0:
            changed[at + offset : at + offset + 2] = struct.pack("<H", flag)
            at = changed.find(mark, at + 4)
    return bytes(changed)


def test_a_path_used_twice_gets_a_number(tmp_path: Path) -> None:
    content = zipped({"a.xlsx": b"1", "b.xlsx": b"2"}).replace(b"b.xlsx", b"a.xlsx")
    assert places(fetch(tmp_path, content)) == {"a.xlsx": b"1", "a.xlsx#2": b"2"}


NOTHING_USABLE = {
    "password": (
        with_flag(zipped({"a.xlsx": b"1", "b.xlsx": b"2"}), ENCRYPTED),
        dict.fromkeys(["a.xlsx", "b.xlsx"], "压缩包设有密码，不能打开；请去掉密码后重新报送"),
    ),
    "zip in zip": (
        zipped({"again.zip": zipped({"a.xlsx": b"1"}), "old.RAR": b"Rar!"}),
        dict.fromkeys(["again.zip", "old.RAR"], "压缩包里又套了压缩包，未打开；请把表格直接放进一个压缩包"),
    ),
    "no spreadsheet": (
        zipped({"scan.pdf": b"%PDF", "photo.jpg": b"x"}),
        dict.fromkeys(["scan.pdf", "photo.jpg"], "压缩包里的这个文件不是表格，未接收"),
    ),
}


@pytest.mark.parametrize(("content", "told"), NOTHING_USABLE.values(), ids=NOTHING_USABLE)
def test_a_zip_of_nothing_usable_is_delivered_and_its_partner_told_of_each_member(
    tmp_path: Path, content: bytes, told: dict[str, str]
) -> None:
    fetched = fetch(tmp_path, content)
    (delivery,) = fetched.deliveries
    assert (delivery.sha256, left(fetched)) == (hashlib.sha256(content).hexdigest(), told)
    said = receipt_of(delivery, [(one.file_name, one.reason) for one in fetched.not_fetched])
    for name, reason in told.items():
        assert f"台账.zip › {name}：{reason}。" in said


def test_a_receipt_of_hundreds_of_members_stays_short(tmp_path: Path) -> None:
    (delivery,) = fetch(tmp_path, zipped({"scan.pdf": b"%PDF"})).deliveries
    said = receipt_of(delivery, [(f"台账.zip › {n}.pdf", "不是表格") for n in range(25)])
    assert (said.count("不是表格"), "另有 5 个，情况类似。" in said) == (20, True)


def receipt_of(delivery: Delivery, members: list[tuple[str, str]]) -> str:
    mail = compose_receipt(SCHOOL, delivery, SubmissionState.UNREADABLE, [], [], TONIGHT, left=members)
    assert mail is not None
    return mail.text


def test_a_damaged_member_costs_only_itself(tmp_path: Path) -> None:
    content = zipped({"bad.xlsx": b"to be damaged", "good.xlsx": b"good"}, zipfile.ZIP_STORED)
    fetched = fetch(tmp_path, content.replace(b"to be damaged", b"to be DAMAGED"))
    assert places(fetched) == {"good.xlsx": b"good"}
    assert left(fetched) == {"bad.xlsx": "压缩包里的这个文件已损坏，请重新压缩后报送"}


def test_a_workbook_is_no_archive(tmp_path: Path) -> None:
    content = zipped({"[Content_Types].xml": b"<x/>", "xl/workbook.xml": b"<x/>"})
    fetched = fetch(tmp_path, content)
    assert ([one.file_name for one in fetched.deliveries], left(fetched)) == (["台账.zip"], {})


def test_a_full_disk_is_not_blamed_on_the_zip(tmp_path: Path) -> None:
    """The archive itself fits below the limit the system sets on files, its member does not."""
    (tmp_path / "inbox/school").mkdir(parents=True)
    (tmp_path / "inbox/school/台账.zip").write_bytes(zipped({"a.csv": b"1," * 100_000}))
    program = f"""
import resource, signal
from datetime import datetime, UTC
from pathlib import Path
from tasks.intake.fetch import fetch_partner
from tests.tasks.test_open_zip import SCHOOL, TONIGHT
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
fetch_partner(SCHOOL, Path({str(tmp_path / "inbox")!r}), Path({str(tmp_path / "landing")!r}), {{}}, TONIGHT)
"""
    run = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 1
    last = run.stderr.strip().splitlines()[-1]
    assert "LandingError: 存放收到文件的文件夹" in last
    assert "不能写入" in last
    (archive,) = everything_below(tmp_path / "landing")
    assert len(archive) == 67, "the zip file alone, and nothing half-written"
