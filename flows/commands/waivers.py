"""`doublehigh waivers`: the waivers in force and the rows that rest on each."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime

import click

from flows.office import open_office
from warehouse.marts.waivers import WaiverInForce, waivers_in_force


@click.command("waivers")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for another program.")
def command(as_json: bool) -> None:
    r"""List what has been approved to pass, until when, by whom and why.

    \b
    Example:
      doublehigh waivers
    """
    with open_office() as office, office.engine.connect() as connection:
        found = waivers_in_force(connection, datetime.now(UTC), office.settings.zone)
    if as_json:
        click.echo(json.dumps([asdict(one) for one in found], ensure_ascii=False, indent=1, default=str))
        return
    for one in found:
        click.echo(_line(one))
    click.echo(f"有效的放行：{len(found)} 项" if found else "没有有效的放行。")


def _line(one: WaiverInForce) -> str:
    waiver = one.waiver
    about = " · ".join(part or "全部" for part in (waiver.partner_code, waiver.contract, waiver.period))
    resting = f"，靠它入库 {one.rows} 行" if waiver.rule_id else ""
    return (
        f"{waiver.waiver_id}　{waiver.rule_id or '不需报送'}　{about}　至 {waiver.expires_on}{resting}\n"
        f"    {waiver.approved_by}：{waiver.why}"
    )
