"""Ledgers sent in vain: recognised in a file, but of which nothing could be taken (wrong year, missing column, not its sender's)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict, cast

from sqlalchemy import Connection, func, select

from warehouse.tables import SightingRow, Submission


@dataclass(frozen=True, slots=True)
class Untaken:
    """One such ledger. `period` None: its year is not known. `submission_id` is the record of what was said of the file."""

    submission_id: int
    partner_code: str
    contract: str
    period: str | None
    received_at: datetime
    has_findings: bool


class _Stored(TypedDict):
    contract: str
    period: str | None


def read_untaken(connection: Connection, known_at: datetime) -> Mapping[tuple[str, str], Sequence[Untaken]]:
    """By contract and partner, the oldest first: the last word, at the instant (UTC), on each file then at its address."""
    known = Submission.received_at <= known_at
    standing = (
        select(func.max(SightingRow.id))
        .where(SightingRow.seen_at <= known_at)
        .group_by(SightingRow.partner_code, SightingRow.address)
    )
    last_words = (
        select(func.max(Submission.id))
        .where(Submission.contract.is_(None), Submission.sighting_id.in_(standing), known)
        .group_by(Submission.sighting_id)
    )
    findings = Submission.critical_count + Submission.warning_count + Submission.info_count
    statement = (
        select(Submission.id, Submission.partner_code, Submission.received_at, findings, Submission.layouts)
        .where(Submission.id.in_(last_words))
        .order_by(Submission.id)
    )
    untaken = defaultdict(list)
    for number, partner_code, received_at, count, layouts in connection.execute(statement):
        for one in cast("list[_Stored]", layouts):
            untaken[one["contract"], partner_code].append(
                Untaken(number, partner_code, one["contract"], one["period"], received_at, count > 0)
            )
    return untaken
