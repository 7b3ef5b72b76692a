"""Files judged again under a changed contract: what is recorded, what is told, and which files are concerned; on both databases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import Engine, select

from schemas.contract import Contract, shipped_contracts
from schemas.values import Delivery, Finding, Reading, Severity, SubmissionState, Turn, Verdict
from tasks.intake.judge import check
from tasks.intake.load import LoadOutcome, SaidBefore, load_verdicts, record_unread
from tasks.intake.replay import replay_remainder, replay_verdicts
from warehouse.engine import begin_write
from warehouse.marts.held import read_by_rule, read_by_version, read_held
from warehouse.store.nights import open_night
from warehouse.tables import Submission

TODAY = shipped_contracts()["training_session"]
NIGHT = datetime(2021, 9, 1, 18, tzinfo=UTC)
LATER = NIGHT + timedelta(days=1)
RULE = "training_session.ends_after_start"
ACCEPTED, WITH_FINDINGS, REFUSED = (
    SubmissionState.ACCEPTED, SubmissionState.ACCEPTED_WITH_FINDINGS, SubmissionState.REFUSED,
)  # fmt: skip


def changed(**told: object) -> Contract:
    """The contract with its rule on the order of dates changed."""
    rules = tuple(one.model_copy(update=told) if one.id == "ends_after_start" else one for one in TODAY.rules)
    return TODAY.model_copy(update={"version": TODAY.version + 1, "rules": rules})


class Office:
    """A warehouse with one delivery, whose rows are judged under one contract and then under another."""

    def __init__(self, engine: Engine, delivery: Delivery, verdict: Callable[[Contract], Verdict]) -> None:
        self.engine, self.delivery, self.verdict = engine, delivery, verdict
        with begin_write(engine) as connection:
            self.night = open_night(connection, NIGHT)

    def load(self) -> LoadOutcome:
        (outcome,) = load_verdicts(self.engine, self.night, [(self.verdict(TODAY), self.delivery)], TODAY, NIGHT)
        return outcome

    def replay(self, contract: Contract, sighting_id: int = 1) -> LoadOutcome:
        judged, sightings = [(self.verdict(contract), self.delivery)], {self.delivery: sighting_id}
        (outcome,) = replay_verdicts(self.engine, self.night, judged, sightings, contract, LATER)
        return outcome

    def versions(self) -> list[int]:
        """The contract version each submission was judged under."""
        with self.engine.connect() as connection:
            return list(connection.scalars(select(Submission.contract_version).order_by(Submission.id)))


@pytest.fixture
def office(
    engine: Engine, make_delivery: Callable[..., Delivery], make_verdict: Callable[..., Verdict]
) -> Callable[[int], Office]:
    """An office with a ledger of ten rows, so many of which end before they begin."""

    def make(wrong: int) -> Office:
        delivery = make_delivery("A")
        rows = [
            {
                "session_name": f"研修班{n}", "trainee_institution_code": "hetian", "training_mode_code": "线下",
                "started_on": date(2021, 3, 5), "ended_on": date(2021, 3, 1 if n < wrong else 9), "trainee_person_times": 20,
            }
            for n in range(10)
        ]  # fmt: skip
        submission = make_verdict(delivery, rows).submission
        return Office(engine, delivery, lambda contract: check(contract, [submission])[0])

    return make


def test_other_words_are_recorded_and_told_to_nobody(office: Callable[[int], Office]) -> None:
    one = office(2)
    one.load()
    outcome = one.replay(changed(message="日期次序不对", fix="请查原始记录"))
    assert (outcome.is_unchanged, outcome.is_same_verdict, outcome.is_news) == (False, True, False)
    assert outcome.before == SaidBefore(WITH_FINDINGS, 2)
    assert one.versions() == [1, 2]


def test_the_same_again_is_neither_recorded_nor_told(office: Callable[[int], Office]) -> None:
    one = office(2)
    one.load()
    outcome = one.replay(TODAY.model_copy(update={"version": 2}))
    assert (outcome.is_unchanged, outcome.is_news) == (True, False)
    assert one.versions() == [1]


@pytest.mark.parametrize(("wrong", "before"), [(2, SaidBefore(WITH_FINDINGS, 2)), (8, SaidBefore(REFUSED, 8))])
def test_another_verdict_is_told_with_the_one_before(
    office: Callable[[int], Office], wrong: int, before: SaidBefore
) -> None:
    one = office(wrong)
    one.load()
    outcome = one.replay(changed(severity=Severity.WARNING))
    assert (outcome.is_news, outcome.state, outcome.rows_held) == (True, WITH_FINDINGS, 0)
    assert outcome.before == before


def test_a_ledger_found_only_now_was_told_of_as_unrecognised(office: Callable[[int], Office]) -> None:
    one = office(0)
    reading = Reading(one.delivery, state=SubmissionState.UNRECOGNISED)
    record_unread(one.engine, one.night, reading, NIGHT)
    outcome = one.replay(TODAY)
    assert (outcome.is_news, outcome.state, outcome.before) == (
        True, ACCEPTED, SaidBefore(SubmissionState.UNRECOGNISED),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("said", "state", "is_told", "records"),
    [
        ("没有识别出台账", SubmissionState.UNRECOGNISED, False, 1),
        ("认不出是哪一种台账", SubmissionState.UNRECOGNISED, False, 2),
        ("没有识别出台账", SubmissionState.UNREADABLE, True, 2),
    ],
    ids=["the same", "in other words", "another state"],
)
def test_a_file_in_which_nothing_is_found_still_is_told_of_only_when_its_verdict_changed(
    office: Callable[[int], Office], said: str, state: SubmissionState, is_told: bool, records: int
) -> None:
    one = office(0)

    def reading(message: str, state: SubmissionState) -> Reading:
        finding = Finding(
            "file.unrecognised", Severity.CRITICAL, Turn.SUBMITTER, message, "台账.xlsx", "一种台账", "请核对"
        )
        return Reading(one.delivery, findings=(finding,), state=state)

    record_unread(one.engine, one.night, reading("没有识别出台账", SubmissionState.UNRECOGNISED), NIGHT)
    told = replay_remainder(one.engine, one.night, reading(said, state), 1, LATER)
    assert (told is not None) is is_told
    with one.engine.connect() as connection:
        assert len(connection.scalars(select(Submission.id)).all()) == records


def test_only_the_files_concerned_are_found(office: Callable[[int], Office]) -> None:
    one = office(2)
    one.load()
    newer = {"training_session": TODAY.version + 1}
    with one.engine.connect() as connection:
        found = {
            "year": read_held(connection, period="2021"),
            "rule": read_by_rule(connection, RULE, None, None, "2021"),
            "changed": read_by_version(connection, newer, "hetian", "2021"),
        }
        assert [[held.sha256 for held in one_way] for one_way in found.values()] == [[one.delivery.sha256]] * 3
        assert read_held(connection, period="2020") == []
        assert read_by_rule(connection, RULE, None, None, "2020") == []
        assert read_by_version(connection, newer, "hetian", "2020") == []
        assert read_by_version(connection, newer, "luxi") == []
        assert read_by_version(connection, {"training_session": TODAY.version}) == []
