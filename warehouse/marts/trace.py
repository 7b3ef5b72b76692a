"""From a fact back to the partner's file: sheet, row, and the column letters of every cell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, select

from schemas.cells import CellValue
from schemas.contract import Contract, Privacy, shipped_contracts
from schemas.values import column_letter
from warehouse.facts import fact_table
from warehouse.marts.lineage import Source, StoredLayout, read_sources
from warehouse.tables import Submission


@dataclass(frozen=True, slots=True)
class TracedCell:
    """One cell of a fact: our name, the header as the partner wrote it, its place ("G12"), the value we hold."""

    column: str
    header: str
    cell: str
    value: CellValue


@dataclass(frozen=True, slots=True)
class TracedFact:
    """A fact and its source row. Columns the partner's table does not have are left out, and so are personal ones."""

    source: Source
    sheet: str | None
    source_row: int
    cells: tuple[TracedCell, ...]


def trace_fact(
    connection: Connection, contract_name: str, submission_id: int, layout_index: int, source_row: int
) -> TracedFact:
    """The source of one fact, named by its key.

    Raises:
        KeyError: there is no such contract.
        LookupError: there is no such fact.
    """
    table = fact_table(contract_name)
    key = {"submission_id": submission_id, "layout_index": layout_index, "source_row": source_row}
    statement = select(table).where(*(table.c[name] == value for name, value in key.items()))
    fact = connection.execute(statement).mappings().one_or_none()
    if fact is None:
        raise LookupError(
            f"no fact of {contract_name} with {', '.join(f'{name} {value}' for name, value in key.items())}"
        )
    source = read_sources(connection, select(Submission.id).where(Submission.id == submission_id))[submission_id]
    layout = source.layouts[layout_index]
    cells = tuple(
        _cells(shipped_contracts()[contract_name], layout, {str(name): value for name, value in fact.items()})
    )
    return TracedFact(source, layout["sheet"], source_row, cells)


def _cells(contract: Contract, layout: StoredLayout, fact: Mapping[str, CellValue]) -> Iterator[TracedCell]:
    for column in contract.columns:
        if column.privacy is Privacy.NONE and column.name in layout["columns"]:
            index, header = layout["columns"][column.name]
            yield TracedCell(column.name, header, f"{column_letter(index)}{fact['source_row']}", fact[column.name])
