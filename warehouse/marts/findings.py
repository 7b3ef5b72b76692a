"""Open findings: what is still to be mended, in the newest attempt of each slot and in files nothing was found in."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, RowMapping, Select, and_, case, func, or_, select

from schemas.values import Finding, Place, Severity, SubmissionState, Turn
from warehouse.tables import FindingRow, SightingRow, Submission

_STANDING = (SubmissionState.REFUSED, SubmissionState.ACCEPTED, SubmissionState.ACCEPTED_WITH_FINDINGS)
_GRAVEST_FIRST = case(
    (FindingRow.severity == Severity.CRITICAL, 0), (FindingRow.severity == Severity.WARNING, 1), else_=2
)


@dataclass(frozen=True, slots=True)
class OpenFinding:
    """A finding and the file it is about. A file in which no ledger was recognised has no contract and no period."""

    partner_code: str
    contract: str | None
    period: str | None
    submission_id: int
    delivery_sha256: str
    file_name: str
    finding: Finding


@dataclass(frozen=True, slots=True)
class FindingCount:
    """How often one rule failed in what one partner sent for one period."""

    partner_code: str
    contract: str | None
    period: str | None
    rule_id: str
    severity: Severity
    turn: Turn
    message: str
    count: int


def open_submissions() -> Select[int]:
    """Ids of the submissions whose findings are still to be dealt with.

    Of a slot the newest one that stands (what was superseded, withdrawn or came too late is closed); of what was said of
    a delivery as a whole, the last word on the delivery now standing at its address.
    """
    newest = (
        select(
            func.max(Submission.sequence).label("sequence"),
            Submission.contract,
            Submission.partner_code,
            Submission.period,
        )
        .where(Submission.contract.is_not(None), Submission.state.in_(_STANDING))
        .group_by(Submission.contract, Submission.partner_code, Submission.period)
        .subquery()
    )
    same = and_(
        *(newest.c[name] == getattr(Submission, name) for name in ("sequence", "contract", "partner_code", "period"))
    )
    seen_now = select(func.max(SightingRow.id)).group_by(SightingRow.partner_code, SightingRow.address)
    of_slots = select(Submission.id).join(newest, same)
    of_files = (
        select(func.max(Submission.id))
        .where(Submission.contract.is_(None), Submission.sighting_id.in_(seen_now))
        .group_by(Submission.sighting_id)
    )
    return select(Submission.id).where(or_(Submission.id.in_(of_slots), Submission.id.in_(of_files)))


def read_open_findings(connection: Connection, partner_code: str | None = None) -> list[OpenFinding]:
    """The open findings, of one partner when named: by file, the gravest first, then by row."""
    statement = (
        select(
            Submission.partner_code, Submission.contract, Submission.period, Submission.id, Submission.delivery_sha256,
            SightingRow.file_name, FindingRow.rule_id, FindingRow.severity, FindingRow.turn, FindingRow.message,
            FindingRow.found, FindingRow.expected, FindingRow.fix, FindingRow.sheet, FindingRow.source_row,
            FindingRow.source_column, FindingRow.header,
        )
        .join(Submission, Submission.id == FindingRow.submission_id)
        .join(SightingRow, SightingRow.id == Submission.sighting_id)
        .where(FindingRow.submission_id.in_(open_submissions()))
        .order_by(Submission.id, _GRAVEST_FIRST, FindingRow.id)
    )  # fmt: skip
    if partner_code is not None:
        statement = statement.where(Submission.partner_code == partner_code)
    return [_open_finding(row) for row in connection.execute(statement).mappings()]


def count_open_findings(connection: Connection) -> list[FindingCount]:
    """The open findings counted by partner, contract, period and rule: the most frequent of each partner first."""
    keys = (
        Submission.partner_code, Submission.contract, Submission.period, FindingRow.rule_id, FindingRow.severity,
        FindingRow.turn, FindingRow.message,
    )  # fmt: skip
    statement = (
        select(*keys, func.count())
        .join(Submission, Submission.id == FindingRow.submission_id)
        .where(FindingRow.submission_id.in_(open_submissions()))
        .group_by(*keys)
    )
    counts = [FindingCount(*row) for row in connection.execute(statement)]
    return sorted(
        counts, key=lambda one: (one.partner_code, -one.count, one.contract or "", one.period or "", one.rule_id)
    )


def _open_finding(row: RowMapping) -> OpenFinding:
    place = Place(row["sheet"], row["source_row"], row["source_column"], row["header"])
    texts = (row["message"], row["found"], row["expected"], row["fix"])
    return OpenFinding(
        row["partner_code"], row["contract"], row["period"], row["id"], row["delivery_sha256"], row["file_name"],
        Finding(row["rule_id"], row["severity"], row["turn"], *texts, place=place),
    )  # fmt: skip
