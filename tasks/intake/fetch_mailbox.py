"""Intake, fetching mail: the office's mailbox is listed once a night and its files go to the partners they are from."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from schemas.values import Delivery, Sighting
from sources.connectors.address import MAILBOX
from sources.connectors.connector import Connector, InboxUnreachableError
from sources.connectors.mailbox import Mailbox, MailFile
from tasks.intake.fetch import Fetched, FetchOutcome, fetch_listed
from tasks.intake.fetch_files import FetchJob, reach
from tasks.intake.fetch_limits import FetchLimits

UNMATCHED = "unmatched"
"""Stands for the partner of a mail that nobody, or more than one, may have sent."""

KnownMail = Mapping[str, Mapping[str, Sighting]]
"""What has been seen in the mailbox: partner code → address → sighting."""


@dataclass(frozen=True, slots=True)
class UnmatchedMail:
    """A landed file from a mail of which it is not clear whose it is: the partners it may be from, and why (Chinese)."""

    delivery: Delivery
    partner_codes: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class FetchedMail:
    """What the mailbox gave: how it answered (under the code "mailbox"), each partner's part, and what nobody may be sure of.

    `matched` are the addresses of all files whose partner is clear, for questions about them need no answer any more.
    """

    mailbox: Fetched
    by_partner: tuple[Fetched, ...] = ()
    unmatched: tuple[UnmatchedMail, ...] = ()
    matched: frozenset[str] = field(default=frozenset())


def fetch_mailbox(
    mailbox: Mailbox,
    landing: Path,
    known: KnownMail,
    assigned: Mapping[str, str],
    now: datetime,
    limits: FetchLimits | None = None,
    only: Set[str] | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> FetchedMail:
    """Lists the mailbox and lands every file not seen before.

    Args:
        mailbox: of the office.
        landing: archive of everything received.
        known: what has been seen; a file once taken for a partner stays that partner's, whatever its addresses become.
        assigned: address → partner code, as people answered for mails it was not clear of.
        now: the instant written into the deliveries, timezone-aware.
        limits: what the mailbox may cost tonight.
        only: take mails of these partners alone; None: all, and those nobody can be matched to.
        sleep: waits so many seconds between two tries.

    Raises:
        LandingError: the landing folder cannot be written.
    """

    def connect() -> Connector:
        return mailbox

    job = FetchJob(MAILBOX, connect, landing, now, limits or FetchLimits(), sleep)
    try:
        listed = reach(job, lambda: _list(job, mailbox))
    except InboxUnreachableError as error:
        return FetchedMail(Fetched(MAILBOX, FetchOutcome.UNREACHABLE, str(error)))
    owned = _by_owner(listed, known, assigned)
    parts = {
        code: fetch_listed(job.for_partner(code), [file.remote for file in files], known.get(code, {}))
        for code, files in owned.items()
        if only is None or code in only
    }
    unmatched = parts.pop(UNMATCHED, None)
    return FetchedMail(
        Fetched(MAILBOX, FetchOutcome.OK if listed else FetchOutcome.EMPTY),
        (*parts.values(), *([_recorded_only(unmatched)] if unmatched else [])),
        _explained(unmatched.deliveries if unmatched else (), owned.get(UNMATCHED, [])),
        frozenset(file.remote.address for code, files in owned.items() if code != UNMATCHED for file in files),
    )


def _list(job: FetchJob, mailbox: Mailbox) -> list[MailFile]:
    listed = []
    with mailbox:
        for file in mailbox.list_all():
            listed.append(file)
            if not job.deadline.left:
                raise InboxUnreachableError(f"列出邮件超过 {job.limits.source_seconds:g} 秒，没有列完；请清理邮箱")
    return listed


def _by_owner(listed: Sequence[MailFile], known: KnownMail, assigned: Mapping[str, str]) -> dict[str, list[MailFile]]:
    taken = {address: code for code, seen in known.items() if code != UNMATCHED for address in seen}
    owned: dict[str, list[MailFile]] = defaultdict(list)
    for file in listed:
        address = file.remote.address
        clear = file.partner_codes[0] if len(file.partner_codes) == 1 else UNMATCHED
        owned[taken.get(address) or assigned.get(address) or clear].append(file)
    return owned


def _recorded_only(unmatched: Fetched) -> Fetched:
    """Landed and recorded, so that nothing is lost and none is fetched again; read when somebody has said whose it is."""
    return replace(unmatched, deliveries=(), touched=(*unmatched.deliveries, *unmatched.touched))


def _explained(deliveries: Sequence[Delivery], files: Sequence[MailFile]) -> tuple[UnmatchedMail, ...]:
    claims = {file.remote.address: file for file in files}
    found = ((one, claims.get(one.address.partition("!/")[0])) for one in deliveries)
    return tuple(UnmatchedMail(one, claim.partner_codes, claim.reason) for one, claim in found if claim)


def merge(first: Fetched, second: Fetched) -> Fetched:
    """What one partner gave in two ways in the same night; that one of them could not be reached is what must be told."""
    order = (FetchOutcome.UNREACHABLE, FetchOutcome.OK, FetchOutcome.EMPTY)
    return Fetched(
        first.partner_code,
        min(first.outcome, second.outcome, key=order.index),
        first.reason or second.reason,
        (*first.deliveries, *second.deliveries),
        (*first.touched, *second.touched),
        first.unchanged_count + second.unchanged_count,
        (*first.not_fetched, *second.not_fetched),
        first.fetched_bytes + second.fetched_bytes,
    )
