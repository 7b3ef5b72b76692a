"""The night: fetch from every partner, read, validate, load, answer, and say what came of it."""

from __future__ import annotations

from datetime import datetime

from prefect import flow

from flows.answer import answer_partners
from flows.artifacts import show_night
from flows.night import begin_night, end_night, fetch_from_partners, judge_readings, load_judged, read_deliveries_of
from flows.office import instant_or_now, open_office
from flows.summary import NightSummary


@flow(name="collect", flow_run_name="夜间采集", validate_parameters=True, persist_result=False)
def collect(partner_codes: list[str] | None = None, at: datetime | None = None) -> NightSummary:
    """每晚采集：从各单位的存放处取回台账，校验、入库、答复，并给出当晚小结。

    Args:
        partner_codes: 只采集这些单位（代码）；留空为全部单位。
        at: 以此刻为当晚的时间；留空为现在。仅用于演示和补跑。
    """
    with open_office() as office:
        night = begin_night(office, instant_or_now(at))
        fetched = fetch_from_partners(night, partner_codes)
        readings = read_deliveries_of(night, fetched)
        judged = judge_readings(night, readings)
        loaded = load_judged(night, judged)
        answer_partners(night, readings, loaded)
        summary = end_night(night, fetched)
        show_night(summary)
        return summary
