"""Writes facts: encoded rows of submissions into the fact table of their contract."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from schemas.contract import Contract
from warehouse.facts import LINEAGE, approximate_twin, fact_table, has_twin
from warehouse.store.bulk import driver_value, write_rows
from warehouse.store.encode import EncodedRows


def record_facts(connection: Connection, contract: Contract, loads: Sequence[tuple[int, EncodedRows]]) -> None:
    """Insert the facts of several submissions (id, rows) of one contract, in the transaction that wrote the submissions."""
    names = _column_names(contract)
    # Most ledgers leave some columns blank and few numbers are approximate: what the database fills in itself is not sent.
    kept = [place for place in range(len(names)) if not all(rows.columns[place].is_default for _, rows in loads)]
    dialect = connection.dialect.name
    rows = (row for number, encoded in loads for row in encoded.with_id(driver_value(number, dialect), kept))
    write_rows(connection, fact_table(contract.contract), ["submission_id", *(names[place] for place in kept)], rows)


def _column_names(contract: Contract) -> list[str]:
    """The columns after `submission_id`, in the order of `EncodedRows.columns`."""
    names = list(LINEAGE[1:])
    for column in contract.stored_columns:
        names += [column.name, approximate_twin(column.name)] if has_twin(column) else [column.name]
    return names
