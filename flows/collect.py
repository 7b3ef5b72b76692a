"""The night: fetch from every partner, read, validate, load, answer, and say what came of it."""

from __future__ import annotations

from datetime import datetime

from prefect import flow

from flows.answer import answer_partners
from flows.artifacts import show_night
from flows.fetching import fetch_from_partners
from flows.night import (
    begin_night,
    end_night,
    judge_readings,
    load_judged,
    read_deliveries_of,
    record_answers,
    send_what_was_kept,
)
from flows.office import instant_or_now, open_office
from flows.report_life import check_issued_reports
from flows.run_state import done, name_run, refuse_if_late, told_in_one_sentence
from flows.source_health import tell_source_health
from flows.summary import NightSummary, headline, short_headline
from flows.waive import reopen_ended


@flow(name="collect", flow_run_name="夜间采集", validate_parameters=True, persist_result=False)
@told_in_one_sentence
def collect(partner_codes: list[str] | None = None, at: datetime | None = None) -> NightSummary:
    """每晚采集：从各单位的存放处取回台账，校验、入库、答复，并给出当晚小结。

    Args:
        partner_codes: 只采集这些单位，每行填一个单位代码（如 hetian）；留空为全部单位。
        at: 把这一时刻当作当晚的时间；平时留空，即现在（要填时，时区请选 Asia/Shanghai）。
    """
    with open_office() as office:
        refuse_if_late(office.settings.zone)
        now = instant_or_now(at)
        reopen_ended(office, now)
        night = begin_night(office, now)
        day = night.now.astimezone(office.settings.zone).date()
        name_run(f"夜间采集 {day}")
        send_what_was_kept(night)
        fetched = fetch_from_partners(night, partner_codes)
        readings = read_deliveries_of(night, fetched)
        judged = judge_readings(night, readings)
        loaded = load_judged(night, judged)
        record_answers(night, readings)
        answer_partners(night, readings, loaded, left=[left for one in fetched for left in one.not_fetched])
        with night.timed("reports"):
            night.summary.report_changes = check_issued_reports(office, night.now)
        summary = end_night(night, fetched)
        show_night(summary, day, office.settings.outbox_folder)
        tell_source_health(night)
        name_run(f"夜间采集 {day}：{short_headline(summary)}")
        return done(summary, headline(summary))
