"""What a replay reads again: deliveries of which something is held back, or whose layout or bytes are named."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Select, and_, func, or_, select

from schemas.values import SubmissionState
from warehouse.marts.findings import open_submissions
from warehouse.tables import FindingRow, SightingRow, Submission

_HELD = (
    SubmissionState.RECEIVED, SubmissionState.REFUSED, SubmissionState.UNREADABLE, SubmissionState.UNRECOGNISED,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Held:
    """A delivery as it was seen, by the receipt its submissions were made from."""

    sighting_id: int
    sha256: str
    partner_code: str
    channel: str
    address: str
    file_name: str
    size_bytes: int
    seen_at: datetime
    sender: str | None
    modified_at: datetime | None
    etag: str | None
    message_id: str | None


def read_held(
    connection: Connection,
    *,
    partner_code: str | None = None,
    contract: str | None = None,
    period: str | None = None,
    sha256: str | None = None,
    in_force_too: bool = False,
) -> list[Held]:
    """Deliveries to read again, in the order they came.

    Args:
        connection: to the warehouse.
        partner_code: only this partner's.
        contract: only those known to hold that contract, and those in which no ledger was recognised.
        period: only those known to hold a ledger of that year, and those in which none was recognised.
        sha256: only the delivery whose hash begins so; then whatever became of it.
        in_force_too: also what is in force without a row held back.
    """
    wanted: list[ColumnElement[bool]] = [] if sha256 else [_is_held(in_force_too=in_force_too)]
    if sha256:
        wanted.append(Submission.delivery_sha256.startswith(sha256, autoescape=True))
    if partner_code:
        wanted.append(Submission.partner_code == partner_code)
    if contract:
        wanted.append(or_(Submission.contract == contract, Submission.contract.is_(None)))
    if period:
        wanted.append(or_(Submission.period == period, Submission.contract.is_(None)))
    return _deliveries(connection, select(Submission.sighting_id).where(*wanted))


def read_by_layout(connection: Connection, partner_code: str, contract: str, fingerprint: str) -> list[Held]:
    """The deliveries in force of a partner and contract with a table of that layout."""
    statement = select(Submission.sighting_id, Submission.layouts).where(
        Submission.partner_code == partner_code, Submission.contract == contract, _is_in_force()
    )
    found = [
        sighting_id
        for sighting_id, layouts in connection.execute(statement)
        if any(isinstance(one, dict) and one.get("fingerprint") == fingerprint for one in layouts)
    ]
    return _deliveries(connection, select(SightingRow.id).where(SightingRow.id.in_(found)))


def read_by_sighting(connection: Connection, sighting_ids: Iterable[int]) -> list[Held]:
    """The deliveries of these receipts, in the order they came."""
    return _deliveries(connection, select(SightingRow.id).where(SightingRow.id.in_(set(sighting_ids))))


def read_by_rule(
    connection: Connection, rule_id: str, partner_code: str | None, contract: str | None, period: str | None
) -> list[Held]:
    """The deliveries a change to one rule concerns: what counts or was refused last with a finding of that rule.

    A cell damaged by software has a finding of its own id in place of that of its column's rule.
    """
    is_of = FindingRow.rule_id == rule_id
    if rule_id.endswith(".readable"):
        is_of = or_(is_of, FindingRow.rule_id.startswith("damage."))
    wanted = [
        Submission.id.in_(select(FindingRow.submission_id).where(is_of)),
        Submission.contract == rule_id.partition(".")[0],
        or_(_is_in_force(), Submission.id.in_(open_submissions())),
    ]
    named = ((Submission.partner_code, partner_code), (Submission.contract, contract), (Submission.period, period))
    wanted += [column == value for column, value in named if value is not None]
    return _deliveries(connection, select(Submission.sighting_id).where(*wanted))


def read_by_version(
    connection: Connection, versions: Mapping[str, int], partner_code: str | None = None, period: str | None = None
) -> list[Held]:
    """The deliveries last judged under another version of their contract than today's (contract → version)."""
    newer = or_(
        *(
            and_(Submission.contract == name, Submission.contract_version != version)
            for name, version in versions.items()
        )
    )
    is_last = or_(_is_in_force(), Submission.id.in_(open_submissions()))
    wanted = [newer, is_last]
    named = ((Submission.partner_code, partner_code), (Submission.period, period))
    wanted += [column == value for column, value in named if value is not None]
    return _deliveries(connection, select(Submission.sighting_id).where(*wanted))


def _is_held(*, in_force_too: bool) -> ColumnElement[bool]:
    """Newest attempts that never counted, files nothing was found in, and what counts though some of its rows do not."""
    partly = _is_in_force() if in_force_too else and_(_is_in_force(), Submission.rows_held > 0)
    waiting = and_(Submission.contract.is_not(None), Submission.state == SubmissionState.RECEIVED)
    says_something = Submission.critical_count + Submission.warning_count > 0
    open_ones = and_(Submission.id.in_(open_submissions()), Submission.state.in_(_HELD), says_something)
    return or_(open_ones, waiting, partly)


def _is_in_force() -> ColumnElement[bool]:
    return and_(Submission.in_force_from.is_not(None), Submission.in_force_to.is_(None))


def _deliveries(connection: Connection, sighting_ids: Select[int]) -> list[Held]:
    # Of the same bytes seen twice by a partner the last receipt is the one that is answered.
    latest = (
        select(func.max(SightingRow.id))
        .where(SightingRow.id.in_(sighting_ids))
        .group_by(SightingRow.partner_code, SightingRow.delivery_sha256)
    )
    columns = (
        SightingRow.id, SightingRow.delivery_sha256, SightingRow.partner_code, SightingRow.channel, SightingRow.address,
        SightingRow.file_name, SightingRow.size_bytes, SightingRow.seen_at, SightingRow.sender, SightingRow.modified_at,
        SightingRow.etag, SightingRow.message_id,
    )  # fmt: skip
    statement = select(*columns).where(SightingRow.id.in_(latest)).order_by(SightingRow.id)
    return [Held(sighting_id, *rest) for sighting_id, *rest in connection.execute(statement)]
