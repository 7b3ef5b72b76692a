"""What a report says of its own sources: the ledgers owed, what was found wrong in them, the files that gave nothing."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, func, select

from schemas.chinese import OFFICE_ZONE
from schemas.contract import shipped_contracts
from schemas.values import Severity, SubmissionState
from warehouse.marts.owed import Owed, OwedState, read_owed
from warehouse.marts.waivers import WaiverInForce, waivers_in_force
from warehouse.tables import DimInstitution, FindingRow, SightingRow, Submission


@dataclass(frozen=True, slots=True)
class RowCounts:
    """Rows of one submission: loaded, and held back until they are mended."""

    loaded: int
    held: int


@dataclass(frozen=True, slots=True)
class LedgerFindings:
    """How often one thing was found wrong in one partner's ledger, in what stood for it at the instant."""

    partner_name: str
    ledger: str
    period: str
    severity: Severity
    message: str
    fix: str
    count: int


@dataclass(frozen=True, slots=True)
class UnreadFile:
    """A file that gave no ledger: it could not be opened, or holds nothing we know."""

    partner_name: str
    file_name: str
    received_on: date
    reason: str


@dataclass(frozen=True, slots=True)
class Intake:
    """The sources of a report: `rows` by submission id."""

    owed: tuple[Owed, ...] = ()
    rows: Mapping[int, RowCounts] | None = None
    findings: tuple[LedgerFindings, ...] = ()
    unread: tuple[UnreadFile, ...] = ()
    waivers: tuple[WaiverInForce, ...] = ()

    @property
    def missing(self) -> tuple[Owed, ...]:
        """What should be there and is not, or came and could not be accepted."""
        return tuple(one for one in self.owed if one.state in {OwedState.MISSING, OwedState.REFUSED})

    @property
    def late(self) -> tuple[Owed, ...]:
        """What came after its day."""
        return tuple(one for one in self.owed if one.state is OwedState.LATE)

    @property
    def rows_held(self) -> int:
        """Rows held back in what the report stands on."""
        return sum(counts.held for counts in (self.rows or {}).values())


def read_intake(connection: Connection, year: int, today: date, known_at: datetime) -> Intake:
    """The sources of the report of `year` as they stood on the office day `today`, on what was known at `known_at` (UTC)."""
    owed = tuple(one for one in read_owed(connection, today, known_at) if one.period <= str(year))
    standing = {one.submission_id for one in owed if one.submission_id is not None}
    return Intake(
        owed, _rows(connection, standing), _findings(connection, standing), tuple(_unread(connection, known_at)),
        tuple(waivers_in_force(connection, known_at)),
    )  # fmt: skip


def _rows(connection: Connection, ids: Collection[int]) -> Mapping[int, RowCounts]:
    columns = select(Submission.id, Submission.rows_loaded, Submission.rows_held).where(Submission.id.in_(ids))
    return {number: RowCounts(loaded, held) for number, loaded, held in connection.execute(columns)}


def _findings(connection: Connection, ids: Collection[int]) -> tuple[LedgerFindings, ...]:
    name = func.coalesce(DimInstitution.institution_name, Submission.partner_code)
    keys = (name, Submission.contract, Submission.period, FindingRow.severity, FindingRow.message, FindingRow.fix)
    statement = (
        select(*keys, func.count())
        .join(Submission, Submission.id == FindingRow.submission_id)
        .outerjoin(DimInstitution, DimInstitution.institution_code == Submission.partner_code)
        .where(Submission.id.in_(ids), FindingRow.severity != Severity.INFO)
        .group_by(*keys)
    )
    counted = [
        LedgerFindings(partner, _title(contract), period or "", severity, message, fix, count)
        for partner, contract, period, severity, message, fix, count in connection.execute(statement)
    ]
    gravest_first = list(Severity)
    return tuple(
        sorted(counted, key=lambda f: (gravest_first.index(f.severity), -f.count, f.partner_name, f.ledger, f.message))
    )


def _unread(connection: Connection, known_at: datetime) -> list[UnreadFile]:
    """Files without a ledger that stood at their address at the instant, each with the first thing that was said of it."""
    standing = (
        select(func.max(SightingRow.id))
        .where(SightingRow.seen_at <= known_at)
        .group_by(SightingRow.partner_code, SightingRow.address)
    )
    first = select(func.min(FindingRow.id)).group_by(FindingRow.submission_id)
    statement = (
        select(
            func.coalesce(DimInstitution.institution_name, Submission.partner_code), SightingRow.file_name,
            Submission.received_at, FindingRow.message,
        )
        .join(SightingRow, SightingRow.id == Submission.sighting_id)
        .outerjoin(FindingRow, (FindingRow.submission_id == Submission.id) & FindingRow.id.in_(first))
        .outerjoin(DimInstitution, DimInstitution.institution_code == Submission.partner_code)
        .where(
            Submission.contract.is_(None), Submission.sighting_id.in_(standing), Submission.received_at <= known_at,
            Submission.state.in_(_NOTHING_READ),
        )
        .order_by(Submission.id)
    )  # fmt: skip
    rows = connection.execute(statement)
    return [UnreadFile(name, file, at.astimezone(OFFICE_ZONE).date(), why or "") for name, file, at, why in rows]


_NOTHING_READ = (SubmissionState.UNREADABLE, SubmissionState.UNRECOGNISED, SubmissionState.REFUSED)


def _title(contract: str | None) -> str:
    known = shipped_contracts()
    return known[contract].title if contract and contract in known else contract or ""
