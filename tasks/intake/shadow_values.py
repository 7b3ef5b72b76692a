"""Intake, shadow rules: what may be changed in a contract to be tried out, and the values that say what would come of it."""

from __future__ import annotations

from dataclasses import dataclass

from schemas.contract import Column, Contract
from schemas.errors import MisconfiguredError
from schemas.values import Place, Severity, SubmissionState
from tasks.intake.impact import FigureMove

LISTED_PER_RULE = 50
_GRAVE = (SubmissionState.REFUSED, None)
_FIXED = ("title", "title_synonyms", "time_basis")
_FIXED_OF_COLUMNS = ("header", "synonyms", "type", "unit", "fill_down", "for_year", "privacy")
_READ_BY = ("years", "columns", "rules")
"""What reading goes by; the rest of a contract matters to judgement alone."""


@dataclass(frozen=True, slots=True)
class Case:
    """One finding that only one of the two contracts makes: `appears` under the changed one, or goes away with today's."""

    appears: bool
    rule_id: str
    severity: Severity
    partner_code: str
    period: str
    file_name: str
    place: Place
    message: str
    found: str


@dataclass(frozen=True, slots=True)
class RuleShift:
    """How many findings of a rule appear and go away, exactly; of those at most `LISTED_PER_RULE` each are listed as cases."""

    rule_id: str
    severity: Severity
    message: str
    appearing: int
    disappearing: int
    ledgers: int


@dataclass(frozen=True, slots=True)
class LedgerShift:
    """A ledger that is judged otherwise. State None: the file is not read as such a ledger. `counts`: it is in force today."""

    partner_code: str
    period: str
    file_name: str
    counts: bool
    state_before: SubmissionState | None
    state_after: SubmissionState | None
    rows_read: int
    held_before: int
    held_after: int

    @property
    def fails_newly(self) -> bool:
        """Whether it is refused, or more of its rows are held."""
        return (self.state_after in _GRAVE) > (self.state_before in _GRAVE) or (
            self.state_after not in _GRAVE and self.held_after > self.held_before
        )

    @property
    def fails_no_longer(self) -> bool:
        """Whether it is accepted at last, or fewer of its rows are held."""
        return (self.state_before in _GRAVE) > (self.state_after in _GRAVE) or (
            self.state_after not in _GRAVE and self.held_after < self.held_before
        )


@dataclass(frozen=True, slots=True)
class Shadow:
    """What a changed contract would do, once in place and everything held and in force judged again under it.

    `ledgers` of `ledgers_judged` are judged otherwise; `figures` are all that would move. A ledger in force that would be
    refused goes on counting until a better one is accepted, so it moves none.
    """

    contract: str
    title: str
    version_before: int
    version_after: int
    ledgers_judged: int
    ledgers: tuple[LedgerShift, ...]
    rules: tuple[RuleShift, ...]
    cases: tuple[Case, ...]
    figures: tuple[FigureMove, ...]


def check_change(today: Contract, changed: Contract) -> None:
    """See that the changed contract holds other rules, limits or code lists, and nothing else.

    Raises:
        MisconfiguredError: its columns, its headers or how it is recognised differ, or nothing does.
    """
    faults = [f"{name} 不同" for name in _FIXED if getattr(today, name) != getattr(changed, name)]
    ours, theirs = ({column.name: column for column in one.columns} for one in (today, changed))
    faults += [f"少了列 {name}" for name in ours if name not in theirs]
    faults += [f"多了列 {name}" for name in theirs if name not in ours]
    faults += [fault for name in ours if name in theirs for fault in _column_faults(ours[name], theirs[name])]
    if faults:
        raise MisconfiguredError(
            f"台账 {today.contract}：规则试行只能改规则（必填、上下限、长度、格式、选项、年份、程度、跨栏和跨表规则），不能改列："
            f"{'；'.join(faults)}。"
            "请把列恢复原样再试；列要改动的，须另作新版本并迁移数据仓库"
        )
    if today.model_copy(update={"version": changed.version}) == changed:
        raise MisconfiguredError(f"台账 {today.contract}：这份约定与现行的第 {today.version} 版没有不同，不需要试行")


def is_read_alike(today: Contract, changed: Contract) -> bool:
    """Whether files are read the same under both, so that one reading does for both."""
    return all(getattr(today, name) == getattr(changed, name) for name in _READ_BY)


def _column_faults(ours: Column, theirs: Column) -> list[str]:
    differing = [name for name in _FIXED_OF_COLUMNS if getattr(ours, name) != getattr(theirs, name)]
    return [f"列 {ours.name} 的 {name} 不同" for name in differing]
