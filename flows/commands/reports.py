"""`doublehigh reports`: the reports on record, the steps people take on them, and what became of the issued ones."""

from __future__ import annotations

import json
from collections.abc import Callable

import click

from flows.command_line import ExitCode
from flows.office import instant_or_now, open_office
from warehouse.marts.reports import Report, read_report_decisions, read_reports
from warehouse.store.reports import STATE_NAMES, STEP_NAMES


@click.group("reports", invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="Print JSON for another program.")
@click.pass_context
def command(context: click.Context, as_json: bool) -> None:
    r"""List the reports on record, or take a step on one: review, approve, issue, return, amend; verify, changes.

    \b
    Examples:
      doublehigh reports
      doublehigh reports review 3 --by 甲老师 --why 数据已核对
      doublehigh reports verify 3
    """
    if context.invoked_subcommand is None:
        _list(as_json)


def _list(as_json: bool) -> None:
    with open_office() as office, office.engine.connect() as connection:
        found = read_reports(connection)
        steps = {one.report_id: read_report_decisions(connection, one.report_id) for one in found}
    if as_json:
        click.echo(json.dumps([_as_json(one) for one in found], ensure_ascii=False, indent=1))
        return
    for one in found:
        amends = f"，更正报告 {one.amends_id}" if one.amends_id else ""
        click.echo(f"{one.report_id}　{one.year}年度（截至 {one.as_of}）　{STATE_NAMES[one.state]}{amends}")
        for step in steps[one.report_id]:
            name = STEP_NAMES.get(step.kind, "编制更正稿")
            click.echo(f"      {step.decided_at:%Y-%m-%d} {name}：{step.decided_by}，{step.why}")
    if not found:
        click.echo("还没有登记在案的报告。")


def _as_json(one: Report) -> dict[str, object]:
    return {
        "report_id": one.report_id, "year": one.year, "as_of": one.as_of.isoformat(), "state": one.state.value,
        "known_at": one.known_at.isoformat(), "issued_at": one.issued_at.isoformat() if one.issued_at else None,
        "amends_id": one.amends_id, "note": one.note, "files": dict(one.files),
    }  # fmt: skip


def _person(function: Callable[..., None]) -> Callable[..., None]:
    """Who decides and why: every step asks for both."""
    function = click.option("--why", required=True, help="Why, in one sentence.")(function)
    function = click.option("--by", required=True, help="Who decides; kept with the decision.")(function)
    return click.argument("report_id", type=int, metavar="ID")(function)


def _step(step: str, told: str) -> None:
    @command.command(step, help=told)
    @_person
    def take(report_id: int, by: str, why: str) -> None:
        from flows.report_life import decide  # noqa: PLC0415 - composing imports much

        with open_office() as office:
            decide(office, instant_or_now(None), report_id, step, by=by, why=why)
        click.echo(f"报告 {report_id}：{STEP_NAMES[step]}，已记录。")


_step("review", "Say that the draft ID was looked over.")
_step("approve", "Agree to issue the reviewed report ID.")
_step("return", "Send the report ID back to being a draft.")


@command.command("issue")
@_person
@click.option(
    "--despite", help="Why it is issued although `doublehigh ready` names blockers; kept with them on record."
)
def issue_command(report_id: int, by: str, why: str, despite: str | None) -> None:
    """Freeze the approved report ID as the final one and send it to the leadership."""
    from flows.report_life import issue  # noqa: PLC0415

    with open_office() as office:
        paths = issue(office, instant_or_now(None), report_id, by=by, why=why, despite=despite)
    click.echo("\n".join(map(str, paths)))


@command.command("amend")
@_person
def amend_command(report_id: int, by: str, why: str) -> None:
    """Draft the report that corrects the issued report ID, on what is known now."""
    from flows.report_life import amend  # noqa: PLC0415
    from tasks.report.renderings import render_all  # noqa: PLC0415

    with open_office() as office:
        number, edition = amend(office, instant_or_now(None), report_id, by=by, why=why)
        paths = render_all(edition.model, office.settings.reports_folder)
    click.echo("\n".join([f"更正稿已编制，编号 {number}；审阅、批准后才能印发。", *map(str, paths)]))


@command.command("verify")
@click.argument("report_id", type=int, metavar="ID")
def verify_command(report_id: int) -> None:
    """Compare the issued report ID with a rendering made afresh; exit code 1 when they differ."""
    from flows.report_life import verify  # noqa: PLC0415

    with open_office() as office:
        found = verify(office, report_id)
    click.echo("一致：重新生成的四种文件与印发时逐字节相同。" if found.is_same else "不一致：")
    lines = [f"  封存文件被改动或丢失：{name}" for name in found.altered]
    lines += [f"  重新生成的不同：{name}" for name in found.unlike]
    lines += [f"  与印发时不同的输入：{line}" for line in found.differences]
    click.echo("\n".join(lines), nl=bool(lines))
    if not found.is_same:
        raise click.exceptions.Exit(ExitCode.FINDINGS)


@command.command("changes")
@click.argument("report_id", type=int, metavar="ID")
def changes_command(report_id: int) -> None:
    """Show what the report ID would say otherwise on what is known now; exit code 1 when anything."""
    from flows.report_life import changes_since, threshold  # noqa: PLC0415

    with open_office() as office:
        found = changes_since(office, instant_or_now(None), report_id)
        grave = found.grave(threshold(office))
    for slot in found.slots:
        click.echo(f"台账变动：{slot.told}")
    for value in found.values:
        mark = "需决定是否更正" if value in grave else "记录在案"
        one = value.correction
        click.echo(f"{mark}　{one.title}：{one.before} → {one.after}　{one.cause}")
    click.echo(f"数值有变动的 {len(found.values)} 项，其中需决定是否更正的 {len(grave)} 项。")
    if found.values:
        raise click.exceptions.Exit(ExitCode.FINDINGS)
