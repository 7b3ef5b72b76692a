"""Brings a warehouse to the newest tables, and writes the migration after a contract was added or changed."""

from __future__ import annotations

import tempfile
from argparse import Namespace
from pathlib import Path
from sqlite3 import Connection as SqliteConnection

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, event
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.schema import SchemaItem

from schemas.errors import MisconfiguredError
from warehouse.engine import begin_write, open_engine
from warehouse.facts import is_kept_history
from warehouse.roles import grant_roles
from warehouse.tables import all_tables

MIGRATIONS = Path(__file__).parent / "migrations"


def migrate(url: str, revision: str = "head") -> None:
    """Bring the warehouse at `url` to `revision`, and the rights of its roles to its tables; repeating it changes nothing.

    Raises:
        MisconfiguredError: the URL is wrong, or the warehouse was made by a newer program.
        UnavailableError: the database does not answer.
    """
    engine = open_engine(url)
    try:
        with begin_write(_rebuilding_tables(engine)) as connection:
            _refuse_newer(connection)
            command.upgrade(_config(connection), revision)
            _check_references(connection)
            if revision == "head":
                grant_roles(connection)
    finally:
        engine.dispose()


def is_current(url: str) -> bool:
    """Whether the warehouse has had every migration this program knows.

    Raises:
        MisconfiguredError: the URL is wrong.
        UnavailableError: the database does not answer.
    """
    engine = open_engine(url)
    try:
        with engine.connect() as connection:
            heads = MigrationContext.configure(connection).get_current_heads()
            return set(heads) == set(_scripts().get_heads())
    finally:
        engine.dispose()


def differences(connection: Connection) -> list[object]:
    """What the tables of the program have and the database lacks, or the other way round, as alembic words it.

    Facts that no contract asks for any more are no difference: they are kept.
    """
    context = MigrationContext.configure(connection, opts={"compare_type": True, "include_object": is_compared})
    return list(compare_metadata(context, all_tables()))


def is_compared(
    item: SchemaItem, _name: str | None, _kind: str, reflected: bool, counterpart: SchemaItem | None
) -> bool:
    """Alembic's question whether to compare something of the database with the tables of the program."""
    return not is_kept_history(item, reflected, counterpart)


def write_migration(message: str) -> Path:
    """Write the migration from the newest known tables to those of the contracts as they stand; returns its file.

    It compares with a throw-away SQLite warehouse, so no database of anybody is touched. Read the file before committing it.

    Raises:
        MisconfiguredError: the contracts and the migrations agree already: there is nothing to write.
    """
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/newest.db"
        migrate(url)
        engine = open_engine(url)
        try:
            with begin_write(engine) as connection:
                return _write(connection, message)
        finally:
            engine.dispose()


def _write(connection: Connection, message: str) -> Path:
    if not differences(connection):
        raise MisconfiguredError("the contracts and the migrations agree already; change a contract first")
    number = f"{len(list(_scripts().walk_revisions())) + 1:04d}"
    script = command.revision(_config(connection), message, autogenerate=True, rev_id=number)
    if script is None or isinstance(script, list):
        raise RuntimeError("alembic wrote no single migration file")
    return Path(script.path)


def _rebuilding_tables(engine: Engine) -> Engine:
    """The engine with SQLite's watch over references off, which cannot be turned off once a transaction has begun.

    SQLite changes a column by building its table anew, and dropping the old one would delete what refers to it.
    """
    if engine.dialect.name == "sqlite":
        engine.dispose()
        event.listen(engine, "connect", _watch_no_references)
    return engine


def _watch_no_references(connection: SqliteConnection, _record: ConnectionPoolEntry) -> None:
    connection.execute("PRAGMA foreign_keys = OFF")


def _check_references(connection: Connection) -> None:
    if connection.dialect.name != "sqlite":
        return
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
    if broken:
        raise RuntimeError(
            f"the migration left {broken[0]} referring to rows of {broken[2]} that are gone; nothing was changed"
        )


def _refuse_newer(connection: Connection) -> None:
    known = {script.revision for script in _scripts().walk_revisions()}
    unknown = set(MigrationContext.configure(connection).get_current_heads()) - known
    if unknown:
        raise MisconfiguredError(
            f"the warehouse was made by a newer program (its migration {', '.join(sorted(unknown))} is not known here); "
            "install that version or use another warehouse"
        )


def _config(connection: Connection | None = None) -> Config:
    config = Config(attributes={"connection": connection}, cmd_opts=Namespace(quiet=True))
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())
