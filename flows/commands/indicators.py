"""`doublehigh indicators`: the figures the program measures: what counts, what does not, over which days, how exact."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime

import click

from schemas.errors import MisconfiguredError
from schemas.indicator import Indicator, shipped_indicators
from schemas.indicator_texts import carried_text, indicator_page, meaning, meaning_en, rounding_text, time_text


@click.command("indicators")
@click.argument("key", required=False)
@click.option("--year", type=int, help="Print the figures of KEY for this year.")
@click.option(
    "--as-of", type=click.DateTime(["%Y-%m-%d"]), help="Last day that counts; default: end of the year, or today."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON for another program.")
@click.option("--page", is_flag=True, help="Print the page of all indicators (Markdown, Chinese and English).")
def command(key: str | None, year: int | None, as_of: datetime | None, as_json: bool, page: bool) -> None:
    r"""List the indicators of the catalogue, or say what the indicator KEY counts and what it does not.

    \b
    Examples:
      doublehigh indicators
      doublehigh indicators trained_cumulative
      doublehigh indicators trained_by_province --year 2021
      doublehigh indicators --page > docs/indicators.md
    """
    if (year is None and as_of is not None) or (year is not None and key is None):
        raise click.UsageError("--year goes with KEY, and --as-of with --year")
    chosen = {key: _named(key)} if key else dict(shipped_indicators())
    if key and year:
        click.echo(_figures(key, year, as_of, as_json=as_json))
    elif as_json:
        click.echo(json.dumps([i.model_dump(mode="json") for i in chosen.values()], ensure_ascii=False, indent=2))
    elif page:
        click.echo(indicator_page(chosen), nl=False)
    elif key:
        click.echo("\n".join(_told(chosen[key])))
    else:
        for indicator in chosen.values():
            click.echo(f"{indicator.key:32} {indicator.title}（{indicator.unit}）")


def _figures(key: str, year: int, as_of: datetime | None, *, as_json: bool) -> str:
    from flows.figures import measure_alone, told  # noqa: PLC0415 - Prefect takes two seconds to import
    from flows.office import instant_or_now, open_office  # noqa: PLC0415
    from flows.reporting import ask  # noqa: PLC0415

    with open_office() as office:
        question = ask(office, year, as_of.date() if as_of else None, instant_or_now(None))
        figures = measure_alone(office, key, question)
    return (
        json.dumps([asdict(each) for each in figures], ensure_ascii=False, indent=2, default=str)
        if as_json
        else "\n".join(told(figures))
    )


def _named(key: str) -> Indicator:
    found = shipped_indicators().get(key)
    if found is None:
        raise MisconfiguredError(f"no indicator {key!r}; doublehigh indicators lists those there are")
    return found


def _told(indicator: Indicator) -> tuple[str, ...]:
    time, time_en = time_text(indicator.time)
    carried, carried_en = carried_text(indicator)
    names = "、".join(indicator.plan_names) or "（没有，计划中的指标不取这个数）"
    return (
        f"{indicator.title}（{indicator.unit}）  {indicator.title_en}",
        f"  口径：{meaning(indicator)}",
        f"  {meaning_en(indicator)}",
        f"  台账：{indicator.contract}；时间口径：{time}（{time_en}）；{rounding_text(indicator)}",
        f"  空白与约数：{carried}（{carried_en}）",
        f"  计划中的名称：{names}",
    )
