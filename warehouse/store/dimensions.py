"""Writes the conformed dimensions: institutions, regions and days from the registers, the plan from its facts in force."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, delete, insert, select, update

from schemas.code_list import regions
from schemas.contract import shipped_contracts
from warehouse.base import Base, table_of
from warehouse.marts.in_force import counted_submissions
from warehouse.store.upsert import sync_rows
from warehouse.tables import DimDate, DimIndicator, DimInstitution, DimProject, DimRegion, DimScope, DimTask, fact_table

Institution = tuple[str, str, str, str | None, str | None]
"""Code, name, kind, region code, national code."""
FIRST_DAY, LAST_DAY = date(2019, 1, 1), date(2026, 12, 31)
_INSTITUTION = ("institution_code", "institution_name", "kind", "region_code", "national_code")
_INDICATOR = (
    "scope_code", "indicator_code", "indicator_name", "level1_name", "level2_name", "project_name", "unit_name",
    "time_basis_text",
)  # fmt: skip


def sync_dimensions(connection: Connection, institutions: Iterable[Institution]) -> None:
    """Bring institutions, regions and days to the registers as they stand; only what differs is written.

    An institution taken off the register keeps its row, since facts still name it, and is no longer listed.
    """
    rows = [{**dict(zip(_INSTITUTION, one, strict=True)), "is_listed": True} for one in institutions]
    gone = [str(code) for (code,) in sync_rows(connection, DimInstitution, rows)]
    if gone:
        leaving = update(DimInstitution).where(DimInstitution.institution_code.in_(gone), DimInstitution.is_listed)
        connection.execute(leaving.values(is_listed=False))
    sync_rows(connection, DimRegion, [
        {"region_code": region.code, "region_name": region.name, "parent_code": region.parent_code}
        for region in regions().values()
    ])  # fmt: skip
    sync_rows(connection, DimDate, list(_days()))


def sync_plan(connection: Connection, known_at: datetime) -> None:
    """Bring scopes, projects, tasks and indicators to the plan in force at `known_at`, in the order its rows stand in."""
    tasks = _facts(connection, "plan_task", ("scope_code", "project_name", "task_name", "department_name"), known_at)
    indicators = _facts(connection, "indicator_target", _INDICATOR, known_at)
    both = [*tasks, *indicators]
    _replace(connection, DimScope, _scopes({row["scope_code"] for row in both}))
    _replace(connection, DimProject, _numbered(both, ("scope_code", "project_name"), ()))
    _replace(connection, DimTask, _numbered(tasks, ("scope_code", "project_name", "task_name"), ("department_name",)))
    _replace(connection, DimIndicator, _numbered(indicators, _INDICATOR[:2], _INDICATOR[2:]))


Row = Mapping[str, object]


def _days() -> Iterator[Row]:
    for offset in range((LAST_DAY - FIRST_DAY).days + 1):
        day = FIRST_DAY + timedelta(days=offset)
        yield {
            "day_on": day, "year": day.year, "half": (day.month + 5) // 6, "quarter": (day.month + 2) // 3,
            "month": day.month, "school_year": day.year if day.month >= 9 else day.year - 1,
        }  # fmt: skip


def _facts(connection: Connection, contract: str, columns: Sequence[str], known_at: datetime) -> list[Row]:
    table = fact_table(contract)
    statement = (
        select(*(table.c[name] for name in columns))
        .where(table.c.submission_id.in_(counted_submissions(contract, None, known_at)))
        .order_by(table.c.submission_id, table.c.layout_index, table.c.source_row)
    )
    return [dict(row) for row in connection.execute(statement).mappings()]


def _scopes(present: set[object]) -> list[Row]:
    """The scopes the plan has, in the order of the contract's choices."""
    known = shipped_contracts()["indicator_target"].column("scope_code").choices or {}
    scopes = [scope for scope in known if scope in present]
    return [{"scope_code": scope, "ordinal": number} for number, scope in enumerate(scopes, start=1)]


def _numbered(facts: Iterable[Row], key: Sequence[str], rest: Sequence[str]) -> list[Row]:
    """The first row of each key, numbered in the order of the plan; a row whose key has a blank is none."""
    first: dict[tuple[object, ...], Row] = {}
    for fact in facts:
        identity = tuple(fact[name] for name in key)
        if None not in identity:
            first.setdefault(identity, {name: fact[name] for name in (*key, *rest)})
    return [{**row, "ordinal": number} for number, row in enumerate(first.values(), start=1)]


def _replace(connection: Connection, model: type[Base], rows: Sequence[Row]) -> None:
    connection.execute(delete(table_of(model)))
    if rows:
        connection.execute(insert(table_of(model)), list(rows))
