"""Reading again what is held back, under today's contracts, code lists and answers; the partner hears of what changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from prefect import flow
from sqlalchemy import Connection

from flows.answer import answer_partners
from flows.artifacts import show_replay
from flows.inputs import whole
from flows.night import Judged, Loaded, NightRun, begin_night, end_night, judge_readings, read_files
from flows.office import Office, instant_or_now, open_office
from flows.run_state import done, name_run, told_in_one_sentence
from flows.summary import NightSummary
from schemas.contract import Contract
from schemas.errors import MisconfiguredError
from schemas.rule import rules_of
from schemas.values import Conformed, Delivery, Reading
from tasks.intake.replay import delivery_of, replay_remainder
from tasks.intake.steps import replay_contract
from warehouse.engine import begin_write
from warehouse.marts.held import Held, read_by_rule, read_by_version, read_held
from warehouse.store.dimensions import sync_plan


@flow(name="replay", flow_run_name="重新检查", validate_parameters=True, persist_result=False)
@told_in_one_sentence
def replay(
    partner_code: str | None = None,
    contract: str | None = None,
    period: str | None = None,
    rule_id: str | None = None,
    contract_changed: bool = False,
    sha256: str | None = None,
    in_force_too: bool = False,
    at: datetime | None = None,
) -> NightSummary:
    """重新检查：把被退回、没识别出或有留置行的文件按现在的规则、代码表和已作的答复重新读一遍，只有结论变了才告知报送单位。

    Args:
        partner_code: 只重读这个单位的文件，填单位代码（如 hetian）；留空为全部单位。
        contract: 只重读这一种台账，填台账代码（如 training_session）；留空为全部台账。
        period: 只重读这一年度的台账，如 2021；留空为全部年度。
        rule_id: 只重读违反过这条规则的台账（包括现行有效的），填规则编号，见问题清单或命令 doublehigh contracts；留空不限。
        contract_changed: 只重读按另一版约定检查过的台账（约定改动以后用；包括现行有效的）。
        sha256: 只重读这一个文件，填文件校验码的开头几位；留空为全部文件。
        in_force_too: 连同现行有效、没有留置行的文件一起重读。
        at: 把这一时刻当作现在；平时留空。
    """
    with open_office() as office:
        wanted = Wanted(partner_code, contract, period, rule_id, contract_changed, sha256, in_force_too)
        check_wanted(office, wanted)
        with office.engine.connect() as connection:
            held = read_wanted(connection, office.contracts, wanted)
        if sha256 and not held:
            raise MisconfiguredError(f"没有校验码以 {sha256} 开头的文件")
        summary = replay_held(office, held, instant_or_now(at), wanted.concerns)
        name_run(f"重新检查：{headline(summary)}")
        return done(summary, headline(summary))


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be read again; None: no matter which. At most one of rule, changed contract and file is named."""

    partner_code: str | None = None
    contract: str | None = None
    period: str | None = None
    rule_id: str | None = None
    contract_changed: bool = False
    sha256: str | None = None
    in_force_too: bool = False

    def concerns(self, submission: Conformed) -> bool:
        """Whether a ledger of a file read again is one of those that were asked for."""
        contract = self.contract or (self.rule_id or "").partition(".")[0] or None
        asked = ((contract, submission.contract), (self.period, submission.period))
        return all(named is None or named == value for named, value in asked)


def check_wanted(office: Office, wanted: Wanted) -> None:
    """See that what is named exists and can be asked for together.

    Raises:
        MisconfiguredError: it does not, or it cannot.
    """
    if wanted.partner_code and wanted.partner_code not in office.registry.partners:
        raise MisconfiguredError(f"没有单位 {wanted.partner_code}；已登记的有 {'、'.join(office.registry.partners)}")
    if wanted.contract and wanted.contract not in office.contracts:
        raise MisconfiguredError(f"没有台账 {wanted.contract}；已有的是 {'、'.join(office.contracts)}")
    if wanted.period and not (wanted.period.isdecimal() and len(wanted.period) == 4):
        raise MisconfiguredError(f"年度应是四位数字，如 2021；填的是 {wanted.period}")
    if wanted.rule_id and wanted.rule_id not in {r.rule_id for c in office.contracts.values() for r in rules_of(c)}:
        raise MisconfiguredError(f"没有规则 {wanted.rule_id}；规则编号见问题清单")
    if sum(map(bool, (wanted.rule_id, wanted.contract_changed, wanted.sha256))) > 1:
        raise MisconfiguredError("规则、约定有改动的、文件校验码三项最多填一项")


def read_wanted(connection: Connection, contracts: Mapping[str, Contract], wanted: Wanted) -> list[Held]:
    """The deliveries that hold what is wanted."""
    partner_code, contract, period = wanted.partner_code, wanted.contract, wanted.period
    if wanted.rule_id:
        return read_by_rule(connection, wanted.rule_id, partner_code, contract, period)
    if wanted.contract_changed:
        versions = {name: one.version for name, one in contracts.items() if contract in (None, name)}
        return read_by_version(connection, versions, partner_code, period)
    return read_held(
        connection, partner_code=partner_code, contract=contract, period=period, sha256=wanted.sha256,
        in_force_too=wanted.in_force_too,
    )  # fmt: skip


def replay_held(
    office: Office, held: Sequence[Held], now: datetime, concerns: Callable[[Conformed], bool] = lambda _: True
) -> NightSummary:
    """Read these deliveries again from the landing, judge and load them, and tell the senders of verdicts that changed.

    Of a delivery with several ledgers only those it `concerns` are loaded.
    """
    night = begin_night(office, now)
    sightings = {delivery_of(one, office.settings.landing_folder): one.sighting_id for one in held}
    present = {delivery: number for delivery, number in sightings.items() if delivery.path.is_file()}
    night.summary.not_fetched = [f"{d.file_name}：收到的副本已不在归档中" for d in sightings if d not in present]
    readings = read_files(night, list(present))
    judged = {
        name: [(verdict, delivery) for verdict, delivery in found if concerns(verdict.submission)]
        for name, found in judge_readings(night, readings).items()
    }
    loaded = _load_again(night, judged, present)
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
