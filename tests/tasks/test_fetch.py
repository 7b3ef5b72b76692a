"""Fetch: what is new lands once under its hash, what was seen is left alone, and every fault is reported in the value."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from schemas.values import Delivery, Sighting
from sources.partner import Partner, PartnerKind
from tasks.intake.fetch import Fetched, FetchOutcome, fetch_partner
from tasks.intake.fetch_files import NotFetched
from tasks.intake.fetch_landing import LandingError
from tasks.intake.fetch_limits import FetchLimits

SCHOOL = Partner(code="school", name="某某职业学院", kind=PartnerKind.SUPPORTED_SCHOOL, inbox="folder:school")
TONIGHT = datetime(2021, 9, 13, 18, 0, tzinfo=UTC)


class Office:
    """A partner's inbox and our landing on disk, and what is remembered from night to night."""

    def __init__(self, folder: Path) -> None:
        self.inbox = folder / "inbox"
        self.landing = folder / "landing"
        self.known: dict[str, Sighting] = {}
        (self.inbox / "school").mkdir(parents=True)

    def put(self, name: str, content: str | bytes, at: int) -> Path:
        path = self.inbox / "school" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        os.utime(path, (at, at))
        return path

    def fetch(self, known: Mapping[str, Sighting] | None = None, max_bytes: int = 1000) -> Fetched:
        """One night; what it saw is remembered as the warehouse would."""
        seen = self.known if known is None else known
        fetched = fetch_partner(SCHOOL, self.inbox, self.landing, seen, TONIGHT, FetchLimits(max_bytes=max_bytes))
        for d in (*fetched.deliveries, *fetched.touched):
            self.known[d.address] = Sighting(d.address, d.size_bytes, d.modified_at, d.sha256)
        return fetched

    def landed(self) -> dict[str, bytes]:
        files = (path for path in self.landing.rglob("*") if path.is_file())
        return {path.relative_to(self.landing).as_posix(): path.read_bytes() for path in files}


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def names(deliveries: tuple[Delivery, ...]) -> list[str]:
    return [delivery.file_name for delivery in deliveries]


def landing_name(content: bytes) -> str:
    sha256 = hashlib.sha256(content).hexdigest()
    return f"{sha256[:2]}/{sha256}"


def test_a_new_file_lands_under_its_hash_and_read_only(office: Office) -> None:
    office.put("2021年/培训台账（定稿）.xlsx", b"content", 1_600_000_000)
    sha256 = hashlib.sha256(b"content").hexdigest()
    path = office.landing / sha256[:2] / sha256
    delivery = Delivery(
        sha256=sha256,
        partner_code="school",
        channel="folder",
        address="folder:school/2021年/培训台账（定稿）.xlsx",
        file_name="培训台账（定稿）.xlsx",
        size_bytes=7,
        seen_at=TONIGHT,
        path=path,
        modified_at=datetime(2020, 9, 13, 12, 26, 40, tzinfo=UTC),
    )
    assert office.fetch() == Fetched("school", FetchOutcome.OK, deliveries=(delivery,), fetched_bytes=7)
    assert office.landed() == {f"{sha256[:2]}/{sha256}": b"content"}
    assert path.stat().st_mode & 0o777 == 0o444


def test_the_same_night_again_fetches_nothing(office: Office) -> None:
    office.put("a.xlsx", "a", 1)
    office.put("b.xlsx", "b", 2)
    office.fetch()
    assert office.fetch() == Fetched("school", FetchOutcome.OK, unchanged_count=2)


def test_a_file_saved_again_without_a_change_is_only_recorded(office: Office) -> None:
    office.put("a.xlsx", "a", 1)
    office.fetch()
    office.put("a.xlsx", "a", 2)
    again = office.fetch()
    assert (again.deliveries, names(again.touched), again.unchanged_count) == ((), ["a.xlsx"], 0)
    assert office.fetch() == Fetched("school", FetchOutcome.OK, unchanged_count=1)


def test_a_renamed_copy_and_two_addresses_hold_the_same_bytes_once(office: Office) -> None:
    office.put("a.xlsx", "same", 1)
    office.put("a 副本.xlsx", "same", 1)
    first = office.fetch()
    assert names(first.deliveries) == ["a 副本.xlsx", "a.xlsx"]
    assert {d.sha256 for d in first.deliveries} == {hashlib.sha256(b"same").hexdigest()}
    (office.inbox / "school/a.xlsx").rename(office.inbox / "school/改名.xlsx")
    second = office.fetch()
    assert (names(second.deliveries), second.unchanged_count) == (["改名.xlsx"], 1)
    assert office.landed() == {landing_name(b"same"): b"same"}


def test_a_b_a_at_one_address_is_three_deliveries(office: Office) -> None:
    told = []
    for night, content in enumerate("ABA"):
        office.put("台账.xlsx", content, night)
        told += [delivery.sha256 for delivery in office.fetch().deliveries]
    assert told == [hashlib.sha256(content.encode()).hexdigest() for content in "ABA"]
    assert office.landed() == {landing_name(b"A"): b"A", landing_name(b"B"): b"B"}


def test_other_bytes_of_the_same_size_are_seen_by_their_time(office: Office) -> None:
    office.put("a.xlsx", "1", 1)
    office.fetch()
    office.put("a.xlsx", "2", 2)
    assert names(office.fetch().deliveries) == ["a.xlsx"]


def test_a_landed_file_cut_short_is_landed_again(office: Office) -> None:
    office.put("a.xlsx", "whole", 1)
    (delivery,) = office.fetch().deliveries
    delivery.path.chmod(0o644)
    delivery.path.write_bytes(b"")
    office.fetch(known={})
    assert delivery.path.read_bytes() == b"whole"


def test_an_unsupported_file_is_delivered_so_that_the_reader_can_refuse_it(office: Office) -> None:
    office.put("说明.pdf", "%PDF", 1)
    office.put("空.xlsx", "", 1)
    assert names(office.fetch().deliveries) == ["空.xlsx", "说明.pdf"]


def test_a_file_too_large_is_left_where_it_is_and_the_others_come(office: Office) -> None:
    office.put("大.xlsx", b"x" * 3_000_000, 1)
    office.put("小.xlsx", "x", 1)
    fetched = office.fetch(max_bytes=2_000_000)
    assert names(fetched.deliveries) == ["小.xlsx"]
    reason = "文件过大（2.9 MB，上限 1.9 MB），未接收；请分成几个文件报送，或与双高办联系"
    assert fetched.not_fetched == (NotFetched("folder:school/大.xlsx", "大.xlsx", reason),)
    assert office.landed() == {landing_name(b"x"): b"x"}


def test_a_file_of_just_the_limit_is_taken(office: Office) -> None:
    office.put("a.xlsx", b"x" * 1000, 1)
    assert names(office.fetch(max_bytes=1000).deliveries) == ["a.xlsx"]
    assert office.fetch(known={}, max_bytes=999).deliveries == ()


def test_an_empty_inbox_and_one_with_only_temporary_files(office: Office) -> None:
    assert office.fetch() == Fetched("school", FetchOutcome.EMPTY)
    office.put("~$台账.xlsx", "", 1)
    assert office.fetch() == Fetched("school", FetchOutcome.EMPTY)
    assert not office.landing.exists()


def test_an_unreachable_inbox_is_an_outcome(office: Office) -> None:
    (office.inbox / "school").rmdir()
    reason = f"报送文件夹不能读取：{office.inbox}/school（不存在）"
    assert office.fetch() == Fetched("school", FetchOutcome.UNREACHABLE, reason)


def test_an_address_of_no_known_kind_is_an_outcome(office: Office) -> None:
    partner = SCHOOL.model_copy(update={"inbox": "gopher:school"})
    fetched = fetch_partner(partner, office.inbox, office.landing, {}, TONIGHT)
    kinds = "folder:…, sftp://…, webdav://…, webdavs://…, s3://…, http://…, https://…, mailbox:…"
    reason = f"报送地址登记有误：school.yaml: inbox 'gopher:school'; known kinds: {kinds}"
    assert fetched == Fetched("school", FetchOutcome.UNREACHABLE, reason)


def test_a_landing_that_cannot_be_written_is_our_fault_and_stops_the_step(office: Office) -> None:
    office.put("a.xlsx", "a", 1)
    office.landing.write_text("a file stands where the folder should be")
    with pytest.raises(LandingError, match=r"存放收到文件的文件夹 .* 不能写入"):
        office.fetch()
