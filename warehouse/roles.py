"""Who may do what in a PostgreSQL warehouse: three roles to lend to logins, brought up to date with every migration.

`doublehigh_writer` runs the nights; `doublehigh_reporter` measures, which takes telling persons apart, and records reports;
`doublehigh_reader` looks, and sees no column that names persons or tells them apart, no row held back verbatim and no address.
SQLite has no roles: who reads the file reads all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from sqlalchemy import Connection, Table, text

from schemas.contract import Privacy, shipped_contracts
from warehouse.tables import all_tables

WRITER, REPORTER, READER = "doublehigh_writer", "doublehigh_reporter", "doublehigh_reader"
ROLES = (WRITER, REPORTER, READER)
UNSEEN = frozenset({"quarantine", "dispatch", "sighting", "question", "alembic_version"})
"""What a reader sees nothing of: rows held back verbatim, and tables with addresses of people or texts they wrote."""
REPORTED = frozenset(
    {"figure", "report_issue", "decision", "dispatch", "dim_indicator", "dim_scope", "dim_project", "dim_task"}
)
"""What a reporter adds to."""


def grant_roles(connection: Connection) -> None:
    """Make the roles that are missing, if the login may, and give each what it needs of every table; nothing on SQLite.

    A login that may not make roles leaves them to `CREATE ROLE`, and the next migration gives them their rights.
    """
    if connection.dialect.name != "postgresql":
        return
    _create_missing(connection)
    for role in _present(connection):
        for statement in _statements(role, _schema(connection)):
            connection.execute(text(statement))


def _create_missing(connection: Connection) -> None:
    may = connection.scalar(text("SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user"))
    for role in ROLES if may else ():
        if role not in _present(connection):
            connection.execute(text(f"CREATE ROLE {role} NOLOGIN"))


def _present(connection: Connection) -> list[str]:
    found = connection.scalars(text("SELECT rolname FROM pg_roles WHERE rolname = ANY(:names)"), {"names": list(ROLES)})
    present = set(found)
    return [role for role in ROLES if role in present]


def _schema(connection: Connection) -> str:
    return str(connection.scalar(text("SELECT quote_ident(current_schema())")))


def _statements(role: str, schema: str) -> Iterator[str]:
    yield f"GRANT USAGE ON SCHEMA {schema} TO {role}"
    yield f"REVOKE ALL ON ALL TABLES IN SCHEMA {schema} FROM {role}"
    if role != READER:
        yield f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA {schema} TO {role}"
    for table in all_tables().sorted_tables:
        yield from _on_table(role, table)


def _on_table(role: str, table: Table) -> Iterator[str]:
    if role == WRITER:
        yield f'GRANT SELECT, INSERT, UPDATE, DELETE ON "{table.name}" TO {role}'
        return
    if role == REPORTER and table.name != "quarantine":
        also = ", INSERT, UPDATE" if table.name in REPORTED else ""
        yield f'GRANT SELECT{also} ON "{table.name}" TO {role}'
    if role == READER and table.name not in UNSEEN:
        yield f'GRANT SELECT ({_quoted(seen_columns(table))}) ON "{table.name}" TO {role}'


def seen_columns(table: Table) -> list[str]:
    """The columns of a table that everybody may see."""
    hidden = _personal().get(table.name, frozenset())
    return [column.name for column in table.columns if column.name not in hidden]


def _personal() -> Mapping[str, frozenset[str]]:
    """Columns that name persons or tell them apart, by fact table; each with the twin that says it is approximate."""
    found = {}
    for contract in shipped_contracts().values():
        names = [column.name for column in contract.columns if column.privacy is not Privacy.NONE]
        found[f"fact_{contract.contract}"] = frozenset([*names, *(f"is_approx_{name}" for name in names)])
    return found


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)
