"""Facts come back from both databases exactly as they went in, whatever stands in their cells."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import numpy as np
import pytest
from sqlalchemy import Engine, insert, select

from schemas.cells import ConformedCell
from schemas.contract import Contract, shipped_contracts
from schemas.values import Delivery, Verdict
from warehouse.engine import begin_write
from warehouse.facts import approximate_twin, fact_table, has_twin
from warehouse.store.encode import UnstorableError, encode_rows
from warehouse.store.facts import record_facts

SESSIONS = shipped_contracts()["training_session"]
DIFFICULT = [
    "逗号,引号\"'、制表\t、换行\n、回车\r\n", "\\N", "\\", "\\\\.", "\\.", "𠮷野家🎓", "", " 空格 ", "null", "%s ? :x {}", "\u200b零宽",
]  # fmt: skip


def rows_back(engine: Engine, contract: str) -> list[dict[str, object]]:
    with engine.connect() as connection:
        statement = select(fact_table(contract)).order_by("submission_id", "source_row")
        return [dict(found._mapping) for found in connection.execute(statement)]


def expected_row(contract: Contract, position: int, row: dict[str, object]) -> dict[str, object]:
    expected: dict[str, object] = {"submission_id": 7, "layout_index": 0, "source_row": 4 + position}
    for column in contract.stored_columns:
        cell = row.get(column.name)
        is_cell = isinstance(cell, ConformedCell)
        expected[column.name] = cell.value if is_cell else cell
        if has_twin(column):
            expected[approximate_twin(column.name)] = is_cell and cell.is_approximate
    return expected


@pytest.mark.parametrize("contract", shipped_contracts().values(), ids=shipped_contracts().keys())
def test_every_contract_takes_full_blank_and_difficult_rows(
    engine: Engine, contract: Contract, make_delivery: Callable[..., Delivery], make_verdict: Callable[..., Verdict]
) -> None:
    rows = [{}, *({column.name: sample(column.type, text) for column in contract.columns} for text in DIFFICULT)]
    verdict = make_verdict(make_delivery(), rows, contract=contract.contract)
    record(engine, contract, verdict)
    assert rows_back(engine, contract.contract) == [expected_row(contract, i, row) for i, row in enumerate(rows)]


def sample(kind: str, text: str) -> object:
    samples: dict[str, object] = {
        "count": ConformedCell("约9.1e15", 2**53 + 1, is_approximate=True), "decimal": 0.1, "money": ConformedCell("万", 123456789.25),
        "share": 0.000001, "date": date(2021, 2, 28), "month": date(2019, 12, 1), "year": 2021,
    }  # fmt: skip
    return samples.get(kind, text)


def record(engine: Engine, contract: Contract, verdict: Verdict) -> None:
    positions = np.arange(len(verdict.submission))
    with begin_write(engine) as connection:
        encoded = encode_rows(contract, verdict.submission, positions, connection.dialect.name)
        record_facts(connection, contract, [(7, encoded)])


def test_the_bulk_path_writes_what_sqlalchemy_itself_would_write(
    engine: Engine, make_delivery: Callable[..., Delivery], make_verdict: Callable[..., Verdict]
) -> None:
    rows = [{column.name: sample(column.type, text) for column in SESSIONS.columns} for text in DIFFICULT]
    record(engine, SESSIONS, make_verdict(make_delivery(), rows))
    ours = rows_back(engine, "training_session")
    table = fact_table("training_session")
    with begin_write(engine) as connection:
        connection.execute(insert(table), [{**row, "submission_id": 8} for row in ours])
    theirs = [{**row, "submission_id": 7} for row in rows_back(engine, "training_session") if row["submission_id"] == 8]
    assert theirs == ours


@pytest.mark.parametrize("text", ["\\N", "", "f", "0"])
def test_a_column_of_one_text_that_looks_like_nothing_keeps_it(
    engine: Engine, make_delivery: Callable[..., Delivery], make_verdict: Callable[..., Verdict], text: str
) -> None:
    record(engine, SESSIONS, make_verdict(make_delivery(), [{"session_name": text, "trainee_person_times": 0}] * 2))
    found = [
        (row["session_name"], row["trainee_person_times"], row["place_name"])
        for row in rows_back(engine, "training_session")
    ]
    assert found == [(text, 0, None)] * 2


def test_numbers_are_rounded_alike_and_unstorable_characters_shown(
    engine: Engine, make_delivery: Callable[..., Delivery], make_verdict: Callable[..., Verdict]
) -> None:
    row = {"session_name": "零\x00半\ud800", "day_count": 1 / 3, "trainee_person_times": 5}
    record(engine, SESSIONS, make_verdict(make_delivery(), [row]))
    (back,) = rows_back(engine, "training_session")
    assert (back["session_name"], back["day_count"]) == ("零�半�", 0.333333)


@pytest.mark.parametrize("number", [float("nan"), float("inf"), 1e12, -1e300])
def test_a_number_without_room_is_named_before_anything_is_written(
    number: float, make_delivery: Callable[..., Delivery], make_verdict: Callable[..., Verdict]
) -> None:
    verdict = make_verdict(make_delivery(), [{"day_count": number}])
    with pytest.raises(UnstorableError, match="天数"):
        encode_rows(SESSIONS, verdict.submission, np.array([0]), "sqlite")


def test_only_the_positions_asked_for_are_written(
    engine: Engine, make_delivery: Callable[..., Delivery], make_verdict: Callable[..., Verdict]
) -> None:
    verdict = make_verdict(make_delivery(), [{"session_name": str(number)} for number in range(5)])
    with begin_write(engine) as connection:
        encoded = encode_rows(SESSIONS, verdict.submission, np.array([1, 4]), connection.dialect.name)
        record_facts(connection, SESSIONS, [(7, encoded), (9, encoded)])
    back = [
        (row["submission_id"], row["source_row"], row["session_name"]) for row in rows_back(engine, "training_session")
    ]
    assert back == [(7, 5, "1"), (7, 8, "4"), (9, 5, "1"), (9, 8, "4")]
    assert len(encoded) == 2
