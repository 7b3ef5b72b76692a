"""Fact tables, projected from the data contracts: the grain is the source row, the lineage is the key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Date, Integer, MetaData, Numeric, Table, Text, text
from sqlalchemy.schema import SchemaItem
from sqlalchemy.types import TypeEngine

from schemas.contract import Column as ContractColumn
from schemas.contract import ColumnType, Contract, Privacy, shipped_contracts
from warehouse.base import Base

SqlType = TypeEngine[Any]  # SQLAlchemy types are invariant in the Python type they carry
LINEAGE = ("submission_id", "layout_index", "source_row")


def project(contract: Contract, metadata: MetaData) -> Table:
    """The fact table of a contract: lineage key, one column a stored column, a Boolean twin `is_approx_…` a number.

    There is no foreign key to `submission` (docs/decisions/0011): facts are written in one place, in the transaction
    that writes their submission, and on PostgreSQL the check makes loading take three quarters longer.
    """
    lineage = (
        Column("submission_id", BigInteger, primary_key=True, autoincrement=False),
        Column("layout_index", Integer, primary_key=True, autoincrement=False),
        Column("source_row", Integer, primary_key=True, autoincrement=False),
    )
    columns = (built for column in contract.stored_columns for built in _columns_of(column))
    # Without SQLite's hidden row number the table is its own key index: a submission's rows lie together, in one tree.
    return Table(f"fact_{contract.contract}", metadata, *lineage, *columns, sqlite_with_rowid=False)


def approximate_twin(column_name: str) -> str:
    """The name of the Boolean column that says whether a number was given as approximate."""
    return f"is_approx_{column_name}"


def has_twin(column: ContractColumn) -> bool:
    """Whether the column has an `is_approx_…` twin: numbers have; the hash of a number has not."""
    return column.is_numeric and column.privacy is not Privacy.HASHED


@cache
def fact_tables() -> Mapping[str, Table]:
    """The fact table of every shipped contract by contract name, on the common metadata."""
    return {name: project(contract, Base.metadata) for name, contract in shipped_contracts().items()}


def is_kept_history(item: SchemaItem, reflected: bool, counterpart: SchemaItem | None) -> bool:
    """Whether the database has a fact table or column that no contract asks for any more: history, never to be dropped."""
    table = item.table if isinstance(item, Column) else item
    is_fact = isinstance(table, Table) and table.name.startswith("fact_")
    return is_fact and reflected and counterpart is None


def fact_table(contract: str) -> Table:
    """The fact table of a shipped contract.

    Raises:
        KeyError: there is no such contract; the text lists those there are.
    """
    try:
        return fact_tables()[contract]
    except KeyError:
        raise KeyError(f"no contract {contract!r}; known are {', '.join(sorted(fact_tables()))}") from None


def _columns_of(column: ContractColumn) -> Iterator[Column[Any]]:
    # Never NOT NULL: a later contract may relax `required`, and what may be blank is the checks' business.
    yield Column(column.name, _sql_type(column), nullable=True)
    if has_twin(column):
        yield Column(approximate_twin(column.name), Boolean, nullable=False, server_default=text("false"))


def _sql_type(column: ContractColumn) -> SqlType:
    return Text() if column.privacy is Privacy.HASHED else _TYPES.get(column.type, Text())


_TYPES: Mapping[ColumnType, SqlType] = {
    ColumnType.COUNT: BigInteger(),
    ColumnType.DECIMAL: Numeric(18, 6, asdecimal=False),
    ColumnType.SHARE: Numeric(18, 6, asdecimal=False),
    ColumnType.MONEY: Numeric(18, 2, asdecimal=False),
    ColumnType.DATE: Date(),
    ColumnType.MONTH: Date(),
    ColumnType.YEAR: Integer(),
}
