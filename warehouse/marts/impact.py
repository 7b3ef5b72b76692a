"""Impact: the rows by which one submission of a slot differs from another: new, changed, gone."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b

from sqlalchemy import Connection, select

from schemas.contract import Contract
from warehouse.facts import LINEAGE, fact_table
from warehouse.tables import Submission

Digest = bytes


@dataclass(frozen=True, slots=True)
class RowChanges:
    """Numbers of rows: only in the newer submission, in both under one key but with other values, only in the older."""

    new: int = 0
    changed: int = 0
    gone: int = 0


def compare_rows(connection: Connection, contract: Contract, before_id: int | None, after_id: int | None) -> RowChanges:
    """How the facts of one submission differ from those of another of the same contract; None stands for no rows at all.

    Rows are the same matter when they agree in the columns of the contract's first unique rule that are no numbers (a number
    corrected is the same matter); without such a rule a changed row is one gone and one new. Rows that agree wholly are
    never counted, in whatever order they stand.
    """
    older, newer = _rows(connection, contract, before_id), _rows(connection, contract, after_id)
    new = changed = gone = 0
    for key in older.keys() | newer.keys():
        were, are = older.get(key, Counter()), newer.get(key, Counter())
        lost, come = (were - are).total(), (are - were).total()
        changed += min(lost, come)
        new += max(come - lost, 0)
        gone += max(lost - come, 0)
    return RowChanges(new, changed, gone)


def compare_with_predecessor(connection: Connection, contract: Contract, submission_id: int) -> RowChanges | None:
    """How a submission in force differs from the one whose place it took; None when it took nobody's place or never counted."""
    statement = select(Submission.supersedes_id).where(
        Submission.id == submission_id, Submission.in_force_from.is_not(None)
    )
    before_id = connection.scalar(statement)
    return None if before_id is None else compare_rows(connection, contract, before_id, submission_id)


def _rows(connection: Connection, contract: Contract, submission_id: int | None) -> dict[Digest, Counter[Digest]]:
    """By key, the rows under it; both as digests, so that a ledger of a million rows fits into memory."""
    found: dict[Digest, Counter[Digest]] = defaultdict(Counter)
    if submission_id is not None:
        for key, row in _digests(connection, contract, submission_id):
            found[key][row] += 1
    return found


def _digests(connection: Connection, contract: Contract, submission_id: int) -> Iterator[tuple[Digest, Digest]]:
    table = fact_table(contract.contract)
    names = [column.name for column in table.columns if column.name not in LINEAGE]
    places = [names.index(name) for name in _key_of(contract)] or list(range(len(names)))
    statement = select(*(table.c[name] for name in names)).where(table.c.submission_id == submission_id)
    for row in connection.execute(statement.execution_options(yield_per=10_000)):
        yield _digest(tuple(row[place] for place in places)), _digest(tuple(row))


def _key_of(contract: Contract) -> tuple[str, ...]:
    stored = {column.name for column in contract.stored_columns}
    keys = (rule.columns for rule in contract.rules if rule.kind == "unique" and stored.issuperset(rule.columns))
    return tuple(name for name in next(keys, ()) if not contract.column(name).is_numeric)


def _digest(values: tuple[object, ...]) -> Digest:
    return blake2b(repr(values).encode(), digest_size=16).digest()
