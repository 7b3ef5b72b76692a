"""The office a flow works in: settings, contracts, partners and the warehouse, opened once and handed down."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine

from flows.registry import registry_of
from flows.settings import Settings, read_settings
from schemas.contract import Contract, shipped_contracts
from schemas.errors import MisconfiguredError
from sources.registry import Registry
from warehouse.engine import open_engine
from warehouse.migrate import is_current, migrate


@dataclass(frozen=True, slots=True)
class Office:
    """Everything a step may need that does not change during a run."""

    settings: Settings
    contracts: Mapping[str, Contract]
    registry: Registry
    engine: Engine


@contextmanager
def open_office(settings: Settings | None = None) -> Iterator[Office]:
    """The office of these settings; its database connections are closed at the end.

    Raises:
        MisconfiguredError: a setting or a partner or contract file is wrong, or the warehouse needs `doublehigh migrate`.
        UnavailableError: the warehouse cannot be reached.
    """
    settings = settings or read_settings()
    engine = open_warehouse(settings)
    try:
        yield Office(settings, shipped_contracts(), registry_of(settings), engine)
    finally:
        engine.dispose()


def open_warehouse(settings: Settings) -> Engine:
    """The warehouse, at the newest schema. A SQLite warehouse that is not there yet is made; any other is left to `migrate`.

    Raises:
        MisconfiguredError: the schema is not the newest.
        UnavailableError: the database cannot be reached.
    """
    settings.home.mkdir(parents=True, exist_ok=True)
    if _is_new_sqlite(settings.warehouse_url):
        migrate(settings.warehouse_url)
    engine = open_engine(settings.warehouse_url)
    if not is_current(settings.warehouse_url):
        engine.dispose()
        raise MisconfiguredError("the warehouse is not at the newest schema: run `doublehigh migrate`")
    return engine


def _is_new_sqlite(url: str) -> bool:
    database = url.removeprefix("sqlite:///")
    return database != url and not Path(database).exists()


def instant_or_now(at: datetime | None) -> datetime:
    """The instant given, or now, in UTC. An instant without a zone is taken as UTC."""
    if at is None:
        return datetime.now(UTC)
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
