"""Questions: asked once however often they are met, answered once by a decision, withdrawn and asked anew."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, select

from schemas.errors import MisconfiguredError
from schemas.values import Delivery
from warehouse.engine import begin_write
from warehouse.marts.questions import OpenQuestion, answers, answers_to, find_question, open_questions
from warehouse.store.deliveries import record_deliveries
from warehouse.store.nights import open_night
from warehouse.store.questions import answer, ask, withdraw
from warehouse.tables import Decision, Question

NOW = datetime(2021, 9, 1, 18, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
CHOICES = {"accept": "采用这次的文件", "keep": "保留现行版本"}


def put(engine: Engine, key: str = "shrink:1", now: datetime = NOW, **told: object) -> int:
    usual = {"kind": "shrink", "question": "行数少了很多", "choices": CHOICES, "partner_code": "hetian"}
    with begin_write(engine) as connection:
        return ask(connection, now, key=key, **{**usual, **told})


def found_open(engine: Engine, **told: str) -> list[str]:
    with engine.connect() as connection:
        return [question.key for question in open_questions(connection, **told)]


def test_a_question_is_asked_once_with_everything_its_answer_needs(
    engine: Engine, make_delivery: Callable[..., Delivery]
) -> None:
    delivery = make_delivery("A")
    with begin_write(engine) as connection:
        record_deliveries(connection, open_night(connection, NOW), [delivery])
    told = {"contract": "award", "period": "2021", "delivery_sha256": delivery.sha256, "details": {"rows": [480, 12]}}
    first = put(engine, **told)
    assert put(engine, now=LATER, question="另一种说法", **told) == first
    expected = OpenQuestion(
        first, "shrink:1", "shrink", False, "hetian", "award", "2021", delivery.sha256, "行数少了很多",
        (("accept", "采用这次的文件"), ("keep", "保留现行版本")), {"rows": [480, 12]}, NOW,
    )  # fmt: skip
    with engine.connect() as connection:
        assert open_questions(connection) == [expected]
        assert find_question(connection, first) == expected
        assert find_question(connection, first + 1) is None


def test_open_questions_are_found_by_kind_and_partner(engine: Engine) -> None:
    put(engine, "a")
    put(engine, "b", kind="order")
    put(engine, "c", partner_code="wuwei")
    put(engine, "d", kind="unmatched_mail", partner_code=None)
    assert found_open(engine) == ["a", "b", "c", "d"]
    assert found_open(engine, kind="shrink") == ["a", "c"]
    assert found_open(engine, partner_code="hetian") == ["a", "b"]
    assert found_open(engine, kind="order", partner_code="wuwei") == []


def test_an_answer_is_a_decision_and_names_nobody_elsewhere(engine: Engine) -> None:
    number = put(engine)
    with begin_write(engine) as connection:
        answer(connection, LATER, number, code="accept", text="确为精简", by=" 甲老师 ", why="已电话核实")
    with engine.connect() as connection:
        decision = connection.execute(select(Decision)).one()
        stored = repr(connection.execute(select(Question)).all())
        found = answers(connection, "shrink")
        assert answers_to(connection, ["shrink:1", "other"]) == {"shrink:1": "accept"}
        assert answers(connection, "order") == answers(connection, partner_code="wuwei") == []
    assert (decision.decided_by, decision.why, decision.decided_at) == ("甲老师", "已电话核实", LATER)
    assert (decision.kind, decision.subject_kind, decision.subject) == ("shrink", "question", "shrink:1")
    assert decision.details == {"choice": "accept", "label": "采用这次的文件", "text": "确为精简"}
    assert [(one.asked.question_id, one.code, one.text, one.decided_at) for one in found] == [
        (number, "accept", "确为精简", LATER)
    ]
    assert "甲老师" not in stored
    assert found_open(engine) == []


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"code": "maybe"}, "没有“maybe”这一选项；可选：accept（采用这次的文件）、keep（保留现行版本）"),
        ({"by": "  "}, "需要写明答复人和理由"),
        ({"why": ""}, "需要写明答复人和理由"),
    ],
)
def test_an_answer_that_cannot_be_taken_writes_nothing(engine: Engine, told: dict[str, str], said: str) -> None:
    number = put(engine)
    with pytest.raises(MisconfiguredError, match=said), begin_write(engine) as connection:
        answer(connection, NOW, number, **{"code": "keep", "by": "甲老师", "why": "核实", **told})
    assert found_open(engine) == ["shrink:1"]
    with engine.connect() as connection:
        assert connection.execute(select(Decision)).all() == []


def test_a_question_is_answered_once_and_only_while_it_is_open(engine: Engine) -> None:
    answered, gone = put(engine, "a"), put(engine, "b")
    with begin_write(engine) as connection:
        answer(connection, NOW, answered, code="keep", by="甲老师", why="核实")
        withdraw(connection, LATER, ["b", "never asked"])
    for number, said in ((answered, "已经答复过"), (gone, "已经撤回"), (99, "没有编号为 99 的问题")):
        with pytest.raises(MisconfiguredError, match=said), begin_write(engine) as connection:
            answer(connection, LATER, number, code="keep", by="乙老师", why="核实")


def test_what_was_withdrawn_opens_again_when_asked_anew_and_what_was_answered_stays_answered(engine: Engine) -> None:
    first, second = put(engine, "a"), put(engine, "b")
    with begin_write(engine) as connection:
        answer(connection, NOW, first, code="keep", by="甲老师", why="核实")
        withdraw(connection, NOW, ["a", "b"])
    assert found_open(engine) == []
    assert put(engine, "b", LATER, question="行数又少了") == second
    assert put(engine, "a", LATER) == first
    with engine.connect() as connection:
        assert [(q.key, q.question, q.asked_at) for q in open_questions(connection)] == [("b", "行数又少了", LATER)]
        assert answers_to(connection, ["a", "b"]) == {"a": "keep"}


def test_a_file_name_no_database_stores_is_asked_about_all_the_same(engine: Engine) -> None:
    number = put(engine, "mail:\x00坏\ud800")
    assert put(engine, "mail:\x00坏\ud800", LATER) == number
    with begin_write(engine) as connection:
        withdraw(connection, LATER, ["mail:\x00坏\ud800"])
    assert found_open(engine) == []
