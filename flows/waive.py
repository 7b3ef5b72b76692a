"""Waivers as an operator grants and revokes them; what they concern, and what rested on an ended one, is judged again at once."""

from __future__ import annotations

from datetime import date, datetime

from prefect import flow
from sqlalchemy import Connection

from flows.office import Office, instant_or_now, open_office
from flows.replay import headline, replay_held
from flows.run_state import done, name_run, told_in_one_sentence
from flows.summary import NightSummary
from schemas.errors import MisconfiguredError
from schemas.rule import rules_of
from schemas.values import Severity
from tasks.intake.asking import WAIVER_ENDED
from tasks.intake.waive_ended import ended_questions, not_asked
from warehouse.engine import begin_write
from warehouse.marts.held import Held, read_by_rule, read_by_sighting
from warehouse.marts.questions import AnsweredQuestion, OpenQuestion, answers, open_questions
from warehouse.marts.waivers import GrantedWaiver, Resting, read_resting, read_waivers, rests_on_nothing
from warehouse.store.waivers import Grant, grant_waiver, revoke_waiver


@flow(name="waive", flow_run_name="批准放行", validate_parameters=True, persist_result=False)
@told_in_one_sentence
def waive(
    by: str,
    why: str,
    expires_on: date,
    rule_id: str | None = None,
    partner_code: str | None = None,
    contract: str | None = None,
    period: str | None = None,
    tolerated_count: int | None = None,
    tolerated_share: float | None = None,
    at: datetime | None = None,
) -> NightSummary | None:
    """批准放行：有正当理由的问题行在限度内放行入库，或者某份台账不需报送；记入台账，到期自动失效，有关文件随即重新检查。

    Args:
        by: 批准人。
        why: 理由，一句话。
        expires_on: 有效期的最后一天。
        rule_id: 放行的规则编号，见问题清单或命令 doublehigh contracts；留空表示台账不需报送。
        partner_code: 只对这个单位，填单位代码（如 hetian）；留空为全部单位。
        contract: 只对这种台账，填台账代码（如 training_session）；不需报送时必填。
        period: 只对这一年度，如 2021；留空为全部年度。
        tolerated_count: 每份台账最多放行几行；留空不限。
        tolerated_share: 最多放行的行占全表的比例，0 至 1；留空不限。
        at: 把这一时刻当作现在；平时留空。
    """
    with open_office() as office:
        now = instant_or_now(at)
        grant = Grant(rule_id, partner_code, contract, period, tolerated_count, tolerated_share, expires_on)
        check_grant(office, grant, now)
        with begin_write(office.engine) as connection:
            number = grant_waiver(connection, now, grant, by=by, why=why)
        name_run(f"批准放行 {number}")
        if rule_id is None:
            return done(None, f"已记录，编号 {number}")
        with office.engine.connect() as connection:
            held = read_by_rule(connection, rule_id, partner_code, contract, period)
        return _judged_again(office, held, now, f"已记录，编号 {number}")


@flow(name="revoke-waiver", flow_run_name="收回放行 {waiver_id}", validate_parameters=True, persist_result=False)
@told_in_one_sentence
def revoke(waiver_id: int, by: str, why: str, at: datetime | None = None) -> NightSummary | None:
    """收回放行：提前结束一项批准，靠它入库的行随即重新留置。

    Args:
        waiver_id: 放行编号，见命令 doublehigh waivers。
        by: 决定人。
        why: 理由，一句话。
        at: 把这一时刻当作现在；平时留空。
    """
    with open_office() as office:
        now = instant_or_now(at)
        try:
            with begin_write(office.engine) as connection:
                revoke_waiver(connection, now, waiver_id, by=by, why=why)
        except LookupError as error:
            raise MisconfiguredError(f"没有编号为 {waiver_id} 的有效放行") from error
        return reopen_ended(office, now)


def reopen_ended(office: Office, now: datetime) -> NightSummary | None:
    """Judge again what rests on waivers that have expired, were taken back or are exceeded; None when nothing does.

    What would be refused whole goes on counting until its sender's next file is accepted: the sender is told by the replay,
    the office by a question, each once.
    """
    with office.engine.connect() as connection:
        ended = not_asked(_resting_on_nothing(office, connection, now), _asked_before(connection))
        held = read_by_sighting(connection, {one.sighting_id for one in ended})
    if not held:
        return None
    summary = replay_held(office, held, now)
    files = {one.sighting_id: one for one in held}
    with begin_write(office.engine) as connection:
        left = [one for one in _resting_on_nothing(office, connection, now) if one.sighting_id in files]
        for question in ended_questions(left, files, office.contracts):
            question.put(connection, now)
    return summary


def _resting_on_nothing(office: Office, connection: Connection, now: datetime) -> list[Resting]:
    return rests_on_nothing(read_resting(connection, now), read_waivers(connection, now, office.settings.zone))


def _asked_before(connection: Connection) -> list[OpenQuestion | AnsweredQuestion]:
    return [*open_questions(connection, kind=WAIVER_ENDED), *answers(connection, WAIVER_ENDED)]


def granted(office: Office, now: datetime) -> list[GrantedWaiver]:
    """The waivers in force."""
    with office.engine.connect() as connection:
        return read_waivers(connection, now, office.settings.zone)


def check_grant(office: Office, grant: Grant, now: datetime) -> None:
    """See that a waiver names what exists and means something.

    Raises:
        MisconfiguredError: it does not; the text says what to fill in.
    """
    if grant.expires_on < now.astimezone(office.settings.zone).date():
        raise MisconfiguredError(f"有效期 {grant.expires_on} 已过")
    if grant.partner_code and grant.partner_code not in office.registry.partners:
        raise MisconfiguredError(f"没有单位 {grant.partner_code}；已登记的有 {'、'.join(office.registry.partners)}")
    if grant.contract and grant.contract not in office.contracts:
        raise MisconfiguredError(f"没有台账 {grant.contract}；已有的是 {'、'.join(office.contracts)}")
    if grant.period and not (grant.period.isdecimal() and len(grant.period) == 4):
        raise MisconfiguredError(f"年度应是四位数字，如 2021；填的是 {grant.period}")
    if (grant.tolerated_count or 0) < 0 or not 0 <= (grant.tolerated_share or 0) <= 1:
        raise MisconfiguredError("放行的行数不能是负数，比例应在 0 与 1 之间")
    _check_subject(office, grant)


def _check_subject(office: Office, grant: Grant) -> None:
    if grant.rule_id is None:
        if not grant.contract or not grant.partner_code:
            raise MisconfiguredError("台账不需报送时，须填明是哪个单位的哪一种台账")
        return
    named = [office.contracts[grant.contract]] if grant.contract else office.contracts.values()
    rule = next((one for contract in named for one in rules_of(contract) if one.rule_id == grant.rule_id), None)
    if rule is None:
        raise MisconfiguredError(f"没有规则 {grant.rule_id}；规则编号见问题清单")
    if rule.severity is not Severity.CRITICAL:
        raise MisconfiguredError(f"规则 {grant.rule_id} 只作提示，不留置数据，不需要放行")


def _judged_again(office: Office, held: list[Held], now: datetime, told: str) -> NightSummary | None:
    if not held:
        return done(None, told)
    summary = replay_held(office, held, now)
    return done(summary, f"{told}；{headline(summary)}")
