"""Intake, shadow rules: what a changed contract would make of everything held and in force; tried, compared, and taken back."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Engine

from schemas.contract import Contract, Privacy
from schemas.personal import mask_personal_numbers
from schemas.ring import Surroundings
from schemas.rule import rules_of
from schemas.values import Conformed, Delivery, Finding, Place, Reading, Severity, SubmissionState, Turn, Verdict
from tasks.intake.guards import Caution
from tasks.intake.identity import before_of
from tasks.intake.impact import FigureMove, figure_moves, read_figures, years_moved
from tasks.intake.replay import replay_on
from tasks.intake.shadow_values import LISTED_PER_RULE, Case, LedgerShift, RuleShift, Shadow
from tasks.intake.surroundings import read_surroundings
from tasks.intake.waive import waive
from warehouse.marts.waivers import GrantedWaiver
from warehouse.store.dimensions import sync_plan
from warehouse.store.nights import open_night
from warehouse.store.simulation import simulation
from warehouse.store.submissions import Version, read_histories

_OVER = frozenset({SubmissionState.SUPERSEDED, SubmissionState.REVERTED})

Judgement = Callable[[Contract, Sequence[Conformed], Surroundings], list[Verdict]]
Key = tuple[Delivery, str]
"""A ledger of one contract: the file it stands in, and its period."""
Shown = tuple[str, Severity, Turn, Place]


@dataclass(frozen=True, slots=True)
class Surrounded:
    """What judging needs beside the ledgers: the warehouse, all contracts in use, the waivers in force, and the instant (UTC)."""

    engine: Engine
    contracts: Mapping[str, Contract]
    waivers: Sequence[GrantedWaiver]
    now: datetime


@dataclass(frozen=True, slots=True)
class _Pair:
    """One ledger under both contracts; None: it is not read as one."""

    delivery: Delivery
    version: Version | None
    before: Verdict | None
    after: Verdict | None

    @property
    def known(self) -> Verdict:
        """Whichever there is, the changed contract's first."""
        found = self.after or self.before
        if found is None:
            raise ValueError("a ledger neither contract reads")
        return found

    @property
    def shown(self) -> tuple[Mapping[Shown, Finding], Mapping[Shown, Finding]]:
        """The findings that only today's contract makes, and those only the changed one makes."""
        before, after = _findings(self.before), _findings(self.after)
        return _without(before, after), _without(after, before)

    @property
    def is_shifted(self) -> bool:
        """Whether the two judge it otherwise."""
        one, other = self.before, self.after
        if one is None or other is None or one.state is not other.state:
            return True
        return one.held.tolist() != other.held.tolist() or any(self.shown)


def try_rules(
    around: Surrounded,
    today: Contract,
    changed: Contract,
    readings: tuple[Sequence[Reading], Sequence[Reading]],
    sightings: Mapping[Delivery, int],
    judgement: Judgement,
    caution: Caution | None = None,
) -> Shadow:
    """Judge deliveries under both contracts and try, in a transaction taken back, what the differences come to.

    Args:
        around: the warehouse and what else judging looks up.
        today: the contract in use.
        changed: the same with other rules; see `check_change`.
        readings: the deliveries as read under today's contract, and under the changed one.
        sightings: the receipt each delivery was first loaded by.
        judgement: judges submissions of one contract; `judge.check`, or Great Expectations' `validate`.
        caution: as for `replay_verdicts`.
    """
    before = _judge(around, today, readings[0], judgement)
    after = _judge(around, changed, readings[1], judgement)
    pairs = list(_pairs(around.engine, today.contract, before, after))
    shifted = [pair for pair in pairs if pair.is_shifted]
    moves = _figures(around, changed, shifted, sightings, caution)
    rules, cases = _by_rule(today, changed, shifted)
    return Shadow(
        today.contract, changed.title, today.version, changed.version, len(pairs),
        tuple(map(_ledger, shifted)), tuple(rules), tuple(cases), tuple(moves),
    )  # fmt: skip


def _judge(
    around: Surrounded, contract: Contract, readings: Iterable[Reading], judgement: Judgement
) -> dict[Key, Verdict]:
    found = [
        (reading.delivery, submission)
        for reading in readings
        for submission in reading.submissions
        if submission.contract == contract.contract
    ]
    sent = {contract.contract: [submission for _, submission in found]}
    contracts = {**around.contracts, contract.contract: contract}
    surroundings = read_surroundings(around.engine, contract, contracts, sent, around.now)
    verdicts = judgement(contract, sent[contract.contract], surroundings)
    return {
        (delivery, submission.period): waive(contract, verdict, around.waivers)
        for (delivery, submission), verdict in zip(found, verdicts, strict=True)
    }


def _pairs(
    engine: Engine, contract: str, before: Mapping[Key, Verdict], after: Mapping[Key, Verdict]
) -> Iterator[_Pair]:
    """Ledgers in force, held or not known so far; those something newer has taken the place of are over."""
    keys = list(dict.fromkeys((*before, *after)))
    with engine.connect() as connection:
        histories = read_histories(connection, contract, {(d.partner_code, period) for d, period in keys})
    for key in keys:
        version = before_of(histories.get((key[0].partner_code, key[1]), []), key[0].sha256)
        if version is None or version.state not in _OVER:
            yield _Pair(key[0], version, before.get(key), after.get(key))


def _figures(
    around: Surrounded,
    changed: Contract,
    shifted: Sequence[_Pair],
    sightings: Mapping[Delivery, int],
    caution: Caution | None,
) -> list[FigureMove]:
    """The figures before and after a replay of what is judged otherwise, of which nothing stays."""
    judged = [(pair.after, pair.delivery) for pair in shifted if pair.after]
    if not judged:
        return []
    names, now = {changed.contract}, around.now
    with simulation(around.engine) as connection:
        years = years_moved(connection, judged, now)
        before = read_figures(connection, names, years, now)
        replay_on(connection, open_night(connection, now), judged, sightings, changed, now, caution)
        sync_plan(connection, now)
        return figure_moves(before, read_figures(connection, names, years, now))


def _ledger(pair: _Pair) -> LedgerShift:
    submission = pair.known.submission
    states = [verdict.state if verdict else None for verdict in (pair.before, pair.after)]
    held = [len(verdict.held) if verdict else 0 for verdict in (pair.before, pair.after)]
    return LedgerShift(
        submission.partner_code, submission.period, _name(pair.delivery), bool(pair.version and pair.version.is_in_force),
        states[0], states[1], len(submission), held[0], held[1],
    )  # fmt: skip


def _by_rule(today: Contract, changed: Contract, shifted: Sequence[_Pair]) -> tuple[list[RuleShift], list[Case]]:
    grouped: dict[tuple[str, Severity], list[Case]] = defaultdict(list)
    for case in _cases(today, changed, shifted):
        grouped[case.rule_id, case.severity].append(case)
    ordered = sorted(grouped.values(), key=lambda cases: (list(Severity).index(cases[0].severity), -len(cases)))
    listed = [case for cases in ordered for side in (True, False) for case in _first(cases, side)]
    return [_rule(cases) for cases in ordered], listed


def _rule(cases: Sequence[Case]) -> RuleShift:
    sides = Counter(case.appears for case in cases)
    ledgers = {(case.partner_code, case.period, case.file_name) for case in cases}
    first = cases[0]
    return RuleShift(first.rule_id, first.severity, first.message, sides[True], sides[False], len(ledgers))


def _first(cases: Iterable[Case], appears: bool) -> list[Case]:
    return [case for case in cases if case.appears is appears][:LISTED_PER_RULE]


def _cases(today: Contract, changed: Contract, shifted: Iterable[_Pair]) -> Iterator[Case]:
    told = _open_rules(today) | _open_rules(changed)
    for pair in shifted:
        for appears, findings in zip((False, True), pair.shown, strict=True):
            submission, name = pair.known.submission, _name(pair.delivery)
            for one in findings.values():
                found = mask_personal_numbers(one.found) if one.rule_id in told else ""
                yield Case(
                    appears, one.rule_id, one.severity, submission.partner_code, submission.period, name, _masked(one.place),
                    one.message, found,
                )  # fmt: skip


def _open_rules(contract: Contract) -> set[str]:
    """The rules on columns that hold nothing about persons: only of those a cell may be quoted."""
    plain = {column.name for column in contract.columns if column.privacy is Privacy.NONE}
    return {rule.rule_id for rule in rules_of(contract) if plain.issuperset(rule.columns)}


def _findings(verdict: Verdict | None) -> Mapping[Shown, Finding]:
    """Without what is said of the ledger as a whole: its state says it."""
    found = verdict.findings if verdict else ()
    return {
        (one.rule_id, one.severity, one.turn, one.place): one
        for one in found
        if not one.rule_id.startswith("submission.")
    }


def _without(ours: Mapping[Shown, Finding], theirs: Mapping[Shown, Finding]) -> Mapping[Shown, Finding]:
    return {key: finding for key, finding in ours.items() if key not in theirs}


def _masked(place: Place) -> Place:
    """Names of sheets and headers are the partners' own words."""
    return replace(
        place, sheet=mask_personal_numbers(place.sheet or "") or None, header=mask_personal_numbers(place.header or "") or None
    )  # fmt: skip


def _name(delivery: Delivery) -> str:
    return mask_personal_numbers(" ".join(delivery.file_name.split()))
