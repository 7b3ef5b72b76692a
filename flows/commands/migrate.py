"""`doublehigh migrate`: the warehouse to the newest schema, a new migration from changed contracts, or the check of both."""

from __future__ import annotations

import tempfile
from pathlib import Path

import click

from flows.settings import read_settings
from schemas.errors import MisconfiguredError
from warehouse.engine import open_engine
from warehouse.migrate import differences, is_current, migrate, write_migration


@click.command("migrate")
@click.option(
    "--write",
    "message",
    metavar="MESSAGE",
    help="Write the migration from the last one to the contracts as they stand.",
)
@click.option(
    "--check", is_flag=True, help="Fail when migrations and contracts disagree; touches no warehouse of yours."
)
def command(message: str | None, check: bool) -> None:
    r"""Bring the warehouse to the newest schema. Nothing happens when it stands there already.

    \b
    Examples:
      doublehigh migrate
      doublehigh migrate --write "add library_visit"
    """
    if check:
        _check()
    elif message:
        click.echo(f"written: {write_migration(message)}; read it, then run `doublehigh migrate`")
    else:
        _migrate()


def _migrate() -> None:
    settings = read_settings()
    settings.home.mkdir(parents=True, exist_ok=True)
    migrate(settings.warehouse_url)
    if not is_current(settings.warehouse_url):
        raise MisconfiguredError("the warehouse did not reach the newest schema")
    click.echo("the warehouse is at the newest schema")


def _check() -> None:
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'check.db'}"
        migrate(url)
        engine = open_engine(url)
        try:
            with engine.connect() as connection:
                found = differences(connection)
        finally:
            engine.dispose()
    if found:
        raise MisconfiguredError("migrations and contracts disagree: " + "; ".join(map(str, found)))
    click.echo("migrations and contracts agree")
