"""Composing the report: from measured values to sections and tables, and from an empty warehouse to a report that says so."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from schemas.scoring import find_scheme
from schemas.target import parse_target
from schemas.values import Figure, FigureState, Place, Severity
from tasks.report.compose import compose_report, compose_year
from tasks.report.compose_evidence import spans_text, summarise_sources
from tasks.report.measure import Measured, measure_year
from tasks.report.measure_lines import IndicatorLine, YearResult
from tasks.report.measure_tasks import TaskItem
from tasks.report.model import (
    Bullets,
    Chart,
    Evidence,
    Highlights,
    ReportModel,
    Table,
    blocks_of,
    charts_of,
    plain_text,
    tables_of,
    walk,
)
from tasks.report.score import score_year
from warehouse.engine import open_engine
from warehouse.marts.funds import FundLine, Funds
from warehouse.marts.measure_spans import CellSpans, Cited, Span, row_spans
from warehouse.marts.owed import Owed, OwedState
from warehouse.marts.plan import CellAddress
from warehouse.marts.report_intake import Intake, LedgerFindings, RowCounts, UnreadFile
from warehouse.migrate import migrate

KNOWN_AT = datetime(2022, 1, 10, 2, tzinfo=UTC)
YEAR_END = date(2021, 12, 31)
FINAL, MIDTERM = "national_final_2024", "provincial_midterm_2022"


def _figure(indicator: str, title: str, value: int | None, **more: object) -> Figure:
    group = more.pop("group", ())
    state = FigureState.MEASURED if value is not None else more.pop("state")
    name = "/".join(("2021", indicator, *group))  # type: ignore[misc]
    return Figure(
        name, indicator, title, "人次", state, None if value is None else Decimal(value), 3, date(2021, 1, 1), YEAR_END,  # type: ignore[arg-type]
        group=group, **more,  # type: ignore[arg-type]
    )  # fmt: skip


def _result(year: int, target: str, value: int | None, state: FigureState = FigureState.MEASURED) -> YearResult:
    typed = parse_target(target, "人次")
    number = None if value is None else Decimal(value)
    return YearResult(
        year, typed, number, False, state, typed.completion(number), typed.reached(number), bool(target) and state is not FigureState.NOT_DUE, "",
    )  # fmt: skip


def _line(name: str, level2: str, targets: dict[int, tuple[str, int | None]]) -> IndicatorLine:
    results = {
        year: _result(year, target, value, FigureState.NOT_DUE if year > 2021 else FigureState.MEASURED)
        for year, (target, value) in targets.items()
    }
    return IndicatorLine(
        "学校", "产出指标", level2, "提升服务发展水平", name, "1.1.7.1", "人次", "自然年度", results, parse_target("", None),
        results[2021], None, (), CellAddress(1, 0, 5),
    )  # fmt: skip


def _fund(
    source: str | None, year: int | None, budget: int, received: int, spent: int, scope: str = "学校"
) -> FundLine:
    return FundLine(scope, source, year, Decimal(budget), Decimal(received), Decimal(spent), False)


def _owed(name: str, state: OwedState, days_late: int = 0, submission_id: int | None = None) -> Owed:
    came = None if state is OwedState.MISSING else date(2021, 9, 3)
    return Owed(
        "code", name, "training_session", "师资培训台账", "2021", date(2021, 9, 1), state, came, days_late, False, False, submission_id,
    )  # fmt: skip


@pytest.fixture
def measured() -> Measured:
    vague = {"is_approximate": True, "approximate_part": Decimal(1000)}
    figures = (
        _figure("trained_cumulative", "累计培训人次", 10115, **vague),
        _figure("trained_first_half", "上半年培训人次", 1000, **vague),
        _figure("forum_count", "当年论坛会议次数", None, state=FigureState.NO_RECORD),
        _figure("trained_person_days", "当年培训人日", None, state=FigureState.NOT_MEASURED),
        _figure("trained_by_mode", "各方式培训人次（累计）", 700, group=("线上",)),
        _figure("trained_by_mode", "各方式培训人次（累计）", 300, group=("线下",)),
    )
    lines = (
        _line("对口支援地区师资培训", "数量指标", {2020: ("500", 620), 2021: ("≥500", 480), 2022: ("500", None)}),
        _line("雄安新区师资培训", "数量指标", {2020: ("1000", 1236), 2021: ("1000", 1100), 2022: ("1000", None)}),
        _line("援建专业数", "质量指标", {2021: ("", None), 2022: ("21", None)}),
    )
    tasks = (
        TaskItem(
            "学校", "提升服务发展水平", "援建和田职院", "①帮扶专业群", "双高办", "滞后", Decimal("0.6"), False, ()
        ),
        TaskItem("学校", "提升服务发展水平", "师资培训", "①培训500人次", None, None, None, False, ()),
    )
    money = (
        _fund("中央财政投入资金", 2021, 800_000, 800_000, 700_000),
        _fund("学校自筹资金", 2021, 200_000, 210_000, 0),
    )
    total = _fund(None, 2021, 1_000_000, 1_010_000, 700_000)
    return Measured(
        2021, YEAR_END, KNOWN_AT, figures, lines, tasks, Funds(money, (total,), (replace(total, year=None),))
    )


@pytest.fixture
def intake() -> Intake:
    owed = (
        _owed("和田职业技术学院", OwedState.ACCEPTED, submission_id=7),
        _owed("威县职教中心", OwedState.LATE, 2),
        _owed("雄县职教中心", OwedState.MISSING, 121),
    )
    finding = LedgerFindings(
        "和田职业技术学院", "师资培训台账", "2021", Severity.CRITICAL, "“培训人次”不是数", "请填写整数", 4
    )
    unread = UnreadFile("武威职业学院", "获奖.xlsx", date(2021, 9, 2), "文件是空的")
    return Intake(owed, {7: RowCounts(120, 4)}, (finding,), (unread,))


def _compose(measured: Measured, intake: Intake, *evidence: Evidence, scheme: str = FINAL, **texts: str) -> ReportModel:
    return compose_report(
        measured, score_year(measured, find_scheme(scheme)), intake, evidence, "天津职业大学", texts
    )  # fmt: skip


def _table(model: ReportModel, table_id: str) -> list[list[str]]:
    table = next(table for table in tables_of(model) if table.table_id == table_id)
    return [[cell.text for cell in row] for row in table.body]


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple):
        for each in value:
            yield from _texts(each)
    elif is_dataclass(value):
        for field in fields(value):
            yield from _texts(getattr(value, field.name))


def test_the_outline_is_that_of_the_self_evaluation(measured: Measured, intake: Intake) -> None:
    headings = [section.heading for level, section in walk(_compose(measured, intake).parts) if level == 1]
    assert headings == [
        "成效要点", "一、绩效目标实现程度及效果", "二、建设任务进度及绩效指标完成情况", "三、项目预算执行情况", "四、采取措施的有效性",
        "五、贡献度和社会认可度", "六、经验与做法、未完成或偏离原因及问题", "七、改进措施及建议", "八、其他", "附件1　台账报送完整性",
        "附件2　未报、退回和迟报清单", "附件3　数据质量", "附件4　约数清单", "附件5　指标口径", "附件6　佐证材料目录",
    ]  # fmt: skip


def test_the_indicator_table_merges_levels_and_prints_what_is_not_due(measured: Measured, intake: Intake) -> None:
    assert _table(_compose(measured, intake), "indicators-progress-1-1") == [
        ["产出指标", "数量指标", "对口支援地区师资培训（人次）", "≥500", "480", "96%"],
        ["雄安新区师资培训（人次）", "1000", "1,100", "110%"],
        ["质量指标", "援建专业数（人次）", "未设定", "未测算", "—"],
    ]


def test_points_stand_in_the_table_only_where_the_scheme_parts_them(measured: Measured, intake: Intake) -> None:
    model = _compose(measured, intake, scheme=MIDTERM)
    assert _table(model, "indicators-progress-1-1") == [
        ["产出指标", "数量指标", "对口支援地区师资培训（人次）", "≥500", "480", "96%", "20", "19.6"],
        ["雄安新区师资培训（人次）", "1000", "1,100", "100%"],
        ["质量指标", "援建专业数（人次）", "未设定", "未测算", "—", "—", "—"],
    ]


def test_task_completion_indicator_completion_and_score_stand_apart(measured: Measured, intake: Intake) -> None:
    model = _compose(measured, intake, scheme=MIDTERM)
    assert _table(model, "indicator-completion") == [
        ["学校", "2", "1", "1", "0", "50%", "2", "98%"],
        ["合计", "2", "1", "1", "0", "50%", "2", "98%"],
    ]
    assert _table(_compose(measured, intake), "indicator-completion")[1][-1] == "103%"
    assert [row[-4:] for row in _table(model, "score")] == [
        ["产出", "50", "—", "—"],
        ["　数量", "20", "19.6", "—"],
        ["　质量", "20", "—", "本年度没有到期的指标"],
        ["　时效", "10", "—", "本年度没有到期的指标"],
        ["效益", "30", "—", "—"],
        ["　社会效益", "15", "—", "本年度没有到期的指标"],
        ["　可持续影响", "15", "—", "本年度没有到期的指标"],
        ["满意度", "10", "—", "本年度没有到期的指标"],
        ["管理与执行", "10", "—", "—"],
        ["　资金管理", "5", "—", "由评审给分，不能由数据计算"],
        ["　项目管理", "5", "—", "由评审给分，不能由数据计算"],
        ["小计", "—", "—", "有分项没有得分，不合计"],
        ["加权总分", "—", "—", "方案没有公布各层面的权重，不计总分"],
    ]


def test_what_a_scheme_leaves_open_is_listed_and_not_made_up(measured: Measured, intake: Intake) -> None:
    model = _compose(measured, intake)
    rows = _table(model, "score")
    assert rows[0] == ["学校、专业群一、专业群二", "产出", "40", "—", "—"]
    assert {row[-2] for row in rows} == {"—"}
    texts = set(_texts(model))
    assert {f"{text}。" for text in find_scheme(FINAL).unknown} <= texts
    assert "任务完成度低于80%：尚不能判定。" in texts


def test_a_report_within_its_year_says_that_the_year_is_not_over(measured: Measured, intake: Intake) -> None:
    said = "数据截至2021年9月30日，2021年度尚未结束；以下“未达成”均指截至该日尚未达到全年目标。"
    assert said in set(_texts(_compose(replace(measured, as_of=date(2021, 9, 30)), intake)))
    assert not any("尚未结束" in text for text in _texts(_compose(measured, intake)))


def test_the_sentence_of_a_project_counts_its_targets(measured: Measured, intake: Intake) -> None:
    sentences = [text for text in _texts(_compose(measured, intake)) if text.startswith("本建设任务")]
    assert sentences == ["本建设任务本年度目标值2项，达成1项，未达成1项，另有1项本年度未设定目标值或尚未到期。"]


def test_the_road_map_keeps_years_to_come_open(measured: Measured, intake: Intake) -> None:
    model = _compose(measured, intake)
    assert _table(model, "road-map")[0] == [
        "学校",
        "提升服务发展水平",
        "对口支援地区师资培训（人次）",
        "500",
        "620",
        "≥500",
        "480",
        "500",
        "尚未到期",
    ]
    assert _table(model, "road-map")[2] == ["援建专业数（人次）", "—", "—", "—", "未测算", "21", "尚未到期"]
    chart = next(chart for chart in charts_of(model) if chart.chart_id == "chart-road-1")
    assert [(p.label, p.series, p.value, p.printed) for p in chart.points][-1] == ("2022年", "完成", None, "尚未到期")


def test_figures_without_a_value_say_why(measured: Measured, intake: Intake) -> None:
    rows = {row[0]: row[1] for row in _table(_compose(measured, intake), "overview")}
    assert rows == {
        "累计培训人次": "10,115（其中约1,000为约数）", "上半年培训人次": "约1,000", "当年论坛会议次数": "无记录", "当年培训人日": "未测算",
    }  # fmt: skip


def test_the_rows_observed_stand_beside_every_sum(measured: Measured, intake: Intake) -> None:
    model = _compose(measured, intake)
    rows = {row[0]: row[3] for row in _table(model, "overview")}
    found = {figure.title: figure for figure in measured.figures if not figure.group}
    assert rows == {
        title: "—" if f.state is FigureState.NOT_MEASURED else f"{f.rows_observed:,}" for title, f in found.items()
    }
    broken_down = [table for table in tables_of(model) if table.table_id.startswith("breakdown-")]
    assert broken_down
    assert all(table.header[0][-1].text == "记录数" for table in broken_down)


def test_the_leaders_page_prints_the_same_numbers(measured: Measured, intake: Intake) -> None:
    blocks = _compose(measured, intake).summary.blocks
    tiles = [
        (item.title, item.printed, item.unit, item.remark)
        for block in blocks
        if isinstance(block, Highlights)
        for item in block.items
    ]
    remark = "其中约1,000人次为约数；2021年1月1日至12月31日"
    assert tiles == [("线上线下培训（累计）", "10,115", "人次", remark)]


def test_the_leaders_page_says_what_is_missing_and_why(measured: Measured, intake: Intake) -> None:
    *_, cautions = _compose(measured, intake).summary.blocks
    assert isinstance(cautions, Bullets)
    assert [plain_text(item).removeprefix("提请注意：") for item in cautions.items] == [
        "按目前进度推算，有1项指标预计不能按期达到目标（对口支援地区师资培训），见“建设路线图”。",
        "数据中有2项含约数，文中以“约”标明，明细见附件“约数清单”。",
        "有2项数据没有数值（“无记录”1项，“未测算”1项）：当年论坛会议次数、当年培训人日。",
        "应报送台账3份，未报或被退回1份（雄县职教中心），迟报1份（威县职教中心），清单见附件。",
        "有4行数据因填报有误暂未计入，已退回报送单位更正。",
    ]


def test_a_spreadsheet_prints_an_approximate_number_as_the_text_does(measured: Measured, intake: Intake) -> None:
    table = next(table for table in tables_of(_compose(measured, intake)) if table.table_id == "overview")
    formats = [row[1].number_format for row in table.body if row[1].number is not None]
    assert formats == ['#,##0"（其中约1,000为约数）"', '"约"#,##0']


def test_funds_are_printed_in_wan_with_rates_and_totals(measured: Measured, intake: Intake) -> None:
    model = _compose(measured, intake)
    assert _table(model, "funds-1") == [
        ["中央财政投入资金", "80.00", "80.00", "70.00", "100%", "87.5%"],
        ["学校自筹资金", "20.00", "21.00", "0.00", "105%", "0%"],
        ["合计", "100.00", "101.00", "70.00", "101%", "69.31%"],
    ]
    assert _table(model, "funds-years") == [
        ["学校", "2021年", "100.00", "101.00", "70.00", "101%", "69.31%"],
        ["学校", "累计", "100.00", "101.00", "70.00", "101%", "69.31%"],
    ]


def test_what_is_missing_late_or_wrong_is_listed(measured: Measured, intake: Intake) -> None:
    model = _compose(measured, intake)
    assert _table(model, "missing") == [
        ["雄县职教中心", "师资培训台账", "2021年", "2021-09-01", "—", "未报", "121"],
        ["威县职教中心", "师资培训台账", "2021年", "2021-09-01", "2021-09-03", "迟报", "2"],
    ]
    assert _table(model, "unread") == [["武威职业学院", "获奖.xlsx", "2021-09-02", "文件是空的"]]
    assert _table(model, "quality") == [
        ["和田职业技术学院", "师资培训台账", "2021年", "“培训人次”不是数", "请填写整数", "严重", "4"]
    ]
    texts = list(_texts(model))
    assert "和田职业技术学院2021年“师资培训台账”：“培训人次”不是数。请填写整数。" in texts
    assert "雄县职教中心应补报2021年“师资培训台账”。" in texts


def test_who_sent_a_file_that_cannot_count_is_told_so(measured: Measured, intake: Intake) -> None:
    unread = UnreadFile("雄县职教中心", "获奖.xlsx", date(2021, 9, 2), "文件设有打开密码")
    texts = list(_texts(_compose(measured, replace(intake, unread=(unread,)))))
    assert "雄县职教中心应补报2021年“师资培训台账”（已收到的《获奖.xlsx》不能采用：文件设有打开密码）。" in texts


def test_texts_of_departments_stand_in_their_parts(measured: Measured, intake: Intake) -> None:
    model = _compose(measured, intake, experience="第一段\n\n第二段")
    said = {
        section.section_id: [plain_text(block.line) for block in section.blocks if hasattr(block, "line")][:2]
        for section in model.sections
    }
    assert said["experience"] == ["第一段", "第二段"]
    assert said["other"] == ["（责任部门尚未提交文字材料）"]


def test_an_empty_warehouse_gives_a_report_that_says_so(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'warehouse.db'}"
    migrate(url)
    engine = open_engine(url)
    model = compose_year(engine, measure_year(engine, 2021, YEAR_END, KNOWN_AT), "天津职业大学")
    engine.dispose()
    texts = list(_texts(model))
    assert {
        "（绩效目标表尚未提交，无法对照目标值）",
        "（财务部门尚未提交本年度资金数据）",
        "（没有登记应报送的台账）",
    } <= set(texts)
    assert model.evidence == ()
    assert {row[1] for row in _table(model, "overview")} == {"未测算"}


def test_no_bare_nothing_is_ever_printed(measured: Measured, intake: Intake) -> None:
    texts = list(_texts(_compose(measured, intake)))
    assert [text for text in texts if "None" in text or text.lower() in {"nan", "null"} or "Decimal" in text] == []


def test_every_block_is_of_a_kind_the_renderings_know(measured: Measured, intake: Intake) -> None:
    kinds = {type(block).__name__ for block in blocks_of(_compose(measured, intake))}
    assert kinds == {"Paragraph", "Bullets", "Highlights", Table.__name__, Chart.__name__}


def _cells(
    spans: tuple[Span, ...], file_name: str = "师资.xlsx", *, count: int = 0, is_listed: bool = True
) -> CellSpans:
    return CellSpans("jxjy", file_name, Place("Sheet1", None, 9, "培训人次"), count, spans, is_listed)


def test_rows_of_evidence_are_joined_by_file_and_column() -> None:
    cited = Cited((_cells(((3, 4), (9, 9))), _cells(((5, 5),)), _cells(((2, 2),), "另一份.csv")), 2, 1234)
    found = summarise_sources(cited, {"jxjy": "继续教育学院"})
    assert [(one.partner_name, one.file_name, one.header, one.rows) for one in found] == [
        ("继续教育学院", "另一份.csv", "培训人次（I列）", "2"), ("继续教育学院", "师资.xlsx", "培训人次（I列）", "3–5、9"),
        ("其余", "另有2处", "", "共1,234行"),
    ]  # fmt: skip


def test_rows_too_many_to_list_are_counted() -> None:
    scattered = _cells(tuple((row, row) for row in range(1, 201, 2)))
    assert summarise_sources(Cited((scattered,)), {})[0].rows.endswith("117、119等，共100行")
    unlisted = _cells(((4, 9000),), count=3000, is_listed=False)
    assert summarise_sources(Cited((unlisted,)), {})[0].rows == "4–9000之间，共3,000行"


@pytest.mark.parametrize(("rows", "printed"), [([], ""), ([7], "7"), ([3, 3, 4], "3–4"), ([9, 1, 2], "1–2、9")])
def test_spans(rows: list[int], printed: str) -> None:
    assert spans_text(row_spans(rows)) == printed


def test_evidence_without_a_source_still_has_its_row(measured: Measured, intake: Intake) -> None:
    evidence = Evidence("2021/trained_cumulative", "累计培训人次", "10,115", "口径", "2021年", 3)
    model = _compose(measured, intake, evidence)
    assert _table(model, "evidence") == [["累计培训人次", "10,115", "2021年", "3", "—"]]
