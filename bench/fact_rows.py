"""Bench: fact rows by the million, made inside the database: invented, the same each time, spread over partners, years and contracts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Engine,
    Integer,
    MetaData,
    SQLColumnExpression,
    Table,
    Text,
    and_,
    case,
    cast,
    func,
    insert,
    literal,
    select,
    text,
)
from sqlalchemy.types import TypeEngine

from schemas.contract import Column as ContractColumn
from schemas.contract import ColumnType, Contract, Privacy, TimeBasis, shipped_contracts
from schemas.values import SubmissionState
from warehouse.engine import begin_write
from warehouse.facts import approximate_twin, fact_table, has_twin
from warehouse.store.dimensions import sync_dimensions
from warehouse.tables import DeliveryRow, Night, SightingRow, Submission
from warehouse.tables_intake import Reason

KNOWN_AT = datetime(2022, 1, 31, 12, tzinfo=UTC)
YEARS = (2019, 2020, 2021)
PARTNERS = 200
SHARES = {
    "training_session": 0.35, "activity": 0.2, "enrolment": 0.12, "award": 0.1, "technical_service": 0.08,
    "dispatched_person": 0.07, "task_progress": 0.03, "fund": 0.02, "training_room": 0.01, "programme_built": 0.01,
    "support_project": 0.01,
}  # fmt: skip
_MANY = 7919
"""A prime by which row numbers are scattered, so that neighbouring columns do not go in step."""


def fill(engine: Engine, rows: int) -> int:
    """Fill a migrated, empty warehouse with about `rows` facts; returns how many there are."""
    with begin_write(engine) as connection:
        sync_dimensions(connection, [_institution(number) for number in range(PARTNERS)])
        connection.execute(insert(Night), [{"id": 1, "started_at": KNOWN_AT}])
        numbers = _numbers(connection, int(rows * max(SHARES.values()) / PARTNERS) + 1)
        made = [
            _fill_contract(connection, shipped_contracts()[name], int(rows * share), numbers)
            for name, share in SHARES.items()
        ]
        numbers.drop(connection)
    _analyse(engine)
    return sum(made)


def _institution(number: int) -> tuple[str, str, str, str | None, str | None]:
    kinds = ("supported_school", "college", "department", "organisation")
    regions = ("6532", "1305", "6201", "5301", None)
    name = {0: "hetian", 1: "weixian"}.get(number, f"p{number:03d}")
    return name, f"第{number}单位", kinds[number % 4] if number > 1 else kinds[0], regions[number % 5], None


def _numbers(connection: Connection, count: int) -> Table:
    """A table of the numbers 0 … count - 1, at least one a row of the largest submission."""
    table = Table("bench_number", MetaData(), Column("n", Integer, primary_key=True))
    table.create(connection)
    connection.execute(insert(table), [{"n": n} for n in range(max(count, 1))])
    return table


def _fill_contract(connection: Connection, contract: Contract, rows: int, numbers: Table) -> int:
    """Submissions of every partner and year (a register: the last year alone) with their rows."""
    years = YEARS if contract.time_basis is TimeBasis.CALENDAR_YEAR else YEARS[-1:]
    each = max(1, rows // (PARTNERS * len(years)))
    for year in years:
        first = _add_submissions(connection, contract, year, each)
        _add_facts(connection, contract, year, numbers, (first, each))
    return each * PARTNERS * len(years)


def _add_submissions(connection: Connection, contract: Contract, year: int, each: int) -> int:
    """The receipts and submissions of all partners; returns the id of the first."""
    first = int(connection.scalar(select(func.coalesce(func.max(Submission.id), 0))) or 0) + 1
    codes = [_institution(number)[0] for number in range(PARTNERS)]
    digests = [sha256(f"{contract.contract} {year} {code}".encode()).hexdigest() for code in codes]
    connection.execute(
        insert(DeliveryRow), [{"sha256": one, "size_bytes": each, "first_seen_at": KNOWN_AT} for one in digests]
    )
    named = list(zip(range(first, first + PARTNERS), codes, digests, strict=True))
    connection.execute(insert(SightingRow), [
        {
            "id": number, "night_id": 1, "partner_code": code, "address": f"folder:{code}/{contract.contract}{year}.xlsx",
            "delivery_sha256": digest, "file_name": f"{contract.title}{year}.xlsx", "channel": "folder",
            "size_bytes": each, "seen_at": KNOWN_AT, "settled_at": KNOWN_AT,
        }
        for number, code, digest in named
    ])  # fmt: skip
    layout = _layout(contract)
    connection.execute(insert(Submission), [
        {
            "id": number, "night_id": 1, "delivery_sha256": digest, "sighting_id": number, "partner_code": code,
            "contract": contract.contract, "contract_version": contract.version, "period": str(year), "sequence": 1,
            "state": SubmissionState.ACCEPTED, "reason": Reason.FIRST, "received_at": KNOWN_AT,
            "in_force_from": KNOWN_AT, "layouts": [layout], "rows_read": each, "rows_loaded": each, "rows_held": 0,
            "critical_count": 0, "warning_count": 0, "info_count": 0,
        }
        for number, code, digest in named
    ])  # fmt: skip
    return first


def _layout(contract: Contract) -> dict[str, object]:
    columns = {column.name: (number, column.header) for number, column in enumerate(contract.columns, start=1)}
    return {
        "sheet": "Sheet1", "header_first_row": 3, "header_last_row": 3, "columns": columns, "unknown": [], "missing": [],
        "fingerprint": contract.contract,
    }  # fmt: skip


def _add_facts(connection: Connection, contract: Contract, year: int, numbers: Table, extent: tuple[int, int]) -> None:
    first, each = extent
    table = fact_table(contract.contract)
    n, number = numbers.c.n, Submission.id
    named: dict[str, SQLColumnExpression[Any]] = {
        "submission_id": number, "layout_index": literal(0, Integer), "source_row": n + 4
    }  # fmt: skip
    for position, column in enumerate(contract.stored_columns, start=1):
        draw = (n * 31 + number * 17 + position * 7) * _MANY % 9973
        named[column.name] = _cell(table, column, draw, year)
        if has_twin(column):
            named[approximate_twin(column.name)] = draw % 50 == 0
    chosen = and_(number >= first, number < first + PARTNERS, n < each)
    cells: list[ColumnElement[Any]] = [cell.label(name) for name, cell in named.items()]
    rows = select().add_columns(*cells).select_from(Submission).join(numbers, chosen)
    connection.execute(table.insert().from_select(list(named), rows))


def _cell(table: Table, column: ContractColumn, draw: ColumnElement[int], year: int) -> ColumnElement[Any]:
    """A cell of the column's type, from a number that goes round."""
    kind = table.c[column.name].type
    if column.choices:
        return _one_of(draw, list(column.choices), kind)
    if column.type is ColumnType.PARTNER:
        return _one_of(draw, [_institution(number)[0] for number in range(12)], kind)
    if column.privacy is Privacy.HASHED or column.type in {ColumnType.TEXT, ColumnType.CODE, ColumnType.PERSON}:
        return literal("名", Text) + cast(draw % 997, Text)
    if column.type in {ColumnType.DATE, ColumnType.MONTH}:
        return _one_of(draw, [date(year, month, 1) for month in range(1, 13)], kind)
    if column.type is ColumnType.YEAR:
        return literal(year, kind)
    return cast(draw % 97 + 1, kind)


def _one_of(draw: ColumnElement[int], values: Sequence[object], kind: TypeEngine[Any]) -> ColumnElement[Any]:
    """One of the values; the first comes up twice as often as the others."""
    turn = draw % (len(values) + 1)
    branches = [(turn == position, literal(value, kind)) for position, value in enumerate(values)]
    return case(*branches, else_=literal(values[0], kind))


def _analyse(engine: Engine) -> None:
    """What a warehouse has by itself after a while: statistics the planner goes by."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE" if engine.dialect.name == "postgresql" else "ANALYZE"))
