"""Waivers: rows let through within a limit, findings kept; exceeded, expired or taken back they are held again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import Engine, select

from schemas.contract import shipped_contracts
from schemas.values import Delivery, Severity, SubmissionState, Turn, Verdict
from tasks.intake.judge import check
from tasks.intake.load import load_verdicts
from tasks.intake.replay import replay_verdicts
from tasks.intake.waive import waive
from warehouse.engine import begin_write
from warehouse.marts.held import read_by_rule, read_by_sighting, read_by_version
from warehouse.marts.waivers import (
    GrantedWaiver,
    Resting,
    is_not_owed,
    read_resting,
    read_waivers,
    rests_on_nothing,
    waivers_in_force,
)
from warehouse.store.nights import open_night
from warehouse.store.waivers import Grant, grant_waiver, revoke_waiver
from warehouse.tables import Decision, Submission, fact_table

CONTRACT = shipped_contracts()["training_session"]
RULE = "training_session.ends_after_start"
NIGHT = datetime(2021, 9, 1, 18, tzinfo=UTC)
DAY = timedelta(days=1)
UNTIL = date(2021, 12, 31)


def row(number: int, *, is_wrong: bool = False, **told: object) -> dict[str, object]:
    ended_on = date(2021, 3, 1) if is_wrong else date(2021, 3, 9)
    usual = {
        "session_name": f"研修班{number}", "trainee_institution_code": "hetian", "training_mode_code": "线下",
        "started_on": date(2021, 3, 5), "ended_on": ended_on, "trainee_person_times": 20 + number,
    }  # fmt: skip
    return {name: value for name, value in {**usual, **told}.items() if name in {c.name for c in CONTRACT.columns}}


def waiver(rule_id: str | None, **told: object) -> GrantedWaiver:
    usual = {
        "waiver_id": 1, "rule_id": rule_id, "partner_code": None, "contract": None, "period": None, "tolerated_count": None,
        "tolerated_share": None, "granted_at": NIGHT, "expires_on": UNTIL, "approved_by": "甲老师", "why": "已核实",
    }  # fmt: skip
    return GrantedWaiver(**{**usual, **told})


@pytest.fixture
def judged(make_verdict: Callable[..., Verdict], make_delivery: Callable[..., Delivery]) -> Verdict:
    """Ten rows, two of which end before they begin."""
    rows = [row(n, is_wrong=n < 2) for n in range(10)]
    return check(CONTRACT, [make_verdict(make_delivery("A"), rows).submission])[0]


def rule_of(verdict: Verdict) -> str:
    (rule_id,) = {rule_id for rules in verdict.rules_by_held.values() for rule_id in rules}
    return rule_id


@pytest.mark.parametrize(
    ("told", "held"),
    [
        ({}, []),
        ({"tolerated_count": 2, "partner_code": "hetian", "contract": "training_session", "period": "2021"}, []),
        ({"tolerated_share": 0.2}, []),
        ({"tolerated_count": 1}, [0, 1]),
        ({"tolerated_count": 2, "tolerated_share": 0.1}, [0, 1]),
        ({"partner_code": "luxi"}, [0, 1]),
        ({"contract": "award"}, [0, 1]),
        ({"period": "2020"}, [0, 1]),
    ],
)
def test_a_waiver_lets_pass_what_it_covers_and_tolerates(
    judged: Verdict, told: dict[str, object], held: list[int]
) -> None:
    assert judged.held.tolist() == [0, 1]
    after = waive(CONTRACT, judged, [waiver(rule_of(judged), **told)])
    assert after.held.tolist() == held
    assert len(after.findings) == len(judged.findings)
    waived = [f for f in after.findings if f.severity is Severity.CRITICAL and f.turn is Turn.NOBODY]
    assert len(waived) == (0 if held else 2)
    assert all(f.message.endswith("（已批准放行，至 2021-12-31）") and f.rule_id == rule_of(judged) for f in waived)
    exceeded = [f for f in after.findings if "已超出，没有放行" in f.message]
    assert len(exceeded) == (2 if "tolerated_count" in told and held else 0)


def test_a_row_let_through_is_held_by_what_was_left_unsaid(
    make_verdict: Callable[..., Verdict], make_delivery: Callable[..., Delivery]
) -> None:
    """A date of another year is one complaint; that it also lies after the end is said once the first is waived."""
    rows = [row(n) for n in range(9)] + [row(9, started_on=date(2022, 3, 5))]
    before = check(CONTRACT, [make_verdict(make_delivery("A"), rows).submission])[0]
    assert [rule_of(before)] == ["training_session.started_on.in_period"]
    after = waive(CONTRACT, before, [waiver(rule_of(before))])
    assert after.held.tolist() == [9]
    assert rule_of(after) != rule_of(before)
    assert len(after.findings) == len(before.findings) + 1


def test_a_ledger_refused_for_its_many_rows_is_accepted_once_they_are_waived(
    make_verdict: Callable[..., Verdict], make_delivery: Callable[..., Delivery]
) -> None:
    rows = [row(n, is_wrong=n < 8) for n in range(10)]
    before = check(CONTRACT, [make_verdict(make_delivery("A"), rows).submission])[0]
    assert before.state is SubmissionState.REFUSED
    after = waive(CONTRACT, before, [waiver(rule_of(before))])
    assert (after.state, len(after.held)) == (SubmissionState.ACCEPTED_WITH_FINDINGS, 0)
    assert "submission.refused" not in {f.rule_id for f in after.findings}


def test_a_waiver_is_granted_used_counted_and_its_rows_held_again_when_it_ends(
    engine: Engine, judged: Verdict, make_delivery: Callable[..., Delivery]
) -> None:
    delivery, rule_id = make_delivery("A"), rule_of(judged)
    with begin_write(engine) as connection:
        night = open_night(connection, NIGHT)
    load_verdicts(engine, night, [(judged, delivery)], CONTRACT, NIGHT)
    grant = Grant(rule_id, "hetian", None, None, 2, None, UNTIL)
    with begin_write(engine) as connection:
        number = grant_waiver(connection, NIGHT + DAY, grant, by="甲老师", why="已核实")
        held = read_by_rule(connection, rule_id, "hetian", None, None)
        assert read_by_rule(connection, rule_id, "luxi", None, None) == []
        assert read_by_version(connection, {"training_session": CONTRACT.version}) == []
        assert read_by_version(connection, {"training_session": CONTRACT.version + 1}) == held
    assert [one.sha256 for one in held] == [delivery.sha256]
    _replay(engine, night, judged, delivery, held[0].sighting_id, NIGHT + 2 * DAY)
    with engine.connect() as connection:
        assert [(one.waiver.waiver_id, one.rows) for one in waivers_in_force(connection, NIGHT + 2 * DAY)] == [
            (number, 2)
        ]
        assert _rows(engine) == 10
        expired = NIGHT + timedelta(days=150)
        assert waivers_in_force(connection, expired) == []
        ended = rests_on_nothing(read_resting(connection, expired), read_waivers(connection, expired))
        assert [(one.rule_id, one.rows) for one in ended] == [(rule_id, 2)]
        assert read_by_sighting(connection, [one.sighting_id for one in ended]) == held
    with begin_write(engine) as connection:
        revoke_waiver(connection, NIGHT + 3 * DAY, number, by="甲老师", why="已更正")
    _replay(engine, night, judged, delivery, held[0].sighting_id, NIGHT + 4 * DAY)
    assert _rows(engine) == 8
    with engine.connect() as connection:
        assert read_resting(connection, NIGHT + 4 * DAY) == []
        assert [one.waiver_id for one in read_waivers(connection, NIGHT + 2 * DAY)] == [number]
        assert connection.scalars(select(Decision.kind).order_by(Decision.id)).all() == ["waive", "revoke_waiver"]
    with pytest.raises(LookupError), begin_write(engine) as connection:
        revoke_waiver(connection, NIGHT + 5 * DAY, number, by="甲老师", why="再次")


def test_what_is_more_than_the_waivers_left_tolerate_rests_on_nothing() -> None:
    resting = Resting(1, 1, "hetian", "training_session", "2021", RULE, 3, 10)
    assert rests_on_nothing([resting], [waiver(RULE, tolerated_count=3)]) == []
    assert rests_on_nothing([resting], [waiver(RULE, tolerated_count=2)]) == [resting]
    assert rests_on_nothing([resting], [waiver(RULE, tolerated_share=0.2), waiver(RULE, tolerated_share=0.3)]) == []


def test_bytes_in_force_that_are_refused_by_now_and_sent_again_stay_in_force_and_are_called_refused(
    engine: Engine, judged: Verdict, make_delivery: Callable[..., Delivery]
) -> None:
    delivery, again = make_delivery("A"), make_delivery("A", address="folder:hetian/再报.xlsx", file_name="再报.xlsx")
    with begin_write(engine) as connection:
        night = open_night(connection, NIGHT)
    load_verdicts(engine, night, [(judged, delivery)], CONTRACT, NIGHT)
    refused = replace(judged, state=SubmissionState.REFUSED)
    (first,) = replay_verdicts(engine, night, [(refused, delivery)], {delivery: 1}, CONTRACT, NIGHT + DAY)
    assert (first.state, first.is_news, _rows(engine)) == (SubmissionState.REFUSED, True, 8)
    (second,) = load_verdicts(engine, night, [(refused, again)], CONTRACT, NIGHT + 2 * DAY)
    assert (second.state, second.is_unchanged, _rows(engine)) == (SubmissionState.REFUSED, True, 8)
    with engine.connect() as connection:
        states = connection.scalars(select(Submission.state).order_by(Submission.id)).all()
    assert states == [SubmissionState.ACCEPTED_WITH_FINDINGS, SubmissionState.REFUSED]


def test_an_obligation_is_waived_for_its_slot_alone(engine: Engine) -> None:
    with begin_write(engine) as connection:
        grant_waiver(
            connection, NIGHT, Grant(None, "hetian", "award", "2020", None, None, UNTIL), by="甲", why="未开展"
        )
        waivers = read_waivers(connection, NIGHT)
    assert is_not_owed(waivers, "award", "hetian", "2020")
    assert not is_not_owed(waivers, "award", "hetian", "2021")
    assert not is_not_owed([waiver(RULE)], "award", "hetian", "2020")


def _replay(engine: Engine, night: int, judged: Verdict, delivery: Delivery, sighting_id: int, now: datetime) -> None:
    with engine.connect() as connection:
        verdict = waive(CONTRACT, judged, read_waivers(connection, now))
    replay_verdicts(engine, night, [(verdict, delivery)], {delivery: sighting_id}, CONTRACT, now)


def _rows(engine: Engine) -> int:
    facts = fact_table("training_session")
    counting = (Submission.in_force_from.is_not(None), Submission.in_force_to.is_(None))
    statement = select(facts.c.source_row).join(Submission, Submission.id == facts.c.submission_id).where(*counting)
    with engine.connect() as connection:
        return len(connection.execute(statement).all())
