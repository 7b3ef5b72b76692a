"""Intake, before judgement: gathers what the outer rings look up, from the data in force and from this night's ledgers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

import numpy as np
from sqlalchemy import Engine

from schemas.cells import ConformedCell
from schemas.contract import Column, Contract
from schemas.ring import Need, Slice, Surroundings, Total
from schemas.rule import rules_of
from schemas.values import Conformed
from tasks.intake.plausibility import read_explained
from warehouse.marts.totals import read_totals

Tonight = Mapping[str, Sequence[Conformed]]
"""Contract name → what was read of it this night."""


def read_surroundings(
    engine: Engine, contract: Contract, contracts: Mapping[str, Contract], tonight: Tonight, known_at: datetime
) -> Surroundings:
    """What the rules of one contract look up; a slot that is sent anew this night counts as it is sent.

    Needs about the contract itself are read for tonight's partners only, needs about another contract for everybody.
    """
    needs = {rule.need for rule in rules_of(contract) if rule.need}
    if not needs:
        return Surroundings()
    partners = {submission.partner_code for submission in tonight.get(contract.contract, ())}
    with engine.connect() as connection:
        explained = read_explained(connection)
        held = {
            need: read_totals(
                connection, need, known_at, partners=partners if need.contract == contract.contract else None
            )
            for need in needs
        }
    return Surroundings(
        {need: with_tonight(contracts[need.contract], need, held[need], tonight) for need in needs}, explained
    )


def with_tonight(contract: Contract, need: Need, held: Sequence[Total], tonight: Tonight) -> tuple[Total, ...]:
    """The totals in force with those of this night in the place of their slots; of two files for a slot the last."""
    sent = {(one.partner_code, int(one.period)): one for one in tonight.get(contract.contract, ()) if len(one)}
    kept = (total for total in held if (total.partner_code, total.period) not in sent)
    return (*kept, *(total for one in sent.values() for total in totals_of(contract, need, one)))


def totals_of(contract: Contract, need: Need, submission: Conformed) -> Iterator[Total]:
    """What one submission comes to, part by part."""
    parts = [submission.columns[name] for name in need.by]
    names = [[_text(cell) for cell in column.cells] for column in parts]
    rows = np.stack([column.codes for column in parts], axis=1) if parts else np.zeros((len(submission), 0), np.int32)
    weights = [_amounts(contract.column(name), submission) for name in need.of]
    if not parts:
        yield Total(submission.partner_code, int(submission.period), (), tuple(float(w.sum()) for w in weights))
        return
    distinct, number = np.unique(rows, axis=0, return_inverse=True)
    sums = [np.bincount(number.ravel(), weights=w, minlength=len(distinct)) for w in weights]
    merged: dict[Slice, list[float]] = defaultdict(lambda: [0.0] * len(weights))
    for position, codes in enumerate(distinct.tolist()):
        part = tuple(own[code] for own, code in zip(names, codes, strict=True))
        merged[part] = [before + float(s[position]) for before, s in zip(merged[part], sums, strict=True)]
    for part, amounts in merged.items():
        yield Total(submission.partner_code, int(submission.period), part, tuple(amounts))


def _amounts(column: Column, submission: Conformed) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    cells = submission.columns[column.name]
    distinct = np.array([_amount(column, cell) for cell in cells.cells], dtype=np.float64)
    summed: np.ndarray[tuple[int], np.dtype[np.float64]] = distinct[cells.codes]
    return summed


def _amount(column: Column, cell: ConformedCell) -> float:
    if cell.problem or cell.value is None:
        return 0.0
    return float(cell.value) if column.is_numeric and isinstance(cell.value, int | float) else 1.0


def _text(cell: ConformedCell) -> str:
    return "" if cell.problem or cell.value is None else str(cell.value)
