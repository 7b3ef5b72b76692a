"""`doublehigh indicators`: the figures the program measures: what counts, what does not, over which days, how exact."""

from __future__ import annotations

import json

import click

from schemas.errors import MisconfiguredError
from schemas.indicator import Indicator, shipped_indicators
from schemas.indicator_texts import carried_text, indicator_page, meaning, meaning_en, rounding_text, time_text


@click.command("indicators")
@click.argument("key", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON for another program.")
@click.option("--page", is_flag=True, help="Print the page of all indicators (Markdown, Chinese and English).")
def command(key: str | None, as_json: bool, page: bool) -> None:
    r"""List the indicators of the catalogue, or say what the indicator KEY counts and what it does not.

    \b
    Examples:
      doublehigh indicators
      doublehigh indicators trained_cumulative
      doublehigh indicators --page > docs/indicators.md
    """
    chosen = {key: _named(key)} if key else dict(shipped_indicators())
    if as_json:
        click.echo(json.dumps([i.model_dump(mode="json") for i in chosen.values()], ensure_ascii=False, indent=2))
    elif page:
        click.echo(indicator_page(chosen), nl=False)
    elif key:
        click.echo("\n".join(_told(chosen[key])))
    else:
        for indicator in chosen.values():
            click.echo(f"{indicator.key:32} {indicator.title}（{indicator.unit}）")


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
