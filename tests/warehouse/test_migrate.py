"""Migrations bring an empty database to exactly the tables of the program, on both databases."""

from __future__ import annotations

import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, insert, inspect, text
from sqlalchemy.exc import DBAPIError

from schemas.errors import MisconfiguredError
from warehouse.engine import begin_write, open_engine
from warehouse.migrate import differences, is_current, migrate, write_migration
from warehouse.tables import Decision, all_tables, fact_tables

ROOT = Path(__file__).parents[2]
NOW = datetime(2021, 9, 1, 2, tzinfo=UTC)


def test_a_migrated_warehouse_differs_in_nothing_from_the_tables(engine: Engine) -> None:
    with engine.connect() as connection:
        assert differences(connection) == []
        assert set(inspect(connection).get_table_names()) == {*all_tables().tables, "alembic_version"}


def test_a_fresh_fact_table_has_exactly_the_columns_of_its_contract(engine: Engine) -> None:
    with engine.connect() as connection:
        found = {
            name: {column["name"] for column in inspect(connection).get_columns(f"fact_{name}")}
            for name in fact_tables()
        }
    assert found == {name: {column.name for column in table.columns} for name, table in fact_tables().items()}


def test_a_column_no_contract_asks_for_any_more_is_kept(engine: Engine) -> None:
    with begin_write(engine) as connection:
        connection.execute(text("ALTER TABLE fact_award ADD COLUMN former_name TEXT"))
        connection.execute(text("CREATE TABLE fact_former (former_name TEXT)"))
        connection.execute(text("CREATE TABLE stray (name TEXT)"))
    with engine.connect() as connection:
        assert [(change[0], change[1].name) for change in differences(connection)] == [("remove_table", "stray")]


def test_a_new_contract_and_a_new_column_get_their_migration(tmp_path: Path) -> None:
    for room in ("schemas", "warehouse"):
        shutil.copytree(ROOT / room, tmp_path / room, ignore=shutil.ignore_patterns("__pycache__"))
    contracts = tmp_path / "schemas/contracts"
    award = (contracts / "award.yaml").read_text(encoding="utf-8")
    (contracts / "prize.yaml").write_text(award.replace("contract: award", "contract: prize"), encoding="utf-8")
    column = "columns:\n  - {name: prize_count, header: 奖项数, type: count, description: 奖项的个数}\n"
    (contracts / "award.yaml").write_text(award.replace("columns:\n", column), encoding="utf-8")
    written = run(tmp_path, "from warehouse.migrate import write_migration; print(write_migration('Prizes').name)")
    shipped = len(list((ROOT / "warehouse/migrations/versions").glob("0*.py")))
    assert written == f"{shipped + 1:04}_prizes.py"
    url = f"sqlite:///{tmp_path}/warehouse.db"
    run(tmp_path, f"from warehouse.migrate import migrate; migrate({url!r}, '0001'); migrate({url!r})")
    engine = open_engine(url)
    with engine.connect() as connection:
        columns = {
            table: [column["name"] for column in inspect(connection).get_columns(table)]
            for table in ("fact_award", "fact_prize")
        }
    engine.dispose()
    assert columns["fact_award"][-2:] == ["prize_count", "is_approx_prize_count"]
    assert "contest_name" in columns["fact_prize"]


def test_a_warehouse_in_use_keeps_its_rows_through_every_migration(empty_url: str) -> None:
    migrate(empty_url, "0001")
    engine = open_engine(empty_url)
    with begin_write(engine) as connection:
        connection.execute(
            text(
                "INSERT INTO report_issue (id, year, as_of_on, known_at, issued_at, issued_by, versions, files) "
                "VALUES (1, 2021, '2021-12-31', '2022-01-01', '2022-01-01', 'doublehigh', '{}', '{}')"
            )
        )
        connection.execute(
            text(
                "INSERT INTO figure (report_issue_id, figure_id, indicator, title, unit, state, rows_observed, window_from, "
                "window_to, is_approximate, approximate_part, slice_names) VALUES (1, 'f', 'i', 't', '人', 'measured', 1, "
                "'2021-01-01', '2021-12-31', false, '0', '[]')"
            )
        )
    migrate(empty_url)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT state, issued_by FROM report_issue")).all() == [("issued", "doublehigh")]
        assert connection.scalar(text("SELECT count(*) FROM figure")) == 1
    engine.dispose()


def run(folder: Path, program: str) -> str:
    command = [sys.executable, "-W", "error", "-c", program]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


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
