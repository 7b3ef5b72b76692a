"""Reading again what is held back, under today's contracts, code lists and answers; the partner hears of what changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from prefect import flow

from flows.answer import answer_partners
from flows.artifacts import show_replay
from flows.inputs import whole
from flows.night import Judged, Loaded, NightRun, begin_night, end_night, judge_readings, read_files
from flows.office import Office, instant_or_now, open_office
from flows.run_state import done, name_run, told_in_one_sentence
from flows.summary import NightSummary
from schemas.errors import MisconfiguredError
from schemas.values import Delivery, Reading
from tasks.intake.replay import delivery_of, replay_remainder
from tasks.intake.steps import replay_contract
from warehouse.engine import begin_write
from warehouse.marts.held import Held, read_held
from warehouse.store.dimensions import sync_plan


@flow(name="replay", flow_run_name="重新检查", validate_parameters=True, persist_result=False)
@told_in_one_sentence
def replay(
    partner_code: str | None = None,
    contract: str | None = None,
    sha256: str | None = None,
    in_force_too: bool = False,
    at: datetime | None = None,
) -> NightSummary:
    """重新检查：把被退回、没识别出或有留置行的文件按现在的规则、代码表和已作的答复重新读一遍，只有结论变了才入库并告知报送单位。

    Args:
        partner_code: 只重读这个单位的文件，填单位代码（如 hetian）；留空为全部单位。
        contract: 只重读这一种台账，填台账代码（如 training_session）；留空为全部台账。
        sha256: 只重读这一个文件，填文件校验码的开头几位；留空为全部文件。
        in_force_too: 连同现行有效、没有留置行的文件一起重读。
        at: 把这一时刻当作现在；平时留空。
    """
    with open_office() as office:
        _check(office, partner_code, contract)
        with office.engine.connect() as connection:
            held = read_held(
                connection, partner_code=partner_code, contract=contract, sha256=sha256, in_force_too=in_force_too
            )
        if sha256 and not held:
            raise MisconfiguredError(f"没有校验码以 {sha256} 开头的文件")
        summary = replay_held(office, held, instant_or_now(at))
        name_run(f"重新检查：{headline(summary)}")
        return done(summary, headline(summary))


def replay_held(office: Office, held: Sequence[Held], now: datetime) -> NightSummary:
    """Read these deliveries again from the landing, judge and load them, and tell the senders of verdicts that changed."""
    night = begin_night(office, now)
    sightings = {delivery_of(one, office.settings.landing_folder): one.sighting_id for one in held}
    present = {delivery: number for delivery, number in sightings.items() if delivery.path.is_file()}
    night.summary.not_fetched = [f"{d.file_name}：收到的副本已不在归档中" for d in sightings if d not in present]
    readings = read_files(night, list(present))
    loaded = _load_again(night, judge_readings(night, readings), present)
    answer_partners(night, readings, loaded, lambda run, reading: _record(run, reading, present))
    missing = night.summary.not_fetched
    summary = end_night(night, [])
    summary.delivery_count, summary.not_fetched = len(present), missing
    show_replay(summary, headline(summary))
    return summary


def headline(summary: NightSummary) -> str:
    """What a replay came to in one Chinese sentence."""
    changed = len(summary.new_answers)
    return f"重读文件 {summary.delivery_count} 个，结论有变化的 {changed} 份，入库 {summary.rows_loaded:,} 行"


def _check(office: Office, partner_code: str | None, contract: str | None) -> None:
    if partner_code and partner_code not in office.registry.partners:
        raise MisconfiguredError(f"no partner {partner_code}; known: {', '.join(office.registry.partners)}")
    if contract and contract not in office.contracts:
        raise MisconfiguredError(f"no contract {contract}; known: {', '.join(office.contracts)}")


def _load_again(
    night: NightRun, judged: Mapping[str, Sequence[Judged]], sightings: Mapping[Delivery, int]
) -> list[Loaded]:
    office, loaded = night.office, []
    with night.timed("load"):
        for name, verdicts in judged.items():
            outcomes = replay_contract(
                whole(office.engine), night.night_id, whole(verdicts), whole(sightings), whole(office.contracts[name]),
                night.now, office.settings.caution,
            )  # fmt: skip
            loaded += [
                Loaded(verdict, delivery, outcome)
                for (verdict, delivery), outcome in zip(verdicts, outcomes, strict=True)
            ]
        with begin_write(office.engine) as connection:
            sync_plan(connection, night.now)
    return loaded


def _record(night: NightRun, reading: Reading, sightings: Mapping[Delivery, int]) -> int | None:
    return replay_remainder(night.office.engine, night.night_id, reading, sightings[reading.delivery], night.now)
