"""Databases for the tests: a migrated SQLite file, and a database of a throw-away PostgreSQL cluster, fresh for each test."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import Engine

from schemas.cells import CellColumn, ConformedCell
from schemas.contract import Contract, shipped_contracts
from schemas.values import Conformed, Delivery, SheetLayout, SubmissionState, Verdict
from tests.demonstration import Demonstration, demonstrate
from tests.servers.postgres import PostgresServer, postgres_server
from warehouse.engine import open_engine
from warehouse.migrate import migrate


@pytest.fixture
def make_delivery(tmp_path: Path) -> Callable[..., Delivery]:
    """Builds deliveries: `make_delivery("A")` has the bytes "A"; the rest can be told by name."""

    def make(content: str = "A", **told: object) -> Delivery:
        digest = hashlib.sha256(content.encode()).hexdigest()
        usual = {
            "sha256": digest, "partner_code": "hetian", "channel": "folder", "address": "folder:hetian/台账.xlsx",
            "file_name": "台账.xlsx", "size_bytes": len(content), "seen_at": datetime(2021, 9, 1, 18, tzinfo=UTC),
            "path": tmp_path / digest, "modified_at": datetime(2021, 9, 1, tzinfo=UTC),
        }  # fmt: skip
        return Delivery(**{**usual, **told})

    return make


@pytest.fixture
def make_verdict() -> Callable[..., Verdict]:
    """Builds verdicts: `make_verdict(delivery, rows)`, a row being {column: value or ConformedCell}; what is left out is blank."""

    def make(delivery: Delivery, rows: Sequence[Mapping[str, object]], **told: object) -> Verdict:
        contract = shipped_contracts()[str(told.pop("contract", "training_session"))]
        period = str(told.pop("period", "2021"))
        usual = {"state": SubmissionState.ACCEPTED, "findings": (), "held": np.array([], dtype=np.int64)}
        return Verdict(_conformed(delivery, contract, period, rows), **{**usual, **told})

    return make


def _conformed(delivery: Delivery, contract: Contract, period: str, rows: Sequence[Mapping[str, object]]) -> Conformed:
    headers = {column.name: (number, column.header) for number, column in enumerate(contract.columns, start=1)}
    layout = SheetLayout("Sheet1", 3, 3, headers, fingerprint="f")
    columns = {column.name: _encoded([row.get(column.name) for row in rows]) for column in contract.columns}
    return Conformed(
        delivery.sha256, delivery.partner_code, contract.contract, period, (layout,),
        rows=np.arange(4, 4 + len(rows), dtype=np.int32), layout_index=np.zeros(len(rows), dtype=np.int32), columns=columns,
    )  # fmt: skip


def _encoded(values: Sequence[object]) -> CellColumn:
    cells = [value if isinstance(value, ConformedCell) else _cell(value) for value in values]
    distinct = tuple(dict.fromkeys(cells))
    return CellColumn(np.array([distinct.index(cell) for cell in cells], dtype=np.int32), distinct)


def _cell(value: object) -> ConformedCell:
    return ConformedCell("" if value is None else str(value), value)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def database(request: pytest.FixtureRequest) -> str:
    """The name of the database under test; a test that asks for any fixture below runs once on each."""
    return str(request.param)


@pytest.fixture
def empty_url(database: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without any table."""
    if database == "sqlite":
        yield f"sqlite:///{tmp_path}/warehouse.db"
        return
    with request.getfixturevalue("postgresql_server").new_database("template0") as url:
        yield url


@pytest.fixture
def warehouse_url(database: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a migrated, empty warehouse of the test's own."""
    if database == "sqlite":
        yield request.getfixturevalue("new_sqlite_warehouse")
        return
    request.getfixturevalue("postgresql_template")
    with request.getfixturevalue("postgresql_server").new_database("migrated") as url:
        yield url


@pytest.fixture
def new_sqlite_warehouse(sqlite_template: Path, tmp_path: Path) -> str:
    """The URL of a migrated, empty SQLite warehouse: for tests that look at something else than the database."""
    shutil.copyfile(sqlite_template, tmp_path / "warehouse.db")
    return f"sqlite:///{tmp_path}/warehouse.db"


@pytest.fixture
def engine(warehouse_url: str) -> Iterator[Engine]:
    """An engine on a migrated, empty warehouse of the test's own."""
    engine = open_engine(warehouse_url)
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy: migrating once a session instead of once a test."""
    path = tmp_path_factory.mktemp("template") / "warehouse.db"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgresql_template(postgresql_server: PostgresServer) -> None:
    """A migrated database to clone."""
    with postgresql_server.administer() as connection:
        connection.execute("CREATE DATABASE migrated TEMPLATE template0")
    migrate(postgresql_server.url("migrated"))


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[PostgresServer]:
    """A PostgreSQL server of this session's own."""
    with postgres_server() as server:
        yield server


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demonstration:
    """What `make demo` leaves; tests that use it share the xdist group "demo", so that it runs once."""
    return demonstrate(tmp_path_factory.mktemp("demo"))
