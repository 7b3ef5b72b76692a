"""Bench, dlt: a pydantic model checks each row (a row that fails is discarded), dlt loads into the database.

dlt reads no spreadsheets itself. READER is `pandas` (read_excel as pandas does it by default) or `calamine`, our own choice lent to it.
Runs in an environment of its own with dlt[sqlalchemy], pandas, openpyxl, python-calamine and psycopg2-binary:
PYTHON -m bench.peer_dlt MANIFEST URL READER
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import date
from typing import Annotated, Any, Literal

import dlt
import pandas as pd
from pydantic import BeforeValidator, Field, create_model
from python_calamine import CalamineWorkbook

from bench.contender import Stopwatch, tell
from bench.manifest import ColumnEntry, FileEntry, read_manifest

HEADER_ROWS = 3
_NUMBERS = {"count": int, "year": int, "decimal": float, "money": float, "share": float}


def main() -> None:
    """One pipeline run over every file of the manifest."""
    manifest, url = read_manifest(sys.argv[1]), sys.argv[2]
    stopwatch = Stopwatch()
    destination = dlt.destinations.sqlalchemy(url.replace("postgresql://", "postgresql+psycopg2://"))
    with tempfile.TemporaryDirectory() as folder, stopwatch.stage("pipeline"):
        pipeline = dlt.pipeline("bench", destination=destination, dataset_name="main", pipelines_dir=folder)
        pipeline.run([_resource(name, columns, manifest["files"]) for name, columns in manifest["contracts"].items()])
        counts = pipeline.last_trace.last_normalize_info.row_counts
    tell(stopwatch, files=len(manifest["files"]), rows=sum(counts.get(name, 0) for name in manifest["contracts"]))


def _resource(name: str, columns: list[ColumnEntry], files: list[FileEntry]) -> Any:
    contract: Any = {"data_type": "discard_row", "columns": "freeze"}
    paths = [file["path"] for file in files if file["contract"] == name]
    model = create_model(name, **{c["name"]: _field(c) for c in columns})  # type: ignore[call-overload]

    @dlt.resource(name=name, columns=model, schema_contract=contract, write_disposition="append")
    def rows() -> Iterator[list[dict[str, object]]]:
        for path in paths:
            yield [{c["name"]: row[c["position"]] for c in columns} for row in _READERS[sys.argv[3]](path)]

    return rows


def _read_pandas(path: str) -> list[list[Any]]:
    table = pd.read_excel(path, header=HEADER_ROWS - 1).iloc[:-1]
    rows: list[list[Any]] = table.astype(object).where(table.notna(), "").to_numpy().tolist()
    return rows


def _read_calamine(path: str) -> list[list[Any]]:
    rows: list[list[Any]] = CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()[HEADER_ROWS:-1]
    return rows


_READERS = {"pandas": _read_pandas, "calamine": _read_calamine}


def _field(column: ColumnEntry) -> tuple[Any, Any]:
    kind, tidy = _type_of(column)
    checked = Annotated[kind, Field(ge=column["minimum"], le=column["maximum"])] if column["type"] in _NUMBERS else kind
    if column["required"]:
        return Annotated[checked, BeforeValidator(lambda cell: tidy(cell) if cell != "" else None)], ...
    return Annotated[checked | None, BeforeValidator(lambda cell: tidy(cell) if cell != "" else None)], None


def _type_of(column: ColumnEntry) -> tuple[Any, Callable[[Any], Any]]:
    if column["choices"]:
        return Literal[tuple(column["choices"])], str
    if column["type"] in {"date", "month"}:
        return date, _day
    if column["type"] in _NUMBERS:
        return _NUMBERS[column["type"]], lambda cell: str(cell).rstrip("人次场个").removesuffix(".0")
    return str, lambda cell: str(cell).removesuffix(".0")


def _day(cell: object) -> date:
    text = str(cell)
    for mark in "年月./":
        text = text.replace(mark, "-")
    parts = text.rstrip("日").split("-")
    year, month, day = parts if len(parts) == 3 else (text[:4], text[4:6], text[6:8])
    return date(int(year), int(month), int(day))


if __name__ == "__main__":
    main()
