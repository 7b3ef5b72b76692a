"""Writes facts: encoded rows of submissions into the fact table of their contract."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection

from schemas.contract import Contract
from warehouse.facts import LINEAGE, approximate_twin, fact_table, has_twin
from warehouse.store.bulk import driver_value, write_rows
from warehouse.store.encode import EncodedRows


def record_facts(connection: Connection, contract: Contract, loads: Iterable[tuple[int, EncodedRows]]) -> None:
    """Insert the facts of several submissions (id, rows) of one contract, in the transaction that wrote the submissions."""
    dialect = connection.dialect.name
    rows = (row for number, encoded in loads for row in encoded.with_id(driver_value(number, dialect)))
    write_rows(connection, fact_table(contract.contract), _column_names(contract), rows)


def _column_names(contract: Contract) -> list[str]:
    names = list(LINEAGE)
    for column in contract.stored_columns:
        names += [column.name, approximate_twin(column.name)] if has_twin(column) else [column.name]
    return names
