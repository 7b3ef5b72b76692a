"""Migrations bring an empty database to exactly the tables of the program, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, insert, inspect, text
from sqlalchemy.exc import DBAPIError

from schemas.errors import MisconfiguredError
from warehouse.engine import begin_write, open_engine
from warehouse.migrate import differences, is_current, migrate, write_migration
from warehouse.tables import Decision, all_tables

NOW = datetime(2021, 9, 1, 2, tzinfo=UTC)


def test_a_migrated_warehouse_differs_in_nothing_from_the_tables(engine: Engine) -> None:
    with engine.connect() as connection:
        assert differences(connection) == []
        assert set(inspect(connection).get_table_names()) == {*all_tables().tables, "alembic_version"}


def test_migrating_twice_changes_nothing_and_down_again_leaves_nothing(empty_url: str) -> None:
    assert not is_current(empty_url)
    migrate(empty_url)
    migrate(empty_url)
    assert is_current(empty_url)
    downgrade(empty_url)
    assert not is_current(empty_url)
    migrate(empty_url)
    assert is_current(empty_url)


def downgrade(url: str) -> None:
    from alembic import command
    from alembic.config import Config

    from warehouse.migrate import MIGRATIONS

    engine = open_engine(url)
    with begin_write(engine) as connection:
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(MIGRATIONS))
        config.set_main_option("path_separator", "os")
        command.downgrade(config, "base")
    with engine.connect() as connection:
        assert inspect(connection).get_table_names() == ["alembic_version"]
    engine.dispose()


def test_a_warehouse_of_a_newer_program_is_refused(warehouse_url: str) -> None:
    engine = open_engine(warehouse_url)
    with begin_write(engine) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    assert not is_current(warehouse_url)
    with pytest.raises(MisconfiguredError, match="9999"):
        migrate(warehouse_url)


def test_there_is_nothing_to_write_when_contracts_and_migrations_agree() -> None:
    with pytest.raises(MisconfiguredError, match="agree already"):
        write_migration("nothing")


@pytest.mark.parametrize("statement", ["UPDATE decision SET why = 'else'", "DELETE FROM decision"])
def test_the_database_refuses_to_change_a_decision(engine: Engine, statement: str) -> None:
    decision = {
        "decided_at": NOW,
        "decided_by": "双高办",
        "kind": "waive",
        "subject_kind": "finding",
        "subject": "1",
        "why": "已核实",
    }
    with begin_write(engine) as connection:
        connection.execute(insert(Decision).values(decision))
    with pytest.raises(DBAPIError, match="append-only"), begin_write(engine) as connection:
        connection.execute(text(statement))
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT why FROM decision")) == "已核实"
