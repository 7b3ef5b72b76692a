"""The facts in force of a contract, as a table under its canonical headers, each row with the cell range it came from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from sqlalchemy import Connection, Row, select

from schemas.cells import CellValue
from schemas.contract import Column, ColumnType, Contract, Privacy, shipped_contracts
from warehouse.facts import LINEAGE, approximate_twin, fact_table, has_twin
from warehouse.marts.in_force import counted_submissions
from warehouse.marts.institutions import read_institution_names
from warehouse.marts.lineage import Source, read_sources

Exported = Mapping[str, CellValue]
LINEAGE_HEADERS = ("报送单位", "报送期间", "交付sha256", "文件名", "工作表", "行号", "提交编号")
_ROWS_AT_ONCE = 5_000


def export_headers(contract: Contract) -> list[str]:
    """The headers of an export, in order: canonical ones, `…代码` beside an institution, `…是约数` beside a number, lineage."""
    return [header for column in _exported(contract) for header in _headers(column)] + list(LINEAGE_HEADERS)


def export_facts(
    connection: Connection, contract_name: str, at: datetime, year: int | None = None
) -> Iterator[Exported]:
    """The facts of a contract in force at `at` (UTC), by submission, sheet and row; personal columns stay out.

    Values are in the unit of the canonical header (money in 万元 where the header or the contract says so, a share in
    percent under a header with %), so that an export reads like a ledger. An institution stands with name and code.
    Of a register only each partner's latest period up to `year` (None: the latest of all) counts.

    Raises:
        KeyError: there is no such contract.
    """
    contract = shipped_contracts()[contract_name]
    counted = counted_submissions(contract_name, year, at)
    sources = read_sources(connection, counted)
    names = read_institution_names(connection)
    table = fact_table(contract_name)
    statement = select(table).where(table.c.submission_id.in_(counted)).order_by(*(table.c[name] for name in LINEAGE))
    for fact in connection.execution_options(yield_per=_ROWS_AT_ONCE).execute(statement):
        yield _exported_row(contract, fact, sources[fact.submission_id], names)


def _exported(contract: Contract) -> Iterator[Column]:
    return (column for column in contract.columns if column.privacy is Privacy.NONE)


def _headers(column: Column) -> Iterator[str]:
    yield column.header
    if column.type is ColumnType.PARTNER:
        yield f"{column.header}代码"
    if has_twin(column):
        yield f"{column.header}是约数"


def _exported_row(
    contract: Contract, fact: Row[*tuple[object, ...]], source: Source, names: Mapping[str, str]
) -> Exported:
    cells = fact._mapping
    row: dict[str, CellValue] = {}
    for column in _exported(contract):
        row.update(zip(_headers(column), _values(column, cells[column.name], names), strict=False))
        if has_twin(column):
            row[f"{column.header}是约数"] = cells[approximate_twin(column.name)]
    layout = source.layouts[cells["layout_index"]]
    lineage = (
        names.get(source.partner_code, source.partner_code), source.period, source.delivery_sha256, source.file_name,
        layout["sheet"], cells["source_row"], source.submission_id,
    )  # fmt: skip
    return {**row, **dict(zip(LINEAGE_HEADERS, lineage, strict=True))}


def _values(column: Column, value: CellValue, names: Mapping[str, str]) -> Iterator[CellValue]:
    if column.type is ColumnType.PARTNER:
        yield names.get(str(value), value)
        yield value
    elif isinstance(value, int | float) and (factor := _header_units(column)) != 1:
        yield round(value * factor, 8)
    else:
        yield value


def _header_units(column: Column) -> float:
    """How many units of the canonical header one unit of the warehouse (yuan, 1) is."""
    if column.type is ColumnType.MONEY and column.unit == "万元":
        return 1e-4
    return 100 if column.type is ColumnType.SHARE and "%" in f"{column.header}{column.unit}" else 1
