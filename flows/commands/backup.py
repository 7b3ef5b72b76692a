"""`doublehigh backup`: copy everything that cannot be made again into one folder, while work goes on."""

from __future__ import annotations

from pathlib import Path

import click

from flows.backup import belongings_of
from flows.office import instant_or_now
from flows.settings import read_settings
from tasks.backup import back_up, check_back_up, drop_old


@click.command("backup")
@click.option(
    "--to",
    type=click.Path(file_okay=False, path_type=Path),
    help="Into this folder; default: the backup_folder setting.",
)
@click.option(
    "--verify",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="BACKUP",
    help="Write nothing; read every file of BACKUP and compare it with its hash.",
)
def command(to: Path | None, verify: Path | None) -> None:
    r"""Back up the warehouse, all files received, reports, mails, the key and the office's own partner files.

    Each back-up is whole by itself; files that stand in the one before take no room again. Settings are left out: they
    hold passwords. Old back-ups beyond the backup_keep setting are deleted, unless --to names another folder.

    \b
    Examples:
      doublehigh backup
      doublehigh backup --to /mnt/disk2/doublehigh
    """
    if verify:
        click.echo(f"{verify}: {check_back_up(verify)} files, each as it was written")
        return
    settings = read_settings()
    made = back_up(belongings_of(settings), to or settings.backup_folder, instant_or_now(None))
    dropped = [] if to else drop_old(settings.backup_folder, settings.backup_keep)
    click.echo(
        f"{made.folder}: {made.file_count} files, {made.size_bytes / 2**20:.1f} MB, "
        f"{made.shared_count} of them shared with the back-up before; {len(dropped)} old back-ups deleted"
    )
