"""Catalogue, Great Expectations suites, blank workbooks, error texts and data dictionary say the same, each way; one altered fails."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from openpyxl import load_workbook

import schemas
from schemas.contract import ColumnType, shipped_contracts
from schemas.dictionary import data_dictionary, rule_catalogue
from tasks.feedback.blank import FIRST_ROW, write_blank_workbook
from tasks.feedback.form import asked_columns
from tasks.intake.suite import suite_of

CONTRACTS = shipped_contracts()
Facts = set[tuple[str, str, object]]
"""What a place says: `contract.column`, what about it, and the value in the unit a clerk writes."""
COLUMN_KINDS = {
    "readable",
    "required",
    "minimum",
    "maximum",
    "max_length",
    "pattern",
    "in_period",
    "no_personal_number",
}
SPANS = {
    "在填报年度之内": (0, 0), "在填报年度或前后一年之内": (-1, 1), "不晚于填报年度末": (None, 0)
}  # fmt: skip


def table_rows(document: str) -> list[list[str]]:
    lines = [line for line in document.splitlines() if line.startswith("| ")]
    split = [[cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]
    return [row for row in split if row[0].startswith("`") or row[1].startswith("`")]


def number(text: str) -> float:
    return round(float(text.rstrip("%")) / (100 if text.endswith("%") else 1), 9)


def catalogue_facts(document: str) -> Facts:
    facts: Facts = set()
    for row in table_rows(document):
        rule_id, expected = row[0].strip("`"), row[4]
        facts.add((rule_id, "rule", True))
        where, _, kind = rule_id.rpartition(".")
        if kind not in COLUMN_KINDS:
            continue
        facts.add((where, "message", (kind, row[3])))
        if kind == "required":
            facts.add((where, kind, True))
        elif kind in {"minimum", "maximum", "max_length"}:
            words = expected.split()
            facts.add((where, kind, number(words[1])))
            if kind == "minimum" and len(words) > 2:
                facts.add((where, "unit", words[2]))
        elif kind == "in_period":
            facts.add((where, kind, SPANS[expected]))
        elif kind == "readable" and expected.startswith("下列之一："):
            facts.add((where, "choices", expected.removeprefix("下列之一：")))
        elif kind == "pattern":
            facts.add((where, "is_patterned", True))
    return facts


def suite_facts(suites: Mapping[str, list[dict[str, Any]]]) -> Facts:
    facts: Facts = set()
    for name, suite in suites.items():
        for expectation in suite:
            rule_id, kwargs = expectation["meta"]["rule_id"], expectation["kwargs"]
            facts.add((rule_id, "rule", True))
            where, _, kind = rule_id.rpartition(".")
            if kind not in COLUMN_KINDS:
                continue
            column = CONTRACTS[name].column(where.partition(".")[2])
            scale = 10_000 if column.type is ColumnType.MONEY and column.unit == "万元" else 1
            if kind == "required":
                facts.add((where, kind, True))
            elif kind == "minimum":
                facts.add((where, kind, round(kwargs["min_value"] / scale, 9)))
            elif kind in {"maximum", "max_length"}:
                facts.add((where, kind, round(kwargs.get("max_value") / scale, 9)))
            elif kind == "in_period":
                facts.add((where, kind, (kwargs["min_value"], kwargs["max_value"])))
            elif kind == "pattern":
                facts |= {(where, "is_patterned", True), (where, "pattern", kwargs["regex"][5:-3])}
    return facts


def dictionary_facts(document: str) -> Facts:
    facts: Facts = set()
    contract = ""
    for line in document.splitlines():
        title = re.match(r"## .+（`(\w+)`", line)
        contract = title[1] if title else contract
        for row in table_rows(line) if line.startswith("| ") else ():
            where, demands = f"{contract}.{row[1].strip('`')}", row[5]
            if row[3]:
                facts.add((where, "required", True))
            if row[4]:
                facts.add((where, "unit", row[4]))
            for kind, pattern in (
                ("minimum", r"不小于 (\S+?)(?=；|$)"),
                ("maximum", r"不大于 (\S+?)(?=；|$)"),
                ("max_length", r"不超过 (\d+) 个字"),
            ):
                facts |= {(where, kind, number(found)) for found in re.findall(pattern, demands)}
            facts |= {(where, "in_period", span) for text, span in SPANS.items() if text in demands}
            for found in re.findall(r"格式 `(.*?)`", demands):
                facts |= {(where, "is_patterned", True), (where, "pattern", found)}
            if row[2] == "选项":
                facts.add((where, "choices", re.sub(r"（.*?）", "", demands.split("；")[0])))
    return facts


def text_facts(texts: Mapping[str, Any], catalogue: Facts) -> Facts:
    """The words of the column rules and the choices, filled from the file of texts for the columns the catalogue names."""
    facts: Facts = set()
    for where, kind, value in catalogue:
        name, _, column_name = where.partition(".")
        if kind == "message" and isinstance(value, tuple):
            column = CONTRACTS[name].column(column_name)
            key = f"in_period_{column.in_period}" if value[0] == "in_period" else value[0]
            facts.add((where, "message", (value[0], texts["kinds"][key]["message"].format(header=column.header))))
    for name, contract in CONTRACTS.items():
        for column in contract.columns:
            if column.choices:
                told = texts["problems"]["bad_choice"]["expected"].format(choices="、".join(column.choices))
                facts.add((f"{name}.{column.name}", "choices", told.removeprefix("下列之一：")))
    return facts


def blank_facts(paths: Mapping[str, Path]) -> Facts:
    facts: Facts = set()
    for name, path in paths.items():
        sheet = load_workbook(path).worksheets[0]
        for index, column in enumerate(asked_columns(CONTRACTS[name]), start=2):
            where, cell = f"{name}.{column.name}", sheet.cell(FIRST_ROW, index)
            head = str(sheet.cell(FIRST_ROW - 1, index).value)
            unit = re.search(r"（([^（）]+)）$", head)
            if column.unit and (unit or column.unit in head):
                # 培训人次 and 天数 say their unit in the header's own words.
                facts.add((where, "unit", unit[1] if unit else column.unit))
            (limit,) = [one for one in sheet.data_validations.dataValidation if cell.coordinate in one.sqref]
            if "【必填】" in (limit.prompt or ""):
                facts.add((where, "required", True))
            if limit.type == "list":
                facts.add((where, "choices", limit.formula1.strip('"').replace(",", "、")))
            elif limit.type == "decimal":
                facts |= {
                    (where, "minimum", round(float(limit.formula1), 9)),
                    (where, "maximum", round(float(limit.formula2), 9)),
                }
    return facts


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("blank")
    texts = Path(schemas.__file__).with_name("rule_texts.yaml")
    return {
        "catalogue": rule_catalogue(CONTRACTS),
        "suite": {name: suite_of(contract) for name, contract in CONTRACTS.items()},
        "blank": {name: write_blank_workbook(one, None, 2021, folder / f"{name}.xlsx") for name, one in CONTRACTS.items()},
        "texts": yaml.safe_load(texts.read_text(encoding="utf-8")),
        "dictionary": data_dictionary(CONTRACTS),
    }  # fmt: skip


SHARED = {
    ("catalogue", "suite"): {"rule", "required", "minimum", "maximum", "max_length", "in_period", "is_patterned"},
    ("catalogue", "dictionary"): {
        "required",
        "minimum",
        "maximum",
        "max_length",
        "in_period",
        "choices",
        "is_patterned",
    },
    ("suite", "dictionary"): {"required", "minimum", "maximum", "max_length", "in_period", "pattern"},
    ("blank", "dictionary"): {"required", "minimum", "maximum", "choices", "unit"},
    ("texts", "catalogue"): {"message", "choices"},
}


def disagreements(places: Mapping[str, Any]) -> set[tuple[str, str, tuple[str, str, object]]]:
    catalogue = catalogue_facts(places["catalogue"])
    facts = {
        "catalogue": catalogue, "suite": suite_facts(places["suite"]), "blank": blank_facts(places["blank"]),
        "texts": text_facts(places["texts"], catalogue), "dictionary": dictionary_facts(places["dictionary"]),
    }  # fmt: skip
    asked = {f"{name}.{column.name}" for name, one in CONTRACTS.items() for column in asked_columns(one)}
    found = set()
    for (one, other), kinds in SHARED.items():
        differing = {fact for fact in facts[one] ^ facts[other] if fact[1] in kinds}
        assert {fact[1] for fact in facts[one] & facts[other]} >= kinds, (one, other)
        found |= {(one, other, fact) for fact in differing if "blank" not in (one, other) or fact[0] in asked}
    return found


def test_all_five_agree(places: dict[str, Any]) -> None:
    assert disagreements(places) == set()


def altered_suite(places: dict[str, Any]) -> dict[str, Any]:
    return {**places["suite"], "fund": places["suite"]["fund"][1:]}


def altered_blank(places: dict[str, Any], folder: Path) -> dict[str, Path]:
    workbook = load_workbook(places["blank"]["fund"])
    for limit in workbook.worksheets[0].data_validations.dataValidation:
        if limit.type == "list":
            limit.formula1 = '"学校"'
    workbook.save(folder / "fund.xlsx")
    return {**places["blank"], "fund": folder / "fund.xlsx"}


@pytest.mark.parametrize("place", ["catalogue", "suite", "blank", "texts", "dictionary"])
def test_one_altered_place_is_told(places: dict[str, Any], place: str, tmp_path: Path) -> None:
    kinds = places["texts"]["kinds"]
    made: dict[str, Callable[[], Any]] = {
        "catalogue": lambda: places["catalogue"].replace("不大于 100000 人次", "不大于 10 人次", 1),
        "suite": lambda: altered_suite(places),
        "blank": lambda: altered_blank(places, tmp_path),
        "texts": lambda: {**places["texts"], "kinds": {**kinds, "required": {"message": "“{header}”空着"}}},
        "dictionary": lambda: places["dictionary"].replace("不超过 200 个字", "不超过 20 个字", 1),
    }
    altered = made[place]()
    assert altered != places[place]
    told = disagreements({**places, place: altered})
    assert told
    assert all(place in (one, other) for one, other, _ in told)
