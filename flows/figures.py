"""The figures of one indicator for a year, asked for by itself: also of those that no report prints unless the plan names them."""

from __future__ import annotations

from datetime import date, datetime

from prefect import flow

from flows.office import Office, instant_or_now, open_office
from flows.reporting import Question, ask
from flows.run_state import done, told_in_one_sentence
from schemas.errors import MisconfiguredError
from schemas.indicator import shipped_indicators
from schemas.values import Figure
from tasks.report.narrative import figure_with_unit, window_text
from warehouse.marts.measure import measure


@flow(name="measure-indicator", flow_run_name="查数 {key} {year}", validate_parameters=True, persist_result=False)
@told_in_one_sentence
def measure_indicator(key: str, year: int, as_of: date | None = None, at: datetime | None = None) -> list[str]:
    """查数：一个指标某年度的数值和记录数，有分组的逐组列出；不写入任何数据。

    Args:
        key: 指标代码，见指标目录或命令 doublehigh indicators，如 trained_by_province。
        year: 年度，如 2021。
        as_of: 数据截至哪一天；留空为今天或年末。
        at: 把这一时刻当作现在；平时留空。
    """
    with open_office() as office:
        lines = told(measure_alone(office, key, ask(office, year, as_of, instant_or_now(at))))
        return done(lines, "\n\n".join(lines))


def measure_alone(office: Office, key: str, question: Question) -> tuple[Figure, ...]:
    """The figures of one indicator: one, or one a group.

    Raises:
        MisconfiguredError: there is no such indicator (Chinese).
    """
    indicator = shipped_indicators().get(key)
    if indicator is None:
        raise MisconfiguredError(f"指标目录中没有 {key}；doublehigh indicators 列出全部指标")
    with office.engine.connect() as connection:
        return measure(connection, indicator, question.year, question.as_of, question.known_at)


def told(figures: tuple[Figure, ...]) -> list[str]:
    """The figures in Chinese lines, each with its id, by which `doublehigh trace` follows it."""
    basis = shipped_indicators()[figures[0].indicator].time.basis
    return [
        f"{'·'.join((each.title, *each.group))}：{figure_with_unit(each)}（{window_text(each, basis)}；{each.rows_observed:,} 行；{each.figure_id}）"
        for each in figures
    ]
