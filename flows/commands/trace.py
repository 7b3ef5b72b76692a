"""`doublehigh trace`: a figure of a report followed to the cells it stands on."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime

import click

from flows.office import instant_or_now, open_office
from flows.reporting import ask
from schemas.indicator import shipped_indicators
from schemas.indicator_texts import meaning
from warehouse.marts.figure_ids import parse_figure_id
from warehouse.marts.measure import measure
from warehouse.marts.measure_evidence import EvidenceRow, evidence

SHOWN = 60


@click.command("trace")
@click.argument("figure")
@click.option(
    "--as-of",
    type=click.DateTime(["%Y-%m-%d"]),
    help="The day the report speaks of; default: end of its year, or today.",
)
@click.option(
    "--known-at", type=click.DateTime(["%Y-%m-%dT%H:%M", "%Y-%m-%d"]), help="Take what was known then; default: now."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON for another program.")
def command(figure: str, as_of: datetime | None, known_at: datetime | None, as_json: bool) -> None:
    r"""Follow FIGURE (as printed in the report's evidence: year/indicator[/group]) to file, sheet, row and column.

    \b
    Examples:
      doublehigh trace 2021/trained_cumulative
      doublehigh trace 2021/support_projects/教育部 --json
    """
    name = parse_figure_id(figure)
    with open_office() as office, office.engine.connect() as connection:
        at = instant_or_now(known_at.replace(tzinfo=office.settings.zone) if known_at else None)
        day = ask(office, name.year, as_of.date() if as_of else None, at).as_of
        cells = evidence(connection, figure, at, day)
        indicator = shipped_indicators()[name.indicator]
        found = [one for one in measure(connection, indicator, name.year, day, at) if one.figure_id == figure]
        partners = {code: partner.name for code, partner in office.registry.partners.items()}
    if as_json:
        click.echo(json.dumps([asdict(cell) for cell in cells], ensure_ascii=False, indent=1, default=str))
        return
    click.echo(f"{indicator.title}：{meaning(indicator)}")
    for one in found:
        mark = "（含约数）" if one.is_approximate else ""
        click.echo(
            f"{figure} = {one.value} {one.unit}{mark}，{one.rows_observed} 行，{one.window_from} 至 {one.window_to}"
        )
    for cell in cells[:SHOWN]:
        click.echo(_line(cell, partners.get(cell.partner_code, cell.partner_code)))
    if len(cells) > SHOWN:
        click.echo(f"…… 共 {len(cells)} 个单元格；全部列出请加 --json")


def _line(cell: EvidenceRow, partner_name: str) -> str:
    place = f"{cell.place.sheet or ''}!{cell.place.cell}"
    mark = "（约数）" if cell.is_approximate else ""
    return f"  {partner_name}《{cell.file_name}》{place}　“{cell.place.header}” = {cell.value}{mark}"
