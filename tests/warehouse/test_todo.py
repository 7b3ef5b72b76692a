"""A partner's own list: what to send, mend and answer, how complete and punctual it is, and how each year's files fared."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from sqlalchemy import Engine

from flows.commands.status import todo_lines
from schemas.contract import shipped_contracts
from schemas.values import Delivery, Finding, Severity, SubmissionState, Turn, Verdict
from tasks.intake.load import load_verdict
from warehouse.engine import begin_write
from warehouse.marts.owed import Owed, OwedState
from warehouse.marts.todo import Rates, YearOfFindings, rates_of, read_history, read_todo
from warehouse.store.nights import open_night
from warehouse.store.obligations import sync_obligations
from warehouse.store.questions import ask

NIGHT = datetime(2022, 1, 10, 18, tzinfo=UTC)
TODAY = date(2022, 1, 20)
BEIJING = timedelta(hours=8)


def finding(severity: Severity, message: str, turn: Turn = Turn.SUBMITTER) -> Finding:
    return Finding(f"award.{message}", severity, turn, message, "", "", "")


@pytest.fixture
def sent(engine: Engine, make_delivery: Callable[..., Delivery], make_verdict: Callable[..., Verdict]) -> None:
    """Awards of 2021 came on time with mistakes, those of 2020 were refused, a fund ledger is missing, another is not yet due."""
    contract = shipped_contracts()["award"]
    with begin_write(engine) as connection:
        night = open_night(connection, NIGHT)
        owed = [("award", "2021", date(2022, 1, 12)), ("award", "2020", date(2021, 1, 12)), ("fund", "2021", date(2022, 1, 15)),
                ("activity", "2021", date(2022, 3, 1))]  # fmt: skip
        sync_obligations(connection, [("hetian", *one) for one in owed])
        ask(connection, NIGHT, key="k", kind="plausibility", question="人次为何增加？", choices={}, is_for_partner=True,
            partner_code="hetian")  # fmt: skip
        ask(connection, NIGHT, key="l", kind="order", question="哪个新？", choices={}, partner_code="hetian")
    told = [
        finding(Severity.WARNING, "请核对"), finding(Severity.CRITICAL, "没有日期"), finding(Severity.CRITICAL, "没有日期"),
        finding(Severity.INFO, "提示"), finding(Severity.WARNING, "我们的", Turn.US),
    ]  # fmt: skip
    for period, content, state, findings in (
        ("2021", "A", SubmissionState.ACCEPTED_WITH_FINDINGS, told), ("2020", "B", SubmissionState.REFUSED, told[1:2]),
    ):  # fmt: skip
        delivery = make_delivery(content, seen_at=NIGHT, address=f"folder:hetian/{period}.xlsx")
        verdict = make_verdict(
            delivery, [{"contest_name": "大赛"}] * 3, contract="award", period=period, state=state, findings=tuple(findings),
            held=np.array([0], dtype=np.int64),
        )  # fmt: skip
        load_verdict(engine, night, verdict, delivery, contract, NIGHT)


@pytest.mark.usefixtures("sent")
def test_the_list_says_what_to_do_the_gravest_first(engine: Engine) -> None:
    with engine.connect() as connection:
        todo = read_todo(connection, "hetian", TODAY, NIGHT + 9 * timedelta(days=1), ZoneInfo("Asia/Shanghai"))
    titles = {name: contract.title for name, contract in shipped_contracts().items()}
    assert list(todo_lines(todo, titles)) == [
        "到期台账 3 份：已接收 1 份（33%），其中按时 1 份（33%）",
        "须报送（2）：",
        f"  {titles['award']} 2020 年度：已退回，应于 2021-01-12 前报送",
        f"  {titles['fund']} 2021 年度：逾期未报，应于 2022-01-15 前报送",
        "须改正（3）：",
        f"  {titles['award']} 2021 年度：没有日期（2 处，必须改正）",
        f"  {titles['award']} 2020 年度：没有日期（1 处，必须改正）",
        f"  {titles['award']} 2021 年度：请核对（1 处，请核对）",
        "请答复（1）：",
        "  1：人次为何增加？",
        "即将到期（1）：",
        f"  {titles['activity']} 2021 年度：2022-03-01 前",
        "历年报送（2）：",
        "  2020 年度：报送 1 次，问题 1 个，平均每次 1.0 个",
        "  2021 年度：报送 1 次，问题 4 个，平均每次 4.0 个",
    ]


@pytest.mark.usefixtures("sent")
def test_history_counts_what_was_sent_by_year(engine: Engine) -> None:
    with engine.connect() as connection:
        assert read_history(connection, "wuwei") == []
        assert read_history(connection) == [YearOfFindings("2020", 1, 1, 0), YearOfFindings("2021", 1, 2, 2)]


@pytest.mark.parametrize(
    ("states", "rates"),
    [
        ([], Rates(0, 0, 0)),
        ([OwedState.WAIVED], Rates(0, 0, 0)),
        ([OwedState.LATE, OwedState.ACCEPTED, OwedState.MISSING, OwedState.RECEIVED, OwedState.WAIVED], Rates(4, 2, 1)),
    ],
)
def test_rates_leave_out_what_is_waived(states: list[OwedState], rates: Rates) -> None:
    owed = [Owed("p", "甲校", "award", "获奖", "2021", TODAY, state, None, 0, False, False, None) for state in states]
    later = Owed(
        "p", "甲校", "award", "获奖", "2022", TODAY + BEIJING * 24, OwedState.NOT_DUE, None, 0, False, False, None
    )
    found = rates_of([*owed, later], TODAY)
    assert found == rates
    assert found.completeness_share == (rates.taken_count / rates.due_count if rates.due_count else None)
