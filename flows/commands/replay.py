"""`doublehigh replay`: read again what is held back, under today's contracts, code lists and answers."""

from __future__ import annotations

import json

import click

from flows.progress import progress_shown
from flows.settings import read_settings


@click.command("replay")
@click.option("--partner", help="Only this partner's files.")
@click.option("--contract", help="Only this kind of spreadsheet.")
@click.option("--sha", help="Only the file whose sha256 begins so, whatever became of it.")
@click.option("--in-force", is_flag=True, help="Also files in force without a row held back.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for another program.")
def command(partner: str | None, contract: str | None, sha: str | None, in_force: bool, as_json: bool) -> None:
    r"""Read held files again from the archive and judge them anew. Only verdicts that changed are loaded and told.

    \b
    Examples:
      doublehigh replay
      doublehigh replay --partner hetian --contract training_session
    """
    read_settings()
    from flows.replay import headline, replay  # noqa: PLC0415 - Prefect takes two seconds to import

    with progress_shown():
        summary = replay(partner_code=partner, contract=contract, sha256=sha, in_force_too=in_force)
    click.echo(json.dumps(summary.as_record(), ensure_ascii=False, indent=2) if as_json else headline(summary))
