"""Bench, what one would write by hand: pandas reads with openpyxl, one Great Expectations run a file with our rules, `to_sql`.

It is given our suite, one context and one suite a contract; no fetch, no lineage, no quarantine, no findings are asked of it.
Run by bench.night: python -m bench.users_way MANIFEST URL
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import create_engine

from bench.contender import Stopwatch, tell
from bench.floor import HEADER_ROWS
from bench.manifest import ColumnEntry, read_manifest
from schemas.contract import DATED, Column, Contract, shipped_contracts
from schemas.rule import RuleKind, rules_of
from schemas.values import Severity
from tasks.intake.suite import suite_of

_NUMERIC = frozenset({"count", "decimal", "money", "share", "year"})
Series = Any  # a pandas column of any type
Validate = Callable[[pd.DataFrame], list[int]]


def main() -> None:
    """Every file of the manifest, one after another."""
    manifest, url = read_manifest(sys.argv[1]), sys.argv[2]
    stopwatch = Stopwatch()
    with stopwatch.stage("import Great Expectations"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import great_expectations  # noqa: F401, PLC0415 (timed apart: paid once, not once a file)
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    rows = 0
    for file in manifest["files"]:
        contract, path = shipped_contracts()[file["contract"]], Path(file["path"])
        with stopwatch.stage("read"):
            raw = pd.read_excel(path, header=HEADER_ROWS - 1, engine="openpyxl").iloc[:-1].reset_index(drop=True)
        with stopwatch.stage("clean"):
            table = clean_table(contract, manifest["contracts"][file["contract"]], raw, int(path.stem[-4:]))
        with stopwatch.stage("validate"):
            held = _validator(contract.contract)(table)
        with stopwatch.stage("load"):
            good = table.drop(index=held)[[column["name"] for column in manifest["contracts"][file["contract"]]]]
            rows += len(good)
            good.to_sql(contract.contract, engine, if_exists="append", index=False)
    tell(stopwatch, files=len(manifest["files"]), rows=rows)


def clean_table(contract: Contract, entries: list[ColumnEntry], raw: pd.DataFrame, year: int) -> pd.DataFrame:
    """The columns our suite looks at, made by plain pandas."""
    written = {entry["name"]: entry["header"] for entry in entries}
    blank = pd.Series(None, index=raw.index, dtype=object)
    series: dict[str, Series] = {}
    for column in contract.stored_columns:
        cells = raw[written[column.name]] if column.name in written else blank
        values = _values(column, cells)
        series[column.name] = values
        series[f"{column.name}.problem"] = np.where(cells.notna() & pd.isna(values), 1.0, np.nan)
        series[f"{column.name}.filled"] = np.where(cells.notna(), 1.0, np.nan)
    return pd.DataFrame(series | _worked_out(contract, series, year), index=raw.index)


def _values(column: Column, cells: Series) -> Series:
    if column.type in DATED:
        text = cells.astype("string").str.replace(r"[年月./]", "-", regex=True).str.removesuffix("日")
        return pd.to_datetime(text, errors="coerce", format="mixed")
    if column.type.value in _NUMERIC:
        return pd.to_numeric(
            cells.astype("string").str.replace(r"[人次场个,]", "", regex=True), errors="coerce"
        ).astype(float)
    if column.choices is not None:
        return cells.map({word: choice for choice, also in column.choices.items() for word in (choice, *also)})
    # A code beside a blank has become 473889.0.
    return cells.map(lambda cell: str(cell).strip().removesuffix(".0"), na_action="ignore").astype(object)


def _worked_out(contract: Contract, series: Mapping[str, Series], year: int) -> dict[str, Series]:
    found: dict[str, Series] = {}
    for rule in rules_of(contract):
        values = series[rule.columns[0]]
        if rule.kind is RuleKind.IN_PERIOD:
            found[rule.rule_id] = (values.dt.year if values.dtype.kind == "M" else values) - year
        elif rule.kind is RuleKind.ORDERED:
            found |= {f"{rule.rule_id}.first": values, f"{rule.rule_id}.second": series[rule.columns[1]]}
        elif rule.kind is RuleKind.UNIQUE:
            found[rule.rule_id] = pd.Series(0, index=values.index)
    return found


@cache
def _validator(name: str) -> Validate:
    import great_expectations as gx  # noqa: PLC0415

    contract = shipped_contracts()[name]
    critical = {rule.rule_id for rule in rules_of(contract) if rule.severity is Severity.CRITICAL}
    suite = gx.ExpectationSuite(name, expectations=suite_of(contract))
    asset = _context().data_sources.add_pandas(name).add_dataframe_asset(name)
    definition = asset.add_batch_definition_whole_dataframe("all")

    def validate(table: pd.DataFrame) -> list[int]:
        """The rows to hold back."""
        batch = definition.get_batch(batch_parameters={"dataframe": table})
        outcome = batch.validate(suite, result_format={"result_format": "COMPLETE"})
        raised = [result for result in outcome.results if result.exception_info.get("raised_exception")]
        if raised:
            raise RuntimeError(raised[0])
        failed = (r for r in outcome.results if r.expectation_config.meta["rule_id"] in critical)
        return sorted({row for result in failed for row in result.result.get("unexpected_index_list") or ()})

    return validate


@cache
def _context() -> Any:
    import great_expectations as gx  # noqa: PLC0415
    from great_expectations.data_context.types.base import ProgressBarsConfig  # noqa: PLC0415

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    return context


if __name__ == "__main__":
    main()
