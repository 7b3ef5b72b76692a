"""A changed rule is first run over everything held and in force: who would fail, where, and which figures would move."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path

from prefect import flow

from flows.artifacts import show_shadow
from flows.office import Office, instant_or_now, open_office
from flows.run_state import done, told_in_one_sentence
from schemas.contract import Contract
from schemas.errors import MisconfiguredError
from schemas.values import Delivery, Reading
from schemas.yaml_file import read_yaml
from tasks.feedback.shadow_report import shadow_headline, shadow_lines, without_cells, write_shadow
from tasks.intake.layout_memory import read_approvals
from tasks.intake.reading_workers import read_deliveries
from tasks.intake.replay import delivery_of
from tasks.intake.shadow import Surrounded, try_rules
from tasks.intake.shadow_values import Shadow, check_change, is_read_alike
from warehouse.marts.held import read_held
from warehouse.marts.waivers import read_waivers


@dataclass(frozen=True, slots=True)
class TriedOut:
    """What a changed contract would do, the names of the partners, and the files whose landed copy is gone."""

    shadow: Shadow
    names: Mapping[str, str]
    missing: tuple[str, ...]

    def as_record(self) -> dict[str, object]:
        """For JSON; numbers of figures as text, for they are exact."""
        figures = [
            asdict(one) | {"before": _text(one.before), "after": _text(one.after), "by": _text(one.by)}
            for one in self.shadow.figures
        ]
        ledgers = [
            asdict(one) | {"fails_newly": one.fails_newly, "fails_no_longer": one.fails_no_longer}
            for one in self.shadow.ledgers
        ]
        cases = [asdict(one) | {"cell": one.place.cell} for one in self.shadow.cases]
        told = {"figures": figures, "ledgers": ledgers, "cases": cases, "missing": list(self.missing)}
        return asdict(self.shadow) | told

    def told(self) -> list[str]:
        """In Chinese lines."""
        gone = [f"没能重读（收到的副本已不在归档中）：{name}" for name in self.missing]
        return [*shadow_lines(self.shadow, self.names), *gone]


@flow(name="shadow-rules", flow_run_name="规则试行", validate_parameters=True, persist_result=False)
@told_in_one_sentence
def shadow_rules(contract_file: Path, to: Path | None = None, at: datetime | None = None) -> TriedOut:
    """规则试行：改动后的台账约定先在全部留置和现行的台账上试一遍，说明谁会通不过、在哪些行、哪些指标值会变；不写入任何数据。

    Args:
        contract_file: 改动后的台账约定（YAML）在服务器上的完整路径；只能改规则，不能改列。
        to: 试行结果另存为 Excel 工作簿的完整路径（.xlsx）；留空则存入发件文件夹的“规则试行”。
        at: 把这一时刻当作现在；平时留空。
    """
    with open_office() as office:
        now = instant_or_now(at)
        tried = try_contract(office, contract_file, now)
        path = write_report(tried, to or _usual_place(office, tried.shadow, now))
        # What stands in the cells is for the workbook; Prefect keeps the places alone.
        show_shadow(shadow_headline(tried.shadow), replace(tried, shadow=without_cells(tried.shadow)).told(), path)
        return done(tried, shadow_headline(tried.shadow))


def try_contract(office: Office, contract_file: Path, now: datetime) -> TriedOut:
    """Read everything held and in force of the contract again, and try what the changed one would make of it.

    Raises:
        MisconfiguredError: the file is no contract of ours, or changes more than rules.
    """
    # Great Expectations takes seconds to import: a changed contract that may not be tried is refused before.
    changed = read_yaml(contract_file, Contract)
    today = office.contracts.get(changed.contract)
    if today is None:
        raise MisconfiguredError(f"没有台账 {changed.contract}；已有的是 {'、'.join(office.contracts)}")
    check_change(today, changed)
    from tasks.intake.validate import validate  # noqa: PLC0415

    with office.engine.connect() as connection:
        held = read_held(connection, contract=today.contract, in_force_too=True)
        waivers = read_waivers(connection, now, office.settings.zone)
    sightings = {delivery_of(one, office.settings.landing_folder): one.sighting_id for one in held}
    present = {delivery: number for delivery, number in sightings.items() if delivery.path.is_file()}
    around = Surrounded(office.engine, office.contracts, waivers, now)
    readings = _read_both(office, today, changed, list(present))
    shadow = try_rules(around, today, changed, readings, present, validate, office.settings.caution)
    names = {code: partner.name for code, partner in office.registry.partners.items()}
    return TriedOut(shadow, names, tuple(d.file_name for d in sightings if d not in present))


def write_report(tried: TriedOut, path: Path) -> Path:
    """Write the workbook, with the folders it needs.

    Raises:
        MisconfiguredError: the file cannot be written there.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_shadow(tried.shadow, tried.names, path)
    except OSError as error:
        raise MisconfiguredError(f"写不了 {path}：{error}") from error
    return path


def _usual_place(office: Office, shadow: Shadow, now: datetime) -> Path:
    moment = f"{now.astimezone(office.settings.zone):%Y%m%d-%H%M%S}"
    return office.settings.outbox_folder / "规则试行" / f"{shadow.contract}-{moment}.xlsx"


def _read_both(
    office: Office, today: Contract, changed: Contract, deliveries: Sequence[Delivery]
) -> tuple[list[Reading], list[Reading]]:
    ours = _read(office, office.contracts, deliveries)
    if is_read_alike(today, changed):
        return ours, ours
    return ours, _read(office, {**office.contracts, changed.contract: changed}, deliveries)


def _read(office: Office, contracts: Mapping[str, Contract], deliveries: Sequence[Delivery]) -> list[Reading]:
    settings = office.settings
    with office.engine.connect() as connection:
        approvals = read_approvals(connection)
    readings = read_deliveries(deliveries, contracts, office.registry, settings.hash_key(), settings.guard, approvals)
    finished = {reading.delivery: reading for reading in readings}
    return [finished[delivery] for delivery in deliveries]


def _text(number: object) -> str | None:
    return None if number is None else str(number)
