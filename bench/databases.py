"""Bench: an empty database of its own for every run: an SQLite file, or a database on a PostgreSQL server one may create them on."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from sqlalchemy import make_url


@contextmanager
def new_database(kind: str, folder: Path) -> Iterator[str]:
    """The URL of an empty database, gone at the end.

    Args:
        kind: "sqlite", or the URL of a PostgreSQL database whose user may create databases.
        folder: where an SQLite file stands.
    """
    name = f"bench_{uuid.uuid4().hex[:12]}"
    if kind == "sqlite":
        yield f"sqlite:///{folder / name}.db"
        return
    with _administer(kind) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    try:
        yield make_url(kind).set(drivername="postgresql", database=name).render_as_string(hide_password=False)
    finally:
        with _administer(kind) as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _administer(url: str) -> psycopg.Connection:
    return psycopg.connect(
        make_url(url).set(drivername="postgresql").render_as_string(hide_password=False), autocommit=True
    )
