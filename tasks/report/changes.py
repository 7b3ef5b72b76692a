"""Report, after issue: which of its values would differ on what is known now, by how much, and because of whose ledger."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Connection, Engine

from schemas.contract import shipped_contracts
from schemas.indicator import shipped_indicators
from schemas.values import Figure
from tasks.report.amend import Correction
from tasks.report.highlights import shipped_highlights
from tasks.report.manifest import register_of
from tasks.report.measure import Measured, measure_year
from tasks.report.narrative import figure_with_unit, number_text, result_text
from warehouse.marts.funds import FundLine
from warehouse.marts.institutions import read_institution_names
from warehouse.marts.register import open_under_register
from warehouse.marts.reports import Report, Slot, Standing, standing_ledgers

_PLAN_LINES, _TASKS, _FUNDS = ("indicator_target", "indicator_actual"), ("plan_task", "task_progress"), ("fund",)


@dataclass(frozen=True, slots=True)
class SlotChange:
    """A ledger that counts otherwise than when the report was made: new, sent again, or withdrawn."""

    slot: Slot
    partner_name: str
    before: Standing | None
    after: Standing | None

    @property
    def told(self) -> str:
        """和田职业技术学院2021年“师资培训台账”重报（《…》）."""
        contract, _, period = self.slot
        known = shipped_contracts()
        title = known[contract].title if contract in known else contract
        what = "不再有效" if self.after is None else "新报" if self.before is None else "重报"
        file = f"（《{self.after.file_name}》）" if self.after else ""
        return f"{self.partner_name}{period}年“{title}”{what}{file}"


@dataclass(frozen=True, slots=True)
class ValueChange:
    """A value of the report that differs now. `share` is the relative move, None when one side has no number."""

    value_id: str
    correction: Correction
    share: Decimal | None
    is_headline: bool

    def weighs(self, threshold: Decimal) -> bool:
        """Whether it calls for an amended report: the leader's page shows it, or it moved by more than the threshold."""
        return self.is_headline or self.share is None or self.share > threshold


@dataclass(frozen=True, slots=True)
class Changes:
    """What happened to a report's ground since it was made, until `known_at` (UTC)."""

    known_at: datetime
    slots: tuple[SlotChange, ...] = ()
    values: tuple[ValueChange, ...] = ()

    def grave(self, threshold: Decimal) -> tuple[ValueChange, ...]:
        """The changes that call for an amended report."""
        return tuple(value for value in self.values if value.weighs(threshold))


@dataclass(frozen=True, slots=True)
class _Value:
    """A value as printed, with the contracts that feed it."""

    title: str
    printed: str
    number: Decimal | None
    contracts: tuple[str, ...]
    is_headline: bool = False


def find_slot_changes(connection: Connection, report: Report, now: datetime) -> tuple[SlotChange, ...]:
    """The ledgers of the report's years that count otherwise now than when it was made; cheap."""
    before = standing_ledgers(connection, report.known_at, report.year)
    after = standing_ledgers(connection, now, report.year)
    names = read_institution_names(connection)
    return tuple(
        SlotChange(slot, names.get(slot[1], slot[1]), before.get(slot), after.get(slot))
        for slot in sorted(before.keys() | after.keys())
        if _submission(before.get(slot)) != _submission(after.get(slot))
    )


def find_changes(engine: Engine, url: str, report: Report, now: datetime) -> Changes:
    """The same question as the report's, answered on what is known at `now`, beside the report's own answer.

    Nothing is measured while no ledger changed.
    """
    with engine.connect() as connection:
        slots = find_slot_changes(connection, report, now)
    if not slots or report.manifest is None:
        return Changes(now, slots)
    with open_under_register(url, register_of(report.manifest)) as then:
        before = measure_year(then, report.year, report.as_of, report.known_at)
    after = measure_year(engine, report.year, report.as_of, now)
    return Changes(now, slots, tuple(compare(before, after, slots)))


def compare(before: Measured, after: Measured, slots: Sequence[SlotChange]) -> Iterator[ValueChange]:
    """What two measurings of one question print differently, in the report's order."""
    old, new = dict(_values(before)), dict(_values(after))
    for value_id in [*old, *(key for key in new if key not in old)]:
        was, is_ = old.get(value_id), new.get(value_id)
        if was is None or is_ is None or was.printed != is_.printed:
            yield _change(value_id, was, is_, slots)


def _change(value_id: str, was: _Value | None, is_: _Value | None, slots: Sequence[SlotChange]) -> ValueChange:
    known = is_ or was
    assert known is not None, "one side has it"  # noqa: S101 - `compare` takes ids from the two sides
    causes = "；".join(slot.told for slot in slots if slot.slot[0] in known.contracts)
    correction = Correction(
        known.title, was.printed if was else "无记录", is_.printed if is_ else "无记录", causes or "相关数据有变动"
    )
    share = _share(was.number if was else None, is_.number if is_ else None)
    return ValueChange(value_id, correction, share, known.is_headline)


def _share(was: Decimal | None, is_: Decimal | None) -> Decimal | None:
    """The move relative to the old value; None where there is no ratio: no number before or after, or a zero before."""
    if was is None or is_ is None:
        return None
    if was == is_:
        return Decimal(0)
    return abs(is_ - was) / abs(was) if was else None


def _values(measured: Measured) -> Iterator[tuple[str, _Value]]:
    headlines = {tile.indicator for tile in shipped_highlights().tiles}
    for figure in measured.figures:
        yield figure.figure_id, _figure_value(figure, headlines)
    for line in measured.indicator_lines:
        title = f"指标“{line.name}”（{line.scope}，{measured.year}年）"
        number = line.current.value if isinstance(line.current.value, Decimal) else None
        fed = (*_PLAN_LINES, *([shipped_indicators()[line.indicator].contract] if line.indicator else []))
        yield f"line/{line.scope}/{line.code}", _Value(title, result_text(line.current), number, fed)
    for item in measured.tasks:
        key = f"task/{item.scope}/{item.project}/{item.name}"
        yield key, _Value(f"任务“{item.name}”（{item.project}）状态", item.status or "无记录", None, _TASKS)
    yield from _fund_values((*measured.funds.totals, *measured.funds.cumulative))


def _figure_value(figure: Figure, headlines: Iterable[str]) -> _Value:
    title = "·".join((figure.title, *figure.group))
    contract = shipped_indicators()[figure.indicator].contract
    return _Value(title, figure_with_unit(figure), figure.value, (contract,), figure.indicator in headlines)


def _fund_values(lines: Iterable[FundLine]) -> Iterator[tuple[str, _Value]]:
    for line in lines:
        amounts: Mapping[str, Decimal | None] = {"预算": line.budget, "到位": line.received, "支出": line.spent}
        for name, amount in amounts.items():
            when = f"{line.year}年" if line.year else "累计"
            printed = "无记录" if amount is None else f"{number_text(amount)}元"
            yield (
                f"fund/{line.scope}/{line.year}/{name}",
                _Value(f"{line.scope}{when}资金{name}", printed, amount, _FUNDS),
            )


def _submission(standing: Standing | None) -> int | None:
    return standing.submission_id if standing else None
