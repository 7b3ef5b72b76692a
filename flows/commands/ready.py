"""`doublehigh ready`: what stands in the way of issuing the report of a year."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

import click

from flows.command_line import ExitCode
from flows.settings import read_settings
from tasks.report.readiness import ReadinessItem


@click.command("ready")
@click.argument("year", type=int)
@click.option(
    "--as-of", type=click.DateTime(["%Y-%m-%d"]), help="Last day that counts; default: end of the year, or today."
)
def command(year: int, as_of: datetime | None) -> None:
    r"""List what must be settled before the report of YEAR is issued; exit code 1 when something blocks it.

    \b
    Examples:
      doublehigh ready 2021
      doublehigh ready 2021 --as-of 2021-06-30
    """
    read_settings()
    from flows.office import instant_or_now, open_office  # noqa: PLC0415 - Prefect takes two seconds to import
    from flows.reporting import ask  # noqa: PLC0415
    from tasks.report.measure import measure_year  # noqa: PLC0415
    from tasks.report.readiness import read_readiness  # noqa: PLC0415

    with open_office() as office:
        question = ask(office, year, as_of.date() if as_of else None, instant_or_now(None))
        measured = measure_year(office.engine, question.year, question.as_of, question.known_at)
        today = question.known_at.astimezone(office.settings.zone).date()
        found = read_readiness(office.engine, measured, today)
    click.echo("\n".join(_told("须先解决", found.blockers)))
    click.echo("\n".join(_told("提请注意", found.warnings)))
    if not found.is_ready:
        raise click.exceptions.Exit(ExitCode.FINDINGS)


def _told(title: str, items: Iterable[ReadinessItem]) -> Iterator[str]:
    listed = list(items)
    yield f"{title}：{len(listed)} 项"
    for one in listed:
        yield f"  {one.text}　位置：{one.where}　办法：{one.fix}　轮到：{one.turn}"
