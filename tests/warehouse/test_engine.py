"""Opening the warehouse: its pragmas, and errors an operator can act on."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from sqlalchemy import text

from schemas.errors import MisconfiguredError, UnavailableError
from warehouse.engine import begin_write, open_engine


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("warehouse.db", "expected sqlite:"),
        ("mysql://host/database", "'mysql'; expected sqlite:"),
        ("sqlite://", "needs a file"),
        ("sqlite:////no/such/folder/warehouse.db", "/no/such/folder; create it"),
    ],
)
def test_a_wrong_url_says_what_is_expected(url: str, said: str) -> None:
    with pytest.raises(MisconfiguredError, match=said):
        open_engine(url)


def test_a_server_that_does_not_answer_is_named_without_its_password(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match="cannot be opened") as caught:
        open_engine(f"postgresql://office:geheim@/warehouse?host={tmp_path}")
    assert "geheim" not in str(caught.value)


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "warehouse.db").write_text("这不是数据库" * 100, encoding="utf-8")
    with pytest.raises(UnavailableError, match=r"warehouse\.db cannot be opened: file is not a database"):
        open_engine(f"sqlite:///{tmp_path}/warehouse.db")


def test_sqlite_runs_in_wal_with_foreign_keys(new_sqlite_warehouse: str) -> None:
    engine = open_engine(new_sqlite_warehouse)
    with engine.connect() as connection:
        pragmas = ("journal_mode", "foreign_keys", "synchronous", "busy_timeout")
        found = [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in pragmas]
    engine.dispose()
    assert found == ["wal", 1, 1, 60000]


def test_a_second_writer_waits_for_the_first_and_loses_nothing(warehouse_url: str) -> None:
    def count_up() -> None:
        engine = open_engine(warehouse_url)
        for _ in range(20):
            with begin_write(engine) as connection:
                value = connection.execute(text("SELECT value FROM counter")).scalar_one()
                connection.execute(text("UPDATE counter SET value = :value"), {"value": value + 1})
        engine.dispose()

    engine = open_engine(warehouse_url)
    with begin_write(engine) as connection:
        connection.execute(text("CREATE TABLE counter (value INTEGER)"))
        connection.execute(text("INSERT INTO counter VALUES (0)"))
    writers = [threading.Thread(target=count_up) for _ in range(2)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT value FROM counter")) == 40
    engine.dispose()
