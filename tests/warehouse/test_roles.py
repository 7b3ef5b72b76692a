"""PostgreSQL's roles, tried as those roles: who looks sees nobody, who reports changes no fact, nobody rewrites the journal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from psycopg.errors import InsufficientPrivilege
from sqlalchemy import Connection, Engine, Executable, func, insert, select, text
from sqlalchemy.exc import DBAPIError

from schemas.contract import Privacy, shipped_contracts
from warehouse.migrate import migrate
from warehouse.roles import READER, REPORTED, REPORTER, ROLES, UNSEEN, WRITER
from warehouse.tables import Decision, Submission, all_tables

NOW = datetime(2021, 9, 1, 2, tzinfo=UTC)
DECISION = {
    "decided_at": NOW, "decided_by": "双高办", "kind": "waive", "subject_kind": "finding", "subject": "1", "why": "已核实",
}  # fmt: skip
pytestmark = pytest.mark.parametrize("database", ["postgresql"], indirect=True)


@contextmanager
def acting_as(engine: Engine, role: str) -> Iterator[Connection]:
    with engine.connect() as connection:
        connection.execute(text(f"SET LOCAL ROLE {role}"))
        yield connection
        connection.rollback()


def may(engine: Engine, role: str, statement: Executable) -> bool:
    try:
        with acting_as(engine, role) as connection:
            connection.execute(statement)
    except DBAPIError as error:
        if not isinstance(error.orig, InsufficientPrivilege):
            raise
        return False
    return True


def test_a_reader_reads_every_table_but_persons_and_what_people_wrote(engine: Engine) -> None:
    unread, hidden = set(), set()
    for table in all_tables().sorted_tables:
        seen = {column.name for column in table.columns if may(engine, READER, select(column))}
        if not seen:
            unread.add(table.name)
        else:
            hidden |= {(table.name, column.name) for column in table.columns if column.name not in seen}
    assert unread == UNSEEN - {"alembic_version"}
    assert hidden >= {
        (f"fact_{contract.contract}", column.name)
        for contract in shipped_contracts().values()
        for column in contract.columns
        if column.privacy in {Privacy.PERSONAL, Privacy.HASHED}
    }
    assert ("fact_dispatched_person", "person_name") in hidden
    assert len(hidden) < 30


@pytest.mark.parametrize(
    ("role", "changes"), [(READER, frozenset()), (REPORTER, REPORTED), (WRITER, frozenset(all_tables().tables))]
)
def test_each_adds_to_what_is_its_own_and_to_nothing_else(engine: Engine, role: str, changes: frozenset[str]) -> None:
    tables = all_tables().tables.items()
    changed = {
        name for name, table in tables if may(engine, role, insert(table).from_select(table.columns, select(table)))
    }
    assert changed == changes


def test_whoever_measures_reads_every_fact_and_nothing_held_back(engine: Engine) -> None:
    unread = {name for name, table in all_tables().tables.items() if not may(engine, REPORTER, select(table))}
    assert unread == {"quarantine"}


@pytest.mark.parametrize("role", [WRITER, REPORTER])
def test_a_decision_is_added_and_never_changed(engine: Engine, role: str) -> None:
    with acting_as(engine, role) as connection:
        connection.execute(insert(Decision).values(DECISION))
        assert connection.scalar(select(func.count()).select_from(Decision)) == 1
        with pytest.raises(DBAPIError, match="append-only"):
            connection.execute(text("UPDATE decision SET why = 'else'"))


def test_migrating_again_gives_rights_taken_away_back(engine: Engine, warehouse_url: str) -> None:
    with engine.begin() as connection:
        connection.execute(text(f"REVOKE ALL ON submission FROM {', '.join(ROLES)}"))
    assert not may(engine, READER, select(Submission.id))
    migrate(warehouse_url)
    assert may(engine, READER, select(Submission.id))
