"""Damaged files and odd cells: whatever they hold, reading ends in a reading, and no fault of ours is ever the reason."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime, time, timedelta
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bench.fuzz import fuzz
from bench.fuzz_seeds import corpora, ledgers
from bench.mutations import mutate
from schemas.contract import shipped_contracts
from sources.registry import Registry, load_registry
from tasks.intake.cell_columns import CellReader, Source
from tasks.intake.grid import Cell, FileRefusedError
from tasks.intake.headers import header_key
from tasks.intake.read_text import read_text

CONTRACTS = shipped_contracts()
COLUMNS = [(contract, column) for contract in CONTRACTS.values() for column in contract.columns]
QUICK = settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
WORDS = st.text(
    alphabet=st.sampled_from(
        "0123456789.,-—~至到/年月日万元人次%％约≥<>（）()一二三十百千零〇第季度上半期级奖合计 \u3000\n①²٣eE+"
    ),
    max_size=24,
)
CELLS: st.SearchStrategy[Cell] = st.one_of(
    WORDS, st.text(max_size=40), st.integers(), st.floats(), st.booleans(), st.dates(), st.datetimes(), st.times(),
    st.timedeltas(), st.sampled_from(["1e400", "-0", "nan", "９" * 400, "年" * 300, "0.0.0", "99999-99-99", "三" * 60, 10**30]),
)  # fmt: skip
EXTREMES: tuple[Cell, ...] = (
    *(date.min, date.max, datetime.min, datetime.max, time.max, timedelta.max, timedelta.min),  # noqa: DTZ901 - cells
    *(float("nan"), float("inf"), float("-inf"), 1e308, -1e308, 5e-324, 10**400, -(10**400), True, False, ""),
    *("1e400", "\x00", "\u202e", "{0}", "%s", "²", "٣", "①", "ⅻ", "½", "万", "亿" * 50, "." * 99, "9" * 5000),
)


@pytest.fixture(scope="module")
def cells(tmp_path_factory: pytest.TempPathFactory) -> CellReader:
    folder = tmp_path_factory.mktemp("partners")
    (folder / "wuwei.yaml").write_text("code: wuwei\nname: 武威职业学院\nkind: supported_school\n", encoding="utf-8")
    registry: Registry = load_registry(folder)
    return CellReader(registry, b"secret")


def test_four_hundred_damaged_files_give_no_fault_of_ours(tmp_path: Path) -> None:
    outcome = fuzz(400, 7, tmp_path, ledgers())
    assert outcome.failures == {}
    # Damage that nothing survives, or that nothing feels, would show nothing.
    assert outcome.counts["received"] > 40
    assert outcome.total - outcome.counts["received"] > 100


@pytest.mark.skipif(not corpora(), reason="../shared/corpora is not beside this checkout")
def test_damaged_odd_files_give_no_fault_of_ours(tmp_path: Path) -> None:
    assert fuzz(200, 8, tmp_path, corpora()).failures == {}


def test_a_case_is_told_by_its_seed_alone() -> None:
    content = ledgers()["utf8.csv"]
    assert [mutate(content, Random(f"1:{case}")) for case in range(20)] == [  # noqa: S311
        mutate(content, Random(f"1:{case}"))  # noqa: S311
        for case in range(20)
    ]


@pytest.mark.parametrize("is_1904", [False, True])
def test_no_extreme_cell_breaks_any_column(cells: CellReader, is_1904: bool) -> None:
    for contract, column in COLUMNS:
        for unit in (None, "万元", "%", "人"):
            found = cells.read_column(contract, column, list(EXTREMES), Source("wuwei", unit, is_1904))
            assert len(found.codes) == len(EXTREMES)
        for extreme in EXTREMES:
            assert len(cells.read_column(contract, column, [extreme], Source("wuwei", None, is_1904)).codes) == 1


@QUICK
@given(values=st.lists(CELLS, min_size=1, max_size=6), is_1904=st.booleans())
def test_no_cell_breaks_any_column(cells: CellReader, values: list[Cell], is_1904: bool) -> None:
    for contract, column in COLUMNS:
        found = cells.read_column(contract, column, values, Source("wuwei", None, is_1904))
        assert len(found.codes) == len(values)


@QUICK
@given(text=st.one_of(WORDS, st.text()))
def test_a_header_keeps_its_key(text: str) -> None:
    assert header_key(header_key(text)) == header_key(text)


@settings(QUICK, max_examples=400)
@given(
    content=st.one_of(st.binary(max_size=300), st.text(max_size=200).map(lambda text: text.encode("gb18030", "ignore")))
)
def test_any_bytes_are_a_table_or_refused(content: bytes) -> None:
    try:
        grid = read_text(content)
    except FileRefusedError:
        return
    assert {len(row) for row in grid.rows} <= {grid.width}


ROWS = st.integers(2, 5).flatmap(
    lambda width: st.lists(
        st.lists(
            st.text(st.sampled_from('甲乙丙丁戊己1290,;|\t"\n年（）. '), max_size=6), min_size=width, max_size=width
        ),
        min_size=4,
        max_size=8,
    )
)


@settings(QUICK, max_examples=300)
@given(rows=ROWS, encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "gb18030"]))
def test_what_is_written_quoted_is_read_back(rows: list[list[str]], encoding: str) -> None:
    """A file in which every cell is quoted leaves no doubt; it is read exactly, or refused, never otherwise."""
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerows(rows)
    try:
        grid = read_text(text.getvalue().encode(encoding))
    except FileRefusedError:
        return
    width = max((position for row in rows for position, cell in enumerate(row, 1) if cell), default=0)
    assert [list(row) for row in grid.rows] == [row[:width] for row in rows]
