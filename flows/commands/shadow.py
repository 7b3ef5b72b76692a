"""`doublehigh shadow`: a changed rule, tried on everything held and in force before it is put in place."""

from __future__ import annotations

import json
from pathlib import Path

import click

from flows.command_line import ExitCode
from flows.settings import read_settings


@click.command("shadow")
@click.argument("contract", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--to", type=click.Path(dir_okay=False, path_type=Path), help="Also write the result as a workbook (.xlsx)."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON for another program.")
def command(contract: Path, to: Path | None, as_json: bool) -> None:
    r"""Say what a changed CONTRACT (YAML) would do: who would fail, where, which figures would move. Nothing is written.

    Only rules, limits and code lists may differ from the contract in use, not its columns.

    \b
    Examples:
      doublehigh shadow training_session.yaml
      doublehigh shadow training_session.yaml --to 规则试行.xlsx
    """
    read_settings()
    from flows.office import instant_or_now, open_office  # noqa: PLC0415 - Prefect takes two seconds to import
    from flows.shadow import try_contract, write_report  # noqa: PLC0415

    with open_office() as office:
        tried = try_contract(office, contract, instant_or_now(None))
    if to:
        write_report(tried, to)
    record = json.dumps(tried.as_record(), ensure_ascii=False, indent=2)
    click.echo(record if as_json else "\n".join(tried.told()))
    if any(one.fails_newly for one in tried.shadow.ledgers):
        raise click.exceptions.Exit(ExitCode.FINDINGS)
