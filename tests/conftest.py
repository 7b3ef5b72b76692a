"""Databases for the tests: a migrated SQLite file, and a database of a throw-away PostgreSQL cluster, fresh for each test."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import psycopg
import pytest
from sqlalchemy import Engine

from schemas.cells import CellColumn, ConformedCell
from schemas.contract import Contract, shipped_contracts
from schemas.values import Conformed, Delivery, SheetLayout, SubmissionState, Verdict
from tests.demonstration import Demonstration, demonstrate
from warehouse.engine import open_engine
from warehouse.migrate import migrate

INSTALL = "PostgreSQL server programs (initdb, postgres) not found; run scripts/install_system_packages.sh"
SUPERUSER = "doublehigh"


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
    yield from _new_database(request.getfixturevalue("postgresql_cluster"), "template0")


@pytest.fixture
def warehouse_url(database: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a migrated, empty warehouse of the test's own."""
    if database == "sqlite":
        yield request.getfixturevalue("new_sqlite_warehouse")
        return
    cluster = request.getfixturevalue("postgresql_cluster")
    request.getfixturevalue("postgresql_template")
    yield from _new_database(cluster, "migrated")


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
def postgresql_template(postgresql_cluster: Path) -> None:
    """A migrated database to clone."""
    with _administer(postgresql_cluster) as connection:
        connection.execute("CREATE DATABASE migrated TEMPLATE template0")
    migrate(_url(postgresql_cluster, "migrated"))


@pytest.fixture(scope="session")
def postgresql_cluster() -> Iterator[Path]:
    """A PostgreSQL server of this session's own, reached through a socket in the folder it yields."""
    programs = _server_programs()
    if programs is None:
        if os.environ.get("CI"):
            pytest.fail(f"CI must test PostgreSQL too: {INSTALL}")
        pytest.skip(f"PostgreSQL NOT TESTED: {INSTALL}")
    # Not pytest's own folder: a socket path may have 107 characters, and root's folders are closed to the server's user.
    folder = Path(tempfile.mkdtemp(prefix="doublehigh-", dir="/tmp"))
    try:
        yield from _run_server(programs, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run_server(programs: Path, folder: Path) -> Iterator[Path]:
    user = _server_user()
    if user:
        shutil.chown(folder, user)
    data = folder / "data"
    initialise = [
        programs / "initdb",
        "-D",
        data,
        "-U",
        SUPERUSER,
        "-A",
        "trust",
        "-E",
        "UTF8",
        "--no-locale",
        "--no-sync",
    ]
    subprocess.run(initialise, check=True, user=user, cwd="/", stdout=subprocess.DEVNULL)
    durable = [
        option for name in ("fsync", "full_page_writes", "synchronous_commit") for option in ("-c", f"{name}=off")
    ]
    arguments = [programs / "postgres", "-D", data, "-k", folder, "-c", "listen_addresses=", *durable]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(arguments, user=user, cwd="/", stdout=log, stderr=log)
    try:
        _wait_until_ready(folder, server)
        yield folder
    finally:
        server.send_signal(signal.SIGINT)  # fast shutdown
        server.wait(timeout=30)


def _server_programs() -> Path | None:
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    on_path = shutil.which("pg_ctl")
    candidates = [*([Path(on_path).resolve().parent] if on_path else []), *reversed(installed)]
    return next(
        (folder for folder in candidates if (folder / "initdb").exists() and (folder / "postgres").exists()), None
    )


def _server_user() -> str | None:
    """PostgreSQL refuses to run as root; its package brings a user for it."""
    return "postgres" if os.geteuid() == 0 else None


def _wait_until_ready(folder: Path, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if server.poll() is not None:
            break
        try:
            _administer(folder).close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return
    pytest.fail(f"the PostgreSQL server did not start:\n{(folder / 'log').read_text(errors='replace')}")


def _administer(folder: Path) -> psycopg.Connection:
    return psycopg.connect(host=str(folder), user=SUPERUSER, dbname="postgres", autocommit=True)


def _url(folder: Path, database: str) -> str:
    return f"postgresql://{SUPERUSER}@/{database}?host={folder}"


def _new_database(folder: Path, template: str) -> Iterator[str]:
    name = f"test_{uuid.uuid4().hex}"
    with _administer(folder) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
    yield _url(folder, name)
    with _administer(folder) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demonstration:
    """What `make demo` leaves; tests that use it share the xdist group "demo", so that it runs once."""
    return demonstrate(tmp_path_factory.mktemp("demo"))
