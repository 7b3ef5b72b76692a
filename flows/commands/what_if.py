"""`doublehigh what-if`: what completion and score would be if an indicator reached another value."""

from __future__ import annotations

import json
from datetime import datetime

import click

from flows.settings import read_settings
from tasks.report.what_if_text import as_record, told


@click.command("what-if")
@click.argument("year", type=int)
@click.argument("assumptions", nargs=-1, required=True, metavar="INDICATOR=VALUE...")
@click.option(
    "--as-of", type=click.DateTime(["%Y-%m-%d"]), help="Last day that counts; default: end of the year, or today."
)
@click.option("--scheme", help="Scoring scheme; default: that of the settings.")
@click.option(
    "--unit", default="school", show_default=True, help="Unit the scheme weighs: school, group_one, group_two."
)
@click.option(
    "--cap/--no-cap", default=None, help="Count a completion above 100 % as 100 %; default: as the scheme says."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON for another program.")
def command(
    year: int,
    assumptions: tuple[str, ...],
    as_of: datetime | None,
    scheme: str | None,
    unit: str,
    cap: bool | None,
    as_json: bool,
) -> None:
    r"""Say what completion and score of YEAR would be if indicators reached other values. Nothing is written.

    INDICATOR is the name or code of the office's target table; with the scope before it where several have it.

    \b
    Examples:
      doublehigh what-if 2021 1.1.7.3=500
      doublehigh what-if 2022 学校:智慧教室=120 双师型教师占比=88.5 --no-cap
    """
    read_settings()
    from flows.office import instant_or_now, open_office  # noqa: PLC0415 - Prefect takes two seconds to import
    from flows.reporting import ask  # noqa: PLC0415
    from flows.what_if import chosen_scheme, try_year  # noqa: PLC0415

    with open_office() as office:
        question = ask(office, year, as_of.date() if as_of else None, instant_or_now(None))
        found = try_year(office, question, assumptions, chosen_scheme(office, scheme, unit, cap), unit)
    click.echo(json.dumps(as_record(found), ensure_ascii=False, indent=2) if as_json else "\n".join(told(found)))
