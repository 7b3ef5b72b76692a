"""`doublehigh status`: the last night, what is owed, and which sources fail; or one partner's own list."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict

import click

from flows.command_line import ExitCode
from flows.office import instant_or_now, open_office
from schemas.errors import MisconfiguredError
from schemas.values import Severity
from warehouse.marts.findings import FindingCount
from warehouse.marts.nights import FailingSource, NightRecord, read_failing_sources, read_last_night
from warehouse.marts.owed import Owed, OwedState, read_owed
from warehouse.marts.todo import Todo, YearOfFindings, read_todo

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
@click.argument("partner", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON for another program.")
def command(partner: str | None, as_json: bool) -> None:
    r"""Show how things stand, or what PARTNER still has to do. Exit code 1 when there is something to see to.

    \b
    Examples:
      doublehigh status
      doublehigh status hetian
    """
    if partner:
        _show_partner(partner, as_json)
        return
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


def _show_partner(code: str, as_json: bool) -> None:
    with open_office() as office, office.engine.connect() as connection:
        if code not in office.registry.partners:
            raise MisconfiguredError(f"no partner {code}; known: {', '.join(office.registry.partners)}")
        now, zone = instant_or_now(None), office.settings.zone
        todo = read_todo(connection, code, now.astimezone(zone).date(), now, zone)
        name, titles = office.registry.partners[code].name, {key: one.title for key, one in office.contracts.items()}
    if as_json:
        click.echo(json.dumps(asdict(todo), ensure_ascii=False, indent=1, default=str))
    else:
        click.echo("\n".join([f"{name}（{code}）", *todo_lines(todo, titles)]))
    if todo.to_send or todo.to_mend or todo.to_answer:
        raise click.exceptions.Exit(ExitCode.FINDINGS)


def todo_lines(todo: Todo, titles: Mapping[str, str]) -> Iterator[str]:
    """A partner's list in Chinese: what to do first on top."""
    rates = todo.rates
    if rates.due_count:
        yield (
            f"到期台账 {rates.due_count} 份：已接收 {rates.taken_count} 份（{rates.completeness_share:.0%}），"
            f"其中按时 {rates.on_time_count} 份（{rates.on_time_share:.0%}）"
        )
    yield from _listed(
        "须报送",
        [f"{o.contract_title} {o.period} 年度：{WORDS[o.state]}，应于 {o.due_on} 前报送" for o in todo.to_send],
    )
    yield from _listed("须改正", [_to_mend(one, titles) for one in todo.to_mend])
    yield from _listed("请答复", [f"{one.question_id}：{one.question}" for one in todo.to_answer])
    yield from _listed("即将到期", [f"{o.contract_title} {o.period} 年度：{o.due_on} 前" for o in todo.coming])
    yield from _listed("历年报送", [_year(one) for one in todo.history])
    if not (todo.to_send or todo.to_mend or todo.to_answer):
        yield "目前没有要办的事。"


def _listed(heading: str, items: Sequence[str]) -> Iterator[str]:
    if items:
        yield f"{heading}（{len(items)}）："
        yield from (f"  {item}" for item in items)


def _to_mend(one: FindingCount, titles: Mapping[str, str]) -> str:
    ledger = f"{titles.get(one.contract, one.contract)} {one.period} 年度" if one.contract else "未识别的文件"
    gravity = "必须改正" if one.severity is Severity.CRITICAL else "请核对"
    return f"{ledger}：{one.message}（{one.count} 处，{gravity}）"


def _year(one: YearOfFindings) -> str:
    year = f"{one.period} 年度" if one.period else "未识别"
    return f"{year}：报送 {one.submission_count} 次，问题 {one.critical_count + one.warning_count} 个，平均每次 {one.per_submission:.1f} 个"


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
