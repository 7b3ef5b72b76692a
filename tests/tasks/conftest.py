"""Submissions for judgement and feedback (one contract with every kind of rule), and ledgers as files for the reading."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import openpyxl
import pytest

from schemas.cells import CellColumn, ConformedCell
from schemas.contract import Contract, shipped_contracts
from schemas.values import Conformed, Delivery, Reading, SheetLayout
from schemas.yaml_file import parse_yaml
from sources.registry import Registry, load_registry
from tasks.intake.grid import Limits
from tasks.intake.reading import read_delivery

EVERY_RULE = """
contract: every_rule
version: 1
title: 规则大全
description: 每一种规则各有一条
grain: 一行
time_basis: calendar_year
columns:
  - {name: item_name, header: 名称, type: text, required: true, max_length: 8, description: 名称}
  - {name: item_code, header: 编码, type: code, pattern: "[0-9]+([.][0-9]+)*", description: 编码}
  - {name: kind_code, header: 类别, type: choice, choices: {甲: [], 乙: []}, description: 类别}
  - {name: year, header: 年度, type: year, in_period: year, description: 年度}
  - {name: started_on, header: 开始时间, type: date, required: true, in_period: near, description: 开始}
  - {name: ended_on, header: 结束时间, type: month, in_period: until, description: 结束}
  - {name: total_count, header: 合计人数, type: count, unit: 人, minimum: 0, maximum: 100, description: 合计}
  - {name: men_count, header: 男, type: count, unit: 人, description: 男}
  - {name: women_count, header: 女, type: count, unit: 人, description: 女}
  - {name: cost_cny, header: 金额, type: money, unit: 万元, maximum: 10000000000, description: 金额}
  - {name: teacher_names, header: 教师, type: person, privacy: personal, max_length: 6, description: 教师}
  - {name: id_number_hash, header: 身份证号, type: code, required: true, privacy: hashed, description: 证件}
  - {name: phone_number, header: 电话, type: text, privacy: dropped, description: 电话}
rules:
  - {id: in_order, kind: ordered, columns: [started_on, ended_on], message: 结束早于开始, fix: 请核对时间}
  - {id: fewer_men, kind: at_most, columns: [men_count, total_count], severity: warning, message: 男多于合计, fix: 请核对}
  - {id: adds_up, kind: sum_of, columns: [total_count, men_count, women_count], tolerance: 1, message: 合计不等于男女之和, fix: 请核对}
  - {id: cost_when, kind: required_when, columns: [cost_cny, kind_code], equals: 乙, severity: warning, message: 乙类没有金额, fix: 请补填}
  - {id: someone, kind: any_of, columns: [men_count, women_count], message: 男女都没有填写, fix: 请补填}
  - {id: once, kind: unique, columns: [item_name, item_code, kind_code, year], message: 重复, fix: 请删去一行}
  - {id: new_rule, kind: at_most, columns: [women_count, total_count], years: [2019, 2020], message: 女多于合计, fix: 请核对}
rings:
  - {id: unheard, kind: counterpart, columns: [item_code], of_contract: fund, of_columns: [content_name], when_positive: total_count,
     message: 没有对应的资金, fix: 请说明, passes: {rows: [{}]}, fails: {rows: [{}]}}
  - {id: in_whole, kind: contained, columns: [cost_cny], part_column: kind_code, whole: 甲, parts: [乙],
     message: 甲少于乙, fix: 请核对, passes: {rows: [{}]}, fails: {rows: [{}]}}
  - {id: so_far, kind: cumulative, columns: [men_count, women_count], part_column: kind_code, whole: 甲, years: [2019, 2020],
     message: 累计男多于女, fix: 请说明, passes: {rows: [{}]}, fails: {rows: [{}]}}
  - {id: leap, kind: jump, columns: [total_count], factor: 3, floor: 5,
     message: 与上年相差过大, fix: 请说明, passes: {rows: [{}]}, fails: {rows: [{}]}}
  - {id: fewer, kind: falls, columns: [item_name], years: [2020, 2023],
     message: 累计减少, fix: 请说明, passes: {rows: [{}]}, fails: {rows: [{}]}}
"""


NAMES = {"hetian": "和田职业技术学院", "wuwei": "武威职业学院", "jiaowu": "教务处"}
Rows = Sequence[Sequence[object]]


@pytest.fixture(scope="session")
def every_rule() -> Contract:
    """A contract with a rule of every kind."""
    return parse_yaml(EVERY_RULE, Contract, "every_rule.yaml")


@pytest.fixture
def make_submission() -> Callable[..., Conformed]:
    """Builds `make_submission(contract, rows)`, a row being {column: value or ConformedCell}; what is left out is blank.

    Row i stands in source row 4 + i; `period` and `lacking` (columns the table does not have) can be told.
    """

    def make(
        contract: Contract, rows: Sequence[Mapping[str, object]], *, period: str = "2021", lacking: Sequence[str] = ()
    ) -> Conformed:
        headers = {
            column.name: (number, column.header)
            for number, column in enumerate(contract.columns, start=1)
            if column.name not in lacking
        }
        return Conformed(
            delivery_sha256="0" * 64,
            partner_code="hetian",
            contract=contract.contract,
            period=period,
            layouts=(SheetLayout("台账", 3, 3, headers),),
            rows=np.arange(4, 4 + len(rows), dtype=np.int32),
            layout_index=np.zeros(len(rows), dtype=np.int32),
            columns={column.name: _encoded([row.get(column.name) for row in rows]) for column in contract.columns},
        )

    return make


def _encoded(values: Sequence[object]) -> CellColumn:
    cells = [value if isinstance(value, ConformedCell) else _cell(value) for value in values]
    distinct = {cell: code for code, cell in enumerate(dict.fromkeys(cells))}
    return CellColumn(np.array([distinct[cell] for cell in cells], dtype=np.int32), tuple(distinct))


def _cell(value: object) -> ConformedCell:
    return ConformedCell("" if value is None else str(value), value)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    folder = tmp_path_factory.mktemp("partners")
    for code, name in NAMES.items():
        own = "header_aliases: {training_room: {room_name: [工坊]}}\n" if code == "jiaowu" else ""
        text = f"code: {code}\nname: {name}\nkind: supported_school\n{own}"
        (folder / f"{code}.yaml").write_text(text, encoding="utf-8")
    return load_registry(folder)


@pytest.fixture
def read(tmp_path: Path, registry: Registry) -> Callable[..., Reading]:
    """Read bytes or a file as a delivery of a partner."""

    def read(content: bytes | Path, name: str = "台账.xlsx", partner: str = "hetian", **limits: int) -> Reading:
        path = content if isinstance(content, Path) else tmp_path / "landed"
        if isinstance(content, bytes):
            path.write_bytes(content)
        now = datetime(2022, 1, 5, tzinfo=UTC)
        delivery = Delivery(
            "0" * 64, partner, "folder", f"folder:{partner}/{name}", name, path.stat().st_size, now, path
        )
        return read_delivery(delivery, shipped_contracts(), registry, b"secret", Limits(**limits) if limits else None)

    return read


@pytest.fixture
def book(tmp_path: Path) -> Callable[..., Path]:
    """A workbook of the given sheets (name → rows), with merged ranges and hidden sheets."""

    def book(merges: Sequence[str] = (), hidden: Sequence[str] = (), **sheets: Rows) -> Path:
        workbook = openpyxl.Workbook()
        workbook.remove(workbook.active)
        for name, rows in sheets.items():
            sheet = workbook.create_sheet(name)
            for row in rows:
                sheet.append(list(row))
            for merge in merges:
                sheet.merge_cells(merge)
            sheet.sheet_state = "hidden" if name in hidden else "visible"
        path = tmp_path / "book.xlsx"
        workbook.save(path)
        return path

    return book
