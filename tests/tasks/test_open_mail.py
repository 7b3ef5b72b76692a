"""Mails sent as files: what is attached to them is read like any file; what cannot be is said to its sender."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from schemas.values import Sighting
from sources.partner import Partner, PartnerKind
from tasks.intake.fetch import Fetched, fetch_partner
from tasks.intake.fetch_limits import FetchLimits
from tasks.intake.grid import FileRefusedError, Limits
from tasks.intake.read import read_grids
from tests.sources.mails import WORKBOOK, attached, forwarded, mail

SCHOOL = Partner(code="school", name="某某职业学院", kind=PartnerKind.SUPPORTED_SCHOOL, inbox="folder:school")
TONIGHT = datetime(2021, 9, 13, 18, 0, tzinfo=UTC)
TNEF = b"\x78\x9f\x3e\x22" + bytes(200)


def fetch(folder: Path, content: bytes, known: dict[str, Sighting] | None = None) -> Fetched:
    (folder / "inbox/school").mkdir(parents=True, exist_ok=True)
    (folder / "inbox/school/转发：台账.eml").write_bytes(content)
    limits = FetchLimits(max_bytes=1_000_000, fresh_seconds=0)
    return fetch_partner(SCHOOL, folder / "inbox", folder / "landing", known or {}, TONIGHT, limits)


def zipped(name: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as package:
        package.writestr(name, WORKBOOK)
    return content.getvalue()


@pytest.mark.parametrize(
    "headers",
    [
        'filename="=?gb18030?B?zKjVyy54bHN4?="',
        "filename*=GBK''%CC%A8%D5%CB.xlsx",
        "filename*0*=utf-8''%E5%8F%B0; filename*1*=%E8%B4%A6.xlsx",
        'filename="台账.xlsx"'.encode("gb18030"),
    ],
)
def test_a_workbook_attached_to_a_mail_is_a_delivery_under_its_own_name(tmp_path: Path, headers: str | bytes):
    fetched = fetch(tmp_path, mail(attached(headers)))
    (delivery,) = fetched.deliveries
    assert (delivery.file_name, delivery.address) == ("台账.xlsx", "folder:school/转发：台账.eml!/台账.xlsx")
    assert delivery.path.read_bytes() == WORKBOOK
    assert ([one.file_name for one in fetched.touched], fetched.not_fetched) == (["转发：台账.eml"], ())


def test_everything_attached_is_taken_once_and_what_is_left_is_said(tmp_path: Path):
    fetched = fetch(
        tmp_path,
        mail(
            attached('filename="a.xlsx"'),
            attached('filename="a.xlsx"', WORKBOOK + b"2"),
            attached('filename="b.zip"', zipped("c.xls")),
            forwarded(mail(attached('filename="d.csv"', b"1,2\r\n"), number=2)),
            attached('filename="winmail.dat"', TNEF),
            attached('filename="photo.jpg"', b"\xff\xd8\xff"),
            attached('filename="again.eml"', mail()),
            attached('filename="none.xlsx"', b""),
        ),
    )
    places = [delivery.address.partition("!/")[2] for delivery in fetched.deliveries]
    assert places == ["a.xlsx", "a.xlsx#2", "d.csv", "winmail.dat", "b.zip!/c.xls"]
    assert [(left.file_name.partition(" › ")[2], left.reason.partition("，")[0]) for left in fetched.not_fetched] == [
        ("photo.jpg", "邮件里的这个文件不是表格"),
        ("again.eml", "邮件里又套了邮件文件"),
        ("none.xlsx", "邮件里的这个文件没有内容"),
    ]


def test_the_same_mail_again_brings_nothing(tmp_path: Path):
    first = fetch(tmp_path, mail(attached('filename="a.xlsx"')))
    known = {
        one.address: Sighting(one.address, one.size_bytes, None, one.sha256)
        for one in (*first.deliveries, *first.touched)
    }
    again = fetch(tmp_path, mail(attached('filename="a.xlsx"')), known)
    assert (again.deliveries, again.not_fetched) == ((), ())


@pytest.mark.parametrize(
    "content",
    [
        mail(),
        b"From: a@b.example\r\nSubject: x\r\n" + b"".join(
            b'Content-Type: multipart/mixed; boundary="%d"\r\n\r\n--%d\r\n' % (n, n) for n in range(5000)
        ),
        b"From: a@b.example\r\nSubject: x\r\n" + 900 * b"Content-Type: message/rfc822\r\n\r\n",
    ],
    ids=["no file", "parts without end", "mails without end"],
)  # fmt: skip
def test_a_mail_that_gives_nothing_goes_to_the_reader_which_tells_its_sender(tmp_path: Path, content: bytes):
    (delivery,) = fetch(tmp_path, content).deliveries
    with pytest.raises(FileRefusedError) as refused:
        read_grids(delivery.path.read_bytes(), delivery.file_name, Limits())
    assert (refused.value.finding.rule_id, refused.value.finding.found) == ("file.not_a_workbook", "邮件")


def test_outlooks_package_is_told_apart_whatever_its_name():
    with pytest.raises(FileRefusedError) as refused:
        read_grids(TNEF, "att00001.bin", Limits())
    finding = refused.value.finding
    assert finding.rule_id == "file.winmail"
    assert "winmail.dat" in finding.message
    assert "纯文本" in finding.fix
