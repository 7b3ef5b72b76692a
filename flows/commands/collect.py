"""`doublehigh collect`: one night now, in this process, through the real Prefect flow."""

from __future__ import annotations

import json
from datetime import datetime

import click

from flows.command_line import ExitCode
from flows.progress import progress_shown
from flows.settings import read_settings


@click.command("collect")
@click.option("--partner", "partners", multiple=True, help="Only this partner (may be repeated).")
@click.option(
    "--at",
    type=click.DateTime(["%Y-%m-%dT%H:%M", "%Y-%m-%d"]),
    help="Take this as the night's time (office time zone).",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON for another program.")
def command(partners: tuple[str, ...], at: datetime | None, as_json: bool) -> None:
    r"""Run one night now: fetch, read, validate, load, answer. Exit code 1 when something was held back or refused.

    \b
    Examples:
      doublehigh collect
      doublehigh collect --partner hetian --partner wuwei
    """
    settings = read_settings()
    from flows.collect import collect  # noqa: PLC0415 - Prefect takes two seconds to import; a bad setting is told at once
    from flows.summary import headline  # noqa: PLC0415

    instant = at.replace(tzinfo=settings.zone) if at else None
    with progress_shown():
        summary = collect(partner_codes=list(partners) or None, at=instant)
    click.echo(json.dumps(summary.as_record(), ensure_ascii=False, indent=2) if as_json else headline(summary))
    if summary.rows_held or summary.unreachable or any(a.first_message for a in summary.new_answers):
        raise click.exceptions.Exit(ExitCode.FINDINGS)
