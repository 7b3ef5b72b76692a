"""`doublehigh waive`: let rows that break one rule pass, within a limit and until a day, or excuse a ledger."""

from __future__ import annotations

from datetime import datetime

import click

from flows.progress import progress_shown
from flows.settings import read_settings


@click.command("waive")
@click.argument("rule", required=False)
@click.option("--partner", help="Only this partner; default: all.")
@click.option("--contract", help="Only this kind of spreadsheet; default: all.")
@click.option("--period", help="Only this year; default: all.")
@click.option("--count", type=click.IntRange(min=0), help="At most so many rows of a ledger.")
@click.option("--share", type=click.FloatRange(0, 1), help="At most this share of a ledger's rows, 0-1.")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="The last day it holds.")
@click.option("--revoke", type=int, metavar="ID", help="Take waiver ID back instead.")
@click.option("--by", required=True, help="Who approves; kept with the decision and nowhere else.")
@click.option("--why", required=True, help="Why, in one sentence.")
def command(
    rule: str | None,
    partner: str | None,
    contract: str | None,
    period: str | None,
    count: int | None,
    share: float | None,
    until: datetime | None,
    revoke: int | None,
    by: str,
    why: str,
) -> None:
    r"""Let rows that break RULE pass; without RULE the ledger need not be sent. What it concerns is judged again at once.

    \b
    Examples:
      doublehigh waive training_session.ends_after_start --partner hetian --count 3 --until 2022-06-30 --by 甲老师 --why 已核实
      doublehigh waive --partner hetian --contract award --period 2020 --until 2022-12-31 --by 甲老师 --why 当年未开展
      doublehigh waive --revoke 2 --by 甲老师 --why 已更正
    """
    read_settings()
    if revoke is None and until is None:
        raise click.UsageError("say until when it holds: --until 2022-06-30")
    from flows import waive as flows  # noqa: PLC0415 - Prefect takes two seconds to import
    from flows.replay import headline  # noqa: PLC0415

    with progress_shown():
        if revoke is not None:
            summary = flows.revoke(revoke, by, why)
        elif until is not None:
            summary = flows.waive(by, why, until.date(), rule, partner, contract, period, count, share)
    click.echo(f"已记录；{headline(summary)}" if summary else "已记录。")
