"""Pace: a straight line by the days passed, drawn as the time basis asks; what is not a number of days is not extrapolated."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

import pytest

from schemas.target import Answer, parse_target
from schemas.values import FigureState
from tasks.report.compose_pace import compose_pace, warned_names
from tasks.report.measure import Measured
from tasks.report.measure_lines import IndicatorLine, YearResult, time_of_text
from tasks.report.model import Bullets, Paragraph, Table
from tasks.report.pace import find_pace
from tests.warehouse.marts.ledgers import NOON
from warehouse.marts.funds import Funds
from warehouse.marts.plan import CellAddress

D = Decimal
HALF, END = date(2021, 6, 30), date(2021, 12, 31)


def line(
    targets: Mapping[int, str], values: Mapping[int, Answer], basis: str | None, *, unit: str = "个",
    indicator: str | None = None, name: str = "指标", is_approximate: bool = False,
) -> IndicatorLine:  # fmt: skip
    """A line of report year 2021."""
    results = {}
    for year in sorted({*targets, *values, 2021}):
        target, value = parse_target(targets.get(year), unit), values.get(year)
        state = FigureState.NOT_DUE if year > 2021 else FigureState.MEASURED
        results[year] = YearResult(
            year, target, value, is_approximate, state, target.completion(value), target.reached(value), year <= 2021, "",
        )  # fmt: skip
    return IndicatorLine(
        "学校", "产出指标", "数量指标", "甲", name, "1", unit, basis, results, parse_target(None), results[2021], indicator,
        (), CellAddress(1, 0, 4),
    )  # fmt: skip


def measured(*lines: IndicatorLine, as_of: date = HALF) -> Measured:
    return Measured(2021, as_of, NOON, (), lines, (), Funds((), (), ()))


def outcome(one: IndicatorLine, as_of: date = HALF) -> object:
    """The year missed with what is expected and how; "on course", why nothing is said, or None without a target to come."""
    pace = find_pace(measured(one, as_of=as_of))
    if pace.missed:
        return pace.missed[0].year, pace.missed[0].expected, pace.missed[0].method
    return "on course" if pace.on_course else pace.unjudged[0][1] if pace.unjudged else None


SHORT = "已过的时间太短或只有一个年度的数据，不作推算"


@pytest.mark.parametrize(
    ("one", "as_of", "wanted"),
    [
        # Cumulative: 912 of the 1096 days to the end of 2021 are over, 912 of 1826 to the end of 2023.
        (line({2021: "100"}, {2021: D(83)}, "累计"), HALF, "on course"),
        (line({2021: "100"}, {2021: D(82)}, "累计"), HALF, (2021, D(99), "cumulative")),
        (line({2021: "100", 2023: "200"}, {2021: D(90)}, "累计"), HALF, (2023, D(180), "cumulative")),
        (line({2023: "200"}, {2021: D(150)}, "累计"), END, "on course"),
        (line({2021: "100", 2023: "200"}, {2021: D(100)}, "累计"), END, (2023, D(167), "cumulative")),
        # Yearly: 181 of 365 days are over; last year's number does not count in.
        (line({2021: "100"}, {2020: D(900), 2021: D(50)}, "当年"), HALF, "on course"),
        (line({2021: "100"}, {2021: D(49)}, "当年"), HALF, (2021, D(99), "yearly")),
        (line({2021: "90", 2022: "120"}, {2021: D(50)}, "当年"), HALF, (2022, D(101), "yearly")),
        (line({2021: "60", 2022: "60"}, {2021: D(50)}, "当年"), END, (2022, D(50), "yearly")),
        # Two years together: 546 of 730 days are over.
        (line({2021: "100"}, {2021: D(75)}, "近两年（年）"), HALF, "on course"),
        (line({2021: "100"}, {2021: D(74)}, "近两年（年）"), HALF, (2021, D(99), "yearly")),
        # A school year ends in August: 303 of 365 days.
        (line({2021: "100"}, {2021: D(80)}, "学年"), HALF, (2021, D(96), "yearly")),
        # A stock grows as it has grown since the first year's end that is known, not from nothing.
        (line({2023: "30"}, {2020: D(20), 2021: D(22)}, "截至时点"), END, (2023, D(26), "trend")),
        (line({2023: "26"}, {2020: D(20), 2021: D(22)}, "截至时点"), END, "on course"),
        (line({2023: "30"}, {2021: D(22)}, "截至时点"), END, SHORT),
        (line({2023: "20"}, {2021: D(22)}, "截至时点"), END, "on course"),
        # A rate is not a matter of days.
        (line({2021: "≥95", 2022: "≥95"}, {2021: D("94.5")}, "当年", unit="%"), HALF, (2021, D("94.5"), "level")),
        (line({2021: "≥94"}, {2021: D("94.5")}, "累计", unit="%"), HALF, "on course"),
        (line({2021: "3"}, {2021: D(2)}, "当年", unit="天", indicator="training_days_mean"), HALF, (2021, D(2), "level")),
        # A ceiling is missed by too much.
        (line({2021: "≤100"}, {2021: D(60)}, "当年"), HALF, (2021, D(121), "yearly")),
        (line({2021: "≤100"}, {2021: D(40)}, "当年"), HALF, "on course"),
        # The catalogue's own basis is what counts where a ledger measures the line.
        (line({2021: "100"}, {2021: D(82)}, None, indicator="trained_cumulative"), HALF, (2021, D(99), "cumulative")),
        # Not judged, and nothing to come.
        (line({2022: "是"}, {2021: True}, "累计"), END, "定性目标，不作推算"),
        (line({2022: "=5"}, {2021: D(3)}, "累计"), END, "定性目标，不作推算"),
        (line({2022: "5"}, {}, "累计"), END, "目前没有可以推算的完成值"),
        (line({2022: "5"}, {2021: D(3)}, None), END, "没有写明时间口径，不作推算"),
        (line({2021: "100"}, {2021: D(1)}, "当年"), date(2021, 1, 20), SHORT),
        (line({2021: "100"}, {2021: D(1)}, "累计"), END, None),
        (line({}, {2021: D(1)}, "累计"), HALF, None),
        # Nothing at all so far is a pace too.
        (line({2021: "100"}, {2021: D(0)}, "当年"), HALF, (2021, D(0), "yearly")),
    ],
)  # fmt: skip
def test_what_is_to_be_expected(one: IndicatorLine, as_of: date, wanted: object) -> None:
    assert outcome(one, as_of) == wanted


def test_a_report_written_after_its_year_speaks_of_its_years_end() -> None:
    one = line({2021: "100", 2022: "100"}, {2021: D(90)}, "累计")
    assert outcome(one, date(2022, 5, 1)) == outcome(one, END) == "on course"


@pytest.mark.parametrize(
    ("text", "known"), [("累计", True), ("半年度", False), ("", False), (None, False), ("随时", False)]
)
def test_only_a_time_basis_that_is_written_is_one(text: str | None, known: bool) -> None:
    assert (time_of_text(text) is not None) is known


def test_the_warning_stands_in_a_table_with_its_reasons() -> None:
    year = measured(
        line({2021: "≥100"}, {2021: D(40)}, "当年", name="甲指标", is_approximate=True),
        line({2021: "100"}, {2021: D(90)}, "累计", name="乙指标"),
        line({2021: "是"}, {2021: None}, "累计", name="丙指标"),
    )
    opening, table, reasons = compose_pace(year)
    assert isinstance(opening, Paragraph)
    assert isinstance(table, Table)
    assert isinstance(reasons, Bullets)
    assert opening.line[0].text == (
        "截至2021年6月30日，有尚未到期目标的指标3项。按目前进度推算，1项能够达到，1项预计不能按期达到，1项不能推算。"
    )
    assert [[cell.text for cell in row] for row in table.body] == [
        ["学校", "甲", "甲指标（个）", "2021年", "≥100", "约40", "约81", "年度，按本年已过时间"]
    ]
    assert (table.body[0][6].number, table.body[0][6].number_format) == (D(81), '"约"#,##0')
    assert [line[0].text for line in reasons.items] == ["定性目标，不作推算：丙指标。"]
    assert warned_names(year) == ("甲指标",)


def test_a_plan_that_is_over_warns_of_nothing() -> None:
    assert compose_pace(measured(line({2021: "100"}, {2021: D(1)}, "累计"), as_of=END)) == ()
