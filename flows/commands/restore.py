"""`doublehigh restore`: put a back-up back into an office that has nothing yet."""

from __future__ import annotations

from pathlib import Path

import click

from flows.backup import belongings_of
from flows.settings import read_settings
from tasks.backup import restore
from warehouse.migrate import is_current


@click.command("restore")
@click.argument("backup", type=click.Path(exists=True, file_okay=False, path_type=Path))
def command(backup: Path) -> None:
    r"""Put BACKUP back where the settings say. Every file is checked first; nothing that is there is overwritten.

    \b
    Example:
      DOUBLEHIGH_HOME=/var/lib/doublehigh-new doublehigh restore /mnt/disk2/doublehigh/doublehigh-20261124T040000Z
    """
    settings = read_settings()
    settings.home.mkdir(parents=True, exist_ok=True)
    count = restore(backup, belongings_of(settings))
    click.echo(
        f"{count} files are back; the warehouse is {settings.warehouse_url.partition('@')[2] or settings.warehouse_url}"
    )
    if not is_current(settings.warehouse_url):
        click.echo("the warehouse is of an earlier version of the program: run `doublehigh migrate` next")
