"""What careful clerks read from the messy ledgers breaks no rule of any contract. Reads `../shared`; skipped without it."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TypeAlias

import pytest

from schemas.contract import DATED, Column, ColumnType, Contract, shipped_contracts

TRUTH = Path(__file__).parents[3] / "shared" / "messy" / "truth.json"
Value: TypeAlias = str | float | None

pytestmark = pytest.mark.skipif(
    not TRUTH.exists(), reason=f"{TRUTH} is not here: the contracts are NOT checked against it"
)


def ledgers() -> Iterator[tuple[Contract, int, list[dict[str, Value]]]]:
    for ledger in json.loads(TRUTH.read_text(encoding="utf-8")):
        contract = shipped_contracts()[ledger["contract"]]
        yield contract, ledger["year"], [row_of(contract, row["values"]) for row in ledger["rows"]]


def row_of(contract: Contract, values: dict[str, object]) -> dict[str, Value]:
    names = {column.header: column for column in contract.columns}
    return {names[header].name: value_of(names[header], value) for header, value in values.items()}


def value_of(column: Column, value: object) -> Value:
    if isinstance(value, dict):
        value = value["about"]
    if value is None or not column.is_numeric:
        return None if value is None else str(value)
    return float(str(value)) * (10_000 if column.type is ColumnType.MONEY else 1)


def faults_of(column: Column, value: Value, year: int) -> Iterator[str]:
    if value is None:
        if column.required:
            yield "required"
        return
    if column.choices is not None and value not in column.choices:
        yield "choice"
    if column.minimum is not None and float(value) < column.minimum:
        yield "minimum"
    if column.maximum is not None and float(value) > column.maximum:
        yield "maximum"
    if column.max_length is not None and len(str(value)) > column.max_length:
        yield "max_length"
    if column.pattern and not re.fullmatch(column.pattern, str(value)):
        yield "pattern"
    if column.in_period and column.type in DATED and not in_period(column, int(str(value)[:4]) - year):
        yield "in_period"


def in_period(column: Column, distance: int) -> bool:
    return {"year": distance == 0, "near": abs(distance) <= 1, "until": distance <= 0}[column.in_period or "near"]


def test_no_good_row_breaks_a_rule_of_a_column() -> None:
    faults = Counter(
        (contract.contract, column.name, fault)
        for contract, year, rows in ledgers()
        for row in rows
        for column in contract.columns
        for fault in faults_of(column, row.get(column.name), year)
    )
    assert faults == {}


def test_no_two_good_rows_are_duplicates() -> None:
    faults = [
        (contract.contract, rule.id, key)
        for contract, _, rows in ledgers()
        for rule in contract.rules
        if rule.kind == "unique"
        for key, count in Counter(tuple(row.get(name) for name in rule.columns) for row in rows).items()
        if count > 1
    ]
    assert faults == []


def test_no_good_row_breaks_an_order() -> None:
    faults = [
        (contract.contract, rule.id, row)
        for contract, _, rows in ledgers()
        for rule in contract.rules
        if rule.kind in {"ordered", "at_most"}
        for row in rows
        for first, second in [(row.get(rule.columns[0]), row.get(rule.columns[1]))]
        if first is not None and second is not None and type(first)(first) > type(first)(second)
    ]
    assert faults == []


def test_the_truth_was_there_to_be_checked() -> None:
    seen = Counter(contract.contract for contract, _, rows in ledgers() if rows)
    assert len(seen) == 7
