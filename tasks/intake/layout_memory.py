"""Intake, layout memory: how a table's header differs from the partner's last accepted one, and what the new words may mean."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rapidfuzz import fuzz
from sqlalchemy import Connection

from schemas.contract import Column, Contract, Privacy, shipped_contracts
from schemas.values import Reading, SheetLayout, Unplaced, column_letter
from tasks.intake.asking import LAYOUT_DRIFT
from tasks.intake.drift import ACCEPT, IGNORE, Drift
from tasks.intake.headers import header_key
from tasks.intake.reading import Approvals
from warehouse.marts.questions import answers, answers_to
from warehouse.store.layouts import read_accepted_layouts

_LIKELY = 0.6
_SAME_PLACE = 0.4
_CLOSE_FIT = 0.3


def find_drift(
    contract: Contract, layout: SheetLayout, known: Sequence[SheetLayout], *, is_refused: bool = False
) -> Drift | None:
    """How a table's header differs from what is known of its partner, or None when it does not.

    Args:
        contract: what the table falls under.
        layout: the table's.
        known: the layouts accepted of this partner and contract, the latest last; none for a first file.
        is_refused: whether a required column is missing, so that the table cannot be taken.
    """
    if any(layout.fingerprint == one.fingerprint for one in known) and not is_refused:
        return None
    last = _nearest(layout, known)
    lost = _lost(contract, layout, last, is_refused=is_refused)
    added = tuple(h for h in layout.unknown if last is None or header_key(h) not in map(header_key, last.unknown))
    proposed = propose(contract, layout, last)
    moved = tuple(_moved(contract, layout, last)) if last else ()
    drift = Drift(contract, layout, added, lost, moved, proposed, is_refused, is_first=last is None)
    return drift if added or lost or moved or proposed else None


def propose(contract: Contract, layout: SheetLayout, last: SheetLayout | None) -> dict[str, str]:
    """Header → column it may be: by likeness of the words, by where the column stood, by what stands below the header.

    A proposal is only ever put to a person; nothing is read by it until somebody has agreed.
    """
    scored = sorted(
        (
            (_score(contract.column(name), unplaced, last), -unplaced.position, unplaced.header, name)
            for unplaced in layout.unplaced
            for name in layout.missing
        ),
        reverse=True,
    )
    proposed: dict[str, str] = {}
    for score, _, header, name in scored:
        if score >= _LIKELY and header not in proposed and name not in proposed.values():
            proposed[header] = name
    return proposed


def refused_drifts(connection: Connection, reading: Reading) -> list[tuple[Drift, str | None]]:
    """The tables of a reading that were refused for their header, and the year of each where one was found."""
    partner_code, drifts = reading.delivery.partner_code, []
    for table in reading.refused_tables:
        known = read_accepted_layouts(connection, table.contract, [partner_code]).get(partner_code, [])
        contract = shipped_contracts()[table.contract]
        drift = find_drift(contract, table.layout, known, is_refused=True)
        if drift:
            drifts.append((drift, table.period))
    answered = answers_to(connection, [drift.key(partner_code) for drift, _ in drifts])
    return [(drift, period) for drift, period in drifts if drift.key(partner_code) not in answered]


def read_approvals(connection: Connection) -> Approvals:
    """What the office has decided on headers so far; a refused layout is none of them."""
    approvals: dict[tuple[str, str, str], dict[str, str | None]] = {}
    for one in answers(connection, LAYOUT_DRIFT):
        details, asked = one.asked.details, one.asked
        if isinstance(details, dict) and one.code in (ACCEPT, IGNORE):
            key = (asked.partner_code or "", asked.contract or "", str(details["fingerprint"]))
            approvals[key] = dict(_approved(details["mapping"], one.code))
    return approvals


def _approved(mapping: object, code: str) -> Iterator[tuple[str, str | None]]:
    if isinstance(mapping, dict):
        for header, column in mapping.items():
            yield header_key(str(header)), column if code == ACCEPT else None


def _nearest(layout: SheetLayout, known: Sequence[SheetLayout]) -> SheetLayout | None:
    """The accepted layout most like this one; of equals the latest. A workbook may hold tables of several."""
    own = _words(layout)
    return max(enumerate(known), key=lambda one: (len(own & _words(one[1])), one[0]))[1] if known else None


def _words(layout: SheetLayout) -> set[str]:
    return {header_key(text) for text in (*(header for _, header in layout.columns.values()), *layout.unknown)}


def _lost(contract: Contract, layout: SheetLayout, last: SheetLayout | None, *, is_refused: bool) -> tuple[str, ...]:
    had = set(last.columns) if last else set()
    required = {column.name for column in contract.columns if column.required} if is_refused else set()
    return tuple(name for name in layout.missing if name in had | required)


def _moved(contract: Contract, layout: SheetLayout, last: SheetLayout) -> Iterator[str]:
    """Columns out of the order they had among those both tables have, and columns under another known word."""
    for name, (_, header) in layout.columns.items():
        before = last.columns.get(name)
        if before and header_key(before[1]) != header_key(header):
            yield f"“{before[1]}”改称“{header}”"
    both = [name for name in layout.columns if name in last.columns]
    in_order = sorted(both, key=lambda name: layout.columns[name][0])
    for now, then in zip(in_order, sorted(both, key=lambda name: last.columns[name][0]), strict=True):
        if now != then:
            letters = column_letter(last.columns[now][0]), column_letter(layout.columns[now][0])
            yield f"“{contract.column(now).header}”从 {letters[0]} 列移到 {letters[1]} 列"


def _score(column: Column, unplaced: Unplaced, last: SheetLayout | None) -> float:
    if column.privacy is Privacy.NONE and column.name not in unplaced.fits:
        return 0.0
    before = last.columns.get(column.name) if last else None
    words = [column.header, *column.synonyms, *([before[1]] if before else [])]
    own = header_key(unplaced.header)
    likeness = max(fuzz.ratio(own, header_key(word)) for word in words) / 100
    stood_here = _SAME_PLACE if before and before[0] == unplaced.position else 0.0
    return likeness + stood_here + (_CLOSE_FIT if column.name in unplaced.fits_closely else 0.0)
