"""Tells whether a submission recorded anew says the same as the one before it, so that a replay keeps only what is news."""

from __future__ import annotations

from sqlalchemy import Connection, Table, func, select

from schemas.values import SubmissionState
from warehouse.base import table_of
from warehouse.facts import fact_table
from warehouse.tables import FindingRow, Quarantine, Submission

_COMPARED = ("rows_read", "rows_loaded", "rows_held", "layouts")
_WORDING = ("message", "found", "expected", "fix")


def is_same_record(connection: Connection, before_id: int, state_before: SubmissionState, after_id: int) -> bool:
    """Whether two submissions of one slot agree in state, counts, layouts, findings, held rows and facts.

    Args:
        connection: sees both.
        before_id: the older.
        state_before: the state the older one had before the newer took its place.
        after_id: the newer.
    """
    table = table_of(Submission)
    columns = [table.c[name] for name in ("state", "contract", *_COMPARED)]
    before, after = (
        connection.execute(select(*columns).where(table.c.id == number)).one() for number in (before_id, after_id)
    )
    if state_before != after.state or any(getattr(before, name) != getattr(after, name) for name in _COMPARED):
        return False
    if not _same_rows(connection, table_of(FindingRow), before_id, after_id, without=("id",)):
        return False
    # JSON cannot be compared on PostgreSQL; which rows are held and why already stands in the findings.
    if not _same_rows(connection, table_of(Quarantine), before_id, after_id, without=("cells", "rule_ids")):
        return False
    return _same_rows(connection, fact_table(after.contract), before_id, after_id)


def is_same_verdict(connection: Connection, before_id: int, state_before: SubmissionState, after_id: int) -> bool:
    """Whether two submissions of one slot say the same to their sender: state, held rows, and findings but for their wording."""
    table = table_of(Submission)
    columns = (table.c.state, table.c.rows_held)
    before, after = (
        connection.execute(select(*columns).where(table.c.id == number)).one() for number in (before_id, after_id)
    )
    if (state_before, before.rows_held) != (after.state, after.rows_held):
        return False
    if not _same_rows(connection, table_of(FindingRow), before_id, after_id, without=("id", *_WORDING)):
        return False
    return _same_rows(connection, table_of(Quarantine), before_id, after_id, without=("cells", "rule_ids"))


def is_same_remainder(connection: Connection, before_id: int, after_id: int, *, in_other_words: bool = False) -> bool:
    """Whether two submissions without contract agree in state and findings; the wording is left aside when asked for."""
    states = select(func.count(func.distinct(Submission.state))).where(Submission.id.in_((before_id, after_id)))
    without = ("id", *_WORDING) if in_other_words else ("id",)
    return connection.scalar(states) == 1 and _same_rows(
        connection, table_of(FindingRow), before_id, after_id, without=without
    )


def _same_rows(
    connection: Connection, table: Table, before_id: int, after_id: int, without: tuple[str, ...] = ()
) -> bool:
    names = [column.name for column in table.columns if column.name not in {"submission_id", *without}]
    counts = [
        connection.scalar(select(func.count()).select_from(table).where(table.c.submission_id == number))
        for number in (before_id, after_id)
    ]
    if counts[0] != counts[1]:
        return False
    ours, theirs = (
        select(*(table.c[name] for name in names)).where(table.c.submission_id == number)
        for number in (after_id, before_id)
    )
    return connection.execute(ours.except_(theirs)).first() is None
