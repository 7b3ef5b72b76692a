"""`doublehigh replay`: read again what is held back, under today's contracts, code lists and answers."""

from __future__ import annotations

import json

import click

from flows.progress import progress_shown
from flows.settings import read_settings


@click.command("replay")
@click.option("--partner", help="Only this partner's files.")
@click.option("--contract", help="Only this kind of spreadsheet.")
@click.option("--period", help="Only ledgers of this year.")
@click.option("--rule", help="Only ledgers with a finding of this rule, in force or not.")
@click.option(
    "--changed", is_flag=True, help="Only ledgers judged under another version of their contract, in force or not."
)
@click.option("--sha", help="Only the file whose sha256 begins so, whatever became of it.")
@click.option("--in-force", is_flag=True, help="Also files in force without a row held back.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for another program.")
def command(
    partner: str | None,
    contract: str | None,
    period: str | None,
    rule: str | None,
    changed: bool,
    sha: str | None,
    in_force: bool,
    as_json: bool,
) -> None:
    r"""Read held files again from the archive and judge them anew. Only what changed is loaded, only changed verdicts are told.

    \b
    Examples:
      doublehigh replay
      doublehigh replay --partner hetian --contract training_session
      doublehigh replay --rule training_session.ends_after_start --period 2021
      doublehigh replay --changed
    """
    read_settings()
    from flows.replay import headline, replay  # noqa: PLC0415 - Prefect takes two seconds to import

    with progress_shown():
        summary = replay(
            partner_code=partner, contract=contract, period=period, rule_id=rule, contract_changed=changed, sha256=sha,
            in_force_too=in_force,
        )  # fmt: skip
    click.echo(json.dumps(summary.as_record(), ensure_ascii=False, indent=2) if as_json else headline(summary))
