"""What if an indicator reached another value: the year is measured, the value put in, completion and score set side by side."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from prefect import flow

from flows.office import Office, instant_or_now, open_office
from flows.reporting import Question, ask
from flows.run_state import done, told_in_one_sentence
from schemas.errors import MisconfiguredError
from schemas.scoring import Scheme, find_scheme
from tasks.report.compose import DEFAULT_UNIT
from tasks.report.measure import measure_year
from tasks.report.what_if import WhatIf, split_assumptions, try_out
from tasks.report.what_if_text import told


@flow(name="what-if", flow_run_name="试算 {year}", validate_parameters=True, persist_result=False)
@told_in_one_sentence
def what_if(
    year: int,
    assumptions: list[str],
    as_of: date | None = None,
    scheme: str | None = None,
    unit: str = DEFAULT_UNIT,
    is_capped: bool | None = None,
    at: datetime | None = None,
) -> list[str]:
    """指标试算：某些指标如果完成到另一个数，指标完成情况和评价得分会变成多少；不写入任何数据。

    Args:
        year: 哪一年度的目标，如 2021。
        assumptions: 每行一个“指标=数值”，指标写绩效目标表中的名称或编码，如 1.1.7.3=500。
        as_of: 数据截至哪一天；留空为今天或年末。
        scheme: 评分方案代码；留空用系统设置中的方案。
        unit: 评价单元：school 学校，group_one 专业群一，group_two 专业群二。
        is_capped: 完成率超过 100% 是否按 100% 计；留空按评分方案。
        at: 把这一时刻当作现在；平时留空。
    """
    with open_office() as office:
        question = ask(office, year, as_of, instant_or_now(at))
        found = try_year(office, question, assumptions, chosen_scheme(office, scheme, unit, is_capped), unit)
        lines = told(found)
        moved = f"达成 {found.before.indicators.reached} → {found.after.indicators.reached} 项"
        return done(lines, f"{year} 年度试算：{moved}\n\n" + "\n".join(f"- {line.strip()}" for line in lines[1:]))


def chosen_scheme(office: Office, name: str | None, unit: str, is_capped: bool | None) -> Scheme:
    """The scheme of that name or of the settings, with the cap on completion switched as asked.

    Raises:
        MisconfiguredError: there is no such scheme, or it weighs no such unit (Chinese).
    """
    scheme = find_scheme(name or office.settings.scoring_scheme)
    if scheme.weights and unit not in scheme.weights:
        raise MisconfiguredError(f"方案“{scheme.title}”没有评价单元 {unit}；有 {'、'.join(scheme.weights)}")
    return scheme if is_capped is None else scheme.model_copy(update={"caps_completion": is_capped})


def try_year(
    office: Office, question: Question, assumptions: Sequence[str], scheme: Scheme, unit: str = DEFAULT_UNIT
) -> WhatIf:
    """Measure a year and try other values of some of its indicators.

    Raises:
        MisconfiguredError: an indicator or value is not understood.
    """
    assumed = split_assumptions(assumptions)
    measured = measure_year(office.engine, question.year, question.as_of, question.known_at)
    return try_out(measured, assumed, scheme, unit)
