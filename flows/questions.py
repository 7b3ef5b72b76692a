"""Answering a question only a person can settle; the deliveries it held back are read again at once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from prefect import flow
from sqlalchemy import Connection

from flows.office import Office, instant_or_now, open_office
from flows.replay import headline, replay_held
from flows.report_life import AMEND, amend
from flows.reporting import send_report
from flows.run_state import done, name_run, told_in_one_sentence
from flows.summary import NightSummary
from schemas.errors import MisconfiguredError
from tasks.intake.asking import LAYOUT_DRIFT, ORDER, SHRINK, candidates_of
from tasks.report.renderings import render_all
from warehouse.engine import begin_write
from warehouse.marts.held import Held, read_by_layout, read_held
from warehouse.marts.questions import OpenQuestion, find_question
from warehouse.store.questions import answer

REPLAYED = frozenset({LAYOUT_DRIFT, ORDER, SHRINK})


@flow(name="answer-question", flow_run_name="答复问题", validate_parameters=True, persist_result=False)
@told_in_one_sentence
def answer_question(
    question_id: int, choice: str, by: str, why: str, at: datetime | None = None
) -> NightSummary | None:
    """答复一个待定的问题（表头变动、行数骤减、文件先后等）；答复记入台账，相关文件随即重新检查。

    Args:
        question_id: 问题编号，见当晚小结或命令 doublehigh questions。
        choice: 选项代码，如 accept（采用）、keep（保留）、ignore（不读新列）、refuse（退回）或候选文件的序号。
        by: 答复人。
        why: 理由，一句话。
        at: 把这一时刻当作现在；平时留空。
    """
    with open_office() as office:
        now = instant_or_now(at)
        with begin_write(office.engine) as connection:
            answer(connection, now, question_id, code=choice, text=None, by=by, why=why)
        with office.engine.connect() as connection:
            question = find_question(connection, question_id)
            held = list(_concerned(connection, question)) if question else []
        name_run(f"答复问题 {question_id}")
        if question and question.kind == AMEND:
            return done(None, f"答复已记录{_amended(office, now, question, choice, by, why)}")
        if not held:
            return done(None, "答复已记录")
        summary = replay_held(office, held, now)
        return done(summary, f"答复已记录；{headline(summary)}")


def _amended(office: Office, now: datetime, question: OpenQuestion, choice: str, by: str, why: str) -> str:
    """Where the office chose so, the amended report is drafted at once and sent to be looked over."""
    if choice != "amend" or not isinstance(question.details, dict):
        return ""
    number, edition = amend(office, now, int(str(question.details["report_id"])), by=by, why=why)
    send_report(office, edition.model, render_all(edition.model, office.settings.reports_folder))
    return f"；更正稿已编制，编号 {number}"


def _concerned(connection: Connection, question: OpenQuestion) -> Iterator[Held]:
    """The deliveries an answer sets free: those it names, and on a layout whatever of that partner has it."""
    if question.kind not in REPLAYED:
        return
    named = {str(one["delivery_sha256"]) for one in candidates_of(question.details)} | {question.delivery_sha256}
    found = {
        held.sighting_id: held
        for sha256 in sorted(filter(None, named))
        for held in read_held(connection, partner_code=question.partner_code, sha256=sha256)
    }
    if question.kind == LAYOUT_DRIFT:
        found |= {held.sighting_id: held for held in _of_layout(connection, question)}
    yield from (found[number] for number in sorted(found))


def _of_layout(connection: Connection, question: OpenQuestion) -> Iterator[Held]:
    partner_code, contract = question.partner_code, question.contract
    if not isinstance(question.details, dict) or partner_code is None or contract is None:
        raise MisconfiguredError(f"问题 {question.question_id} 没有记下是哪一种表头")
    yield from read_held(connection, partner_code=partner_code, contract=contract)
    yield from read_by_layout(connection, partner_code, contract, str(question.details["fingerprint"]))
