"""`doublehigh status`: the last night, what is owed, and which sources fail."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict

import click

from flows.command_line import ExitCode
from flows.office import instant_or_now, open_office
from warehouse.marts.nights import FailingSource, NightRecord, read_failing_sources, read_last_night
from warehouse.marts.owed import Owed, OwedState, read_owed

WORDS = {
    OwedState.NOT_DUE: "未到期",
    OwedState.MISSING: "逾期未报",
    OwedState.RECEIVED: "已收到",
    OwedState.REFUSED: "已退回",
    OwedState.LATE: "逾期报送",
    OwedState.WAIVED: "免报",
    OwedState.ACCEPTED: "已接收",
    OwedState.ACCEPTED_WITH_FINDINGS: "已接收（有问题）",
}
WORTH_A_LOOK = frozenset({OwedState.MISSING, OwedState.REFUSED})


@click.command("status")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for another program.")
def command(as_json: bool) -> None:
    r"""Show how things stand. Exit code 1 when a ledger is overdue or refused, or a source fails.

    \b
    Example:
      doublehigh status
    """
    with open_office() as office, office.engine.connect() as connection:
        now = instant_or_now(None)
        night = read_last_night(connection)
        failing = read_failing_sources(connection)
        owed = read_owed(connection, now.astimezone(office.settings.zone).date(), now, office.settings.zone)
    if as_json:
        everything = {
            "night": night and asdict(night),
            "failing": [asdict(f) for f in failing],
            "owed": [asdict(o) for o in owed],
        }
        click.echo(json.dumps(everything, ensure_ascii=False, indent=1, default=str))
    else:
        _print(night, failing, owed)
    if failing or any(one.state in WORTH_A_LOOK for one in owed):
        raise click.exceptions.Exit(ExitCode.FINDINGS)


def _print(night: NightRecord | None, failing: list[FailingSource], owed: list[Owed]) -> None:
    if night is None:
        click.echo("还没有运行过夜间采集。")
    else:
        click.echo(
            f"最近一晚：第 {night.night_id} 晚，{night.started_at:%Y-%m-%d %H:%M}（UTC），{'已完成' if night.closed_at else '没有完成'}"
        )
    for source in failing:
        click.echo(
            f"连接不上：{source.partner_code}，自 {source.since:%Y-%m-%d} 起连续 {source.night_count} 晚"
            f"（上次正常：{f'{source.last_good:%Y-%m-%d}' if source.last_good else '从未'}）：{source.reason}"
        )
    counts = Counter(one.state for one in owed)
    click.echo("应报台账：" + "，".join(f"{WORDS[state]} {counts[state]}" for state in OwedState if counts[state]))
    for one in owed:
        if one.state in WORTH_A_LOOK:
            click.echo(
                f"  {one.partner_name}　{one.contract_title} {one.period} 年度：{WORDS[one.state]}，应于 {one.due_on} 前报送"
            )
