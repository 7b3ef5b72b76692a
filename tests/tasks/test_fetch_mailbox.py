"""The office's mailbox, night after night: clear mails go to their partners, unclear ones are landed and wait for an answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from schemas.values import Sighting
from sources.connectors.connector import Access, Patience
from sources.connectors.mailbox import Mailbox
from sources.correspondents import correspondents_of
from sources.partner import Contact, Partner, PartnerKind
from tasks.intake.fetch import Fetched, FetchOutcome
from tasks.intake.fetch_limits import FetchLimits
from tasks.intake.fetch_mailbox import UNMATCHED, FetchedMail, fetch_mailbox, merge
from tests.servers.imap import PASSWORD, USER, ImapServer, run_imap_server
from tests.sources.mails import CLERK, attached, mail
from tests.tasks.test_open_zip import zipped

TONIGHT = datetime(2021, 9, 13, 18, 0, tzinfo=UTC)
BOTH = "both@example.org"


def partner_of(code: str, name: str, *emails: str) -> Partner:
    contacts = tuple(Contact(role="填报岗", email=email) for email in emails)
    return Partner(code=code, name=name, kind=PartnerKind.SUPPORTED_SCHOOL, inbox=f"mailbox:{code}", contacts=contacts)


CORRESPONDENTS = correspondents_of(
    [
        partner_of("hetian", "和田职业技术学院", CLERK, BOTH),
        partner_of("luxi", "泸西职业高级中学", "clerk@luxi.example", BOTH),
    ],
    office_senders=[],
    own_address="office@college.example",
)


class Nights:
    """A folder of the mailbox, our landing, and what the warehouse would remember."""

    def __init__(self, server: ImapServer, folder: str, landing: Path) -> None:
        self.server = server
        self.folder = folder
        self.landing = landing
        self.known: dict[str, dict[str, Sighting]] = {}

    def deliver(self, *messages: bytes) -> None:
        self.server.append(messages, self.folder)

    def fetch(
        self, assigned: Mapping[str, str] | None = None, password: str = PASSWORD, only: set[str] | None = None
    ) -> FetchedMail:
        address = f"imaps://{USER}@localhost:{self.server.tls_port}/{self.folder}"
        access = Access(password=password, ca_file=self.server.ca_file)
        mailbox = Mailbox(address, access, Patience(5, 5), CORRESPONDENTS)
        limits = FetchLimits(max_bytes=100_000)
        waits: list[float] = []
        got = fetch_mailbox(
            mailbox, self.landing, self.known, assigned or {}, TONIGHT, limits, only=only, sleep=waits.append
        )
        assert waits == []
        for part in got.by_partner:
            seen = self.known.setdefault(part.partner_code, {})
            for one in (*part.deliveries, *part.touched):
                seen[one.address] = Sighting(one.address, one.size_bytes, one.modified_at, one.sha256)
        return got


@pytest.fixture(scope="module")
def server() -> Iterator[ImapServer]:
    with run_imap_server() as server:
        yield server


@pytest.fixture
def nights(server: ImapServer, tmp_path: Path, request: pytest.FixtureRequest) -> Nights:
    folder = "".join(filter(str.isalnum, request.node.name))
    with server.session() as session:
        session.create(folder)
    return Nights(server, folder, tmp_path / "landing")


def told(fetched: FetchedMail) -> dict[str, tuple[list[str], list[str], int]]:
    """Partner → files to read, files recorded only, files seen before."""
    return {
        part.partner_code: (
            [one.file_name for one in part.deliveries], [one.file_name for one in part.touched], part.unchanged_count,
        )
        for part in fetched.by_partner
    }  # fmt: skip


def test_clear_mails_go_to_their_partners_once(nights: Nights) -> None:
    nights.deliver(
        mail(attached('filename="a.xlsx"'), number=1),
        mail(attached('filename="b.xlsx"', b"b" * 500), sender="clerk@luxi.example", number=2),
    )
    first = nights.fetch()
    assert first.mailbox == Fetched("mailbox", FetchOutcome.OK)
    assert told(first) == {"hetian": (["a.xlsx"], [], 0), "luxi": (["b.xlsx"], [], 0)}
    (delivery,) = next(part for part in first.by_partner if part.partner_code == "hetian").deliveries
    assert (delivery.channel, delivery.sender, delivery.message_id) == ("mailbox", CLERK, "<1@hetian.example>")
    assert (first.unmatched, len(first.matched)) == ((), 2)
    assert told(nights.fetch()) == {"hetian": ([], [], 1), "luxi": ([], [], 1)}


def test_an_unclear_mail_is_landed_asked_about_once_and_read_the_night_after_its_answer(nights: Nights) -> None:
    nights.deliver(
        mail(attached('filename="whose.xlsx"', b"w" * 300), sender="stranger@qq.example", number=3),
        mail(attached('filename="either.xlsx"', b"e" * 300), sender=BOTH, number=4),
    )
    first = nights.fetch()
    assert told(first) == {UNMATCHED: ([], ["whose.xlsx", "either.xlsx"], 0)}
    asked = {one.delivery.file_name: one for one in first.unmatched}
    assert asked["whose.xlsx"].partner_codes == ()
    assert sorted(asked["either.xlsx"].partner_codes) == ["hetian", "luxi"]
    assert all(one.reason and one.delivery.path.exists() for one in first.unmatched)
    assert (nights.fetch().unmatched, told(nights.fetch())) == ((), {UNMATCHED: ([], [], 2)})

    answered = {asked["either.xlsx"].delivery.address: "luxi"}
    third = nights.fetch(answered)
    assert told(third) == {"luxi": (["either.xlsx"], [], 0), UNMATCHED: ([], [], 1)}
    assert third.matched == frozenset(answered)
    assert told(nights.fetch()) == {"luxi": ([], [], 1), UNMATCHED: ([], [], 1)}, "what was taken stays its partner's"


def test_the_workbooks_of_an_unclear_zip_are_asked_about_by_its_mail(nights: Nights) -> None:
    content = zipped({"a.xlsx": b"1", "b.xlsx": b"2"})
    nights.deliver(mail(attached('filename="two.zip"', content), sender="stranger@qq.example"))
    fetched = nights.fetch()
    assert [one.delivery.file_name for one in fetched.unmatched] == ["a.xlsx", "b.xlsx"]
    (address,) = {one.delivery.address.partition("!/")[0] for one in fetched.unmatched}
    assert told(nights.fetch({address: "hetian"})) == {"hetian": (["a.xlsx", "b.xlsx"], ["two.zip"], 0)}


def test_of_some_partners_only_theirs_is_taken(nights: Nights) -> None:
    nights.deliver(
        mail(attached('filename="a.xlsx"'), number=1),
        mail(attached('filename="b.xlsx"'), sender="clerk@luxi.example", number=2),
        mail(attached('filename="c.xlsx"'), sender="stranger@qq.example", number=3),
    )
    assert told(nights.fetch(only={"luxi"})) == {"luxi": (["b.xlsx"], [], 0)}


def test_a_file_too_large_costs_only_itself(nights: Nights) -> None:
    nights.deliver(mail(attached('filename="big.xlsx"', bytes(150_000)), attached('filename="a.xlsx"')))
    (part,) = nights.fetch().by_partner
    assert [one.file_name for one in part.deliveries] == ["a.xlsx"]
    assert [(left.file_name, left.reason.partition("（")[0]) for left in part.not_fetched] == [("big.xlsx", "文件过大")]


def test_an_empty_mailbox_and_one_that_will_not_let_us_in(nights: Nights) -> None:
    assert nights.fetch() == FetchedMail(Fetched("mailbox", FetchOutcome.EMPTY))
    shut = nights.fetch(password="wrong-one")  # noqa: S106
    assert (shut.mailbox.outcome, shut.by_partner, shut.unmatched) == (FetchOutcome.UNREACHABLE, (), ())
    assert shut.mailbox.reason
    assert "wrong-one" not in shut.mailbox.reason


def test_two_ways_of_one_partner_are_one_answer() -> None:
    folder = Fetched("hetian", FetchOutcome.UNREACHABLE, "不存在")
    mails = Fetched("hetian", FetchOutcome.OK, unchanged_count=2, fetched_bytes=5)
    both = replace(mails, outcome=FetchOutcome.UNREACHABLE, reason="不存在")
    assert (merge(folder, mails), merge(mails, folder)) == (both, both)
    assert merge(mails, replace(folder, outcome=FetchOutcome.EMPTY, reason=None)).outcome is FetchOutcome.OK
