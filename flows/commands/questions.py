"""`doublehigh questions`: what waits for a person's answer."""

from __future__ import annotations

import json
from dataclasses import asdict

import click

from flows.command_line import ExitCode
from flows.office import open_office
from warehouse.marts.questions import OpenQuestion, open_questions

KINDS = {
    "layout_drift": "表头变动", "shrink": "行数骤减", "order": "文件先后", "unmatched_mail": "无主邮件",
    "plausibility": "数值存疑", "amend_report": "报告更正",
    "waiver_ended": "放行到期",
}  # fmt: skip


@click.command("questions")
@click.option("--kind", type=click.Choice(list(KINDS)), help="Only questions of this kind.")
@click.option("--partner", help="Only questions on this partner.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for another program.")
def command(kind: str | None, partner: str | None, as_json: bool) -> None:
    r"""List the open questions with the choices for `doublehigh answer`. Exit code 1 when there are any.

    \b
    Examples:
      doublehigh questions
      doublehigh questions --kind shrink --partner hetian
    """
    with open_office() as office, office.engine.connect() as connection:
        found = open_questions(connection, kind=kind, partner_code=partner)
        names = {code: one.name for code, one in office.registry.partners.items()}
    if as_json:
        click.echo(json.dumps([asdict(one) for one in found], ensure_ascii=False, indent=1, default=str))
    else:
        for one in found:
            _print(one, names)
        click.echo(f"待答复的问题：{len(found)} 个" if found else "没有待答复的问题。")
    if found:
        raise click.exceptions.Exit(ExitCode.FINDINGS)


def _print(one: OpenQuestion, names: dict[str, str]) -> None:
    about = names.get(one.partner_code or "", one.partner_code or "")
    turn = "（等报送单位答复）" if one.is_for_partner else ""
    click.echo(f"{one.question_id}　{KINDS.get(one.kind, one.kind)}　{about}{turn}\n    {one.question}")
    for code, label in one.choices:
        click.echo(f"      {code}: {label}")
