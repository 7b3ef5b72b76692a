"""`doublehigh impact`: what a file would change if it were accepted."""

from __future__ import annotations

import json
from pathlib import Path

import click

from flows.command_line import ExitCode
from flows.settings import read_settings


@click.command("impact")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--partner", required=True, help="Code of the partner whose file it is.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for another program.")
def command(file: Path, partner: str, as_json: bool) -> None:
    r"""Say what FILE would change if it were accepted: rows new, changed, gone; figures that move. Nothing is written.

    \b
    Example:
      doublehigh impact 2021年度师资培训台账.xlsx --partner hetian
    """
    read_settings()
    from flows.impact import preview_file  # noqa: PLC0415 - Prefect takes two seconds to import
    from flows.office import instant_or_now, open_office  # noqa: PLC0415

    with open_office() as office:
        preview = preview_file(office, file, partner, instant_or_now(None))
    record = json.dumps(preview.as_record(), ensure_ascii=False, indent=2)
    click.echo(record if as_json else "\n".join(preview.told()))
    if not preview.ledgers:
        raise click.exceptions.Exit(ExitCode.FINDINGS)
