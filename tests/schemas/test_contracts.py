"""Every shipped contract: it loads, its names follow the grammar, its headers and titles can be told apart."""

from __future__ import annotations

import re
import unicodedata
from itertools import combinations
from pathlib import Path

import pytest

from schemas.contract import (
    CONTRACTS,
    Column,
    ColumnType,
    Contract,
    Privacy,
    TimeBasis,
    load_contracts,
    shipped_contracts,
)
from schemas.yaml_file import YamlFileError

NAMES = {
    "activity", "award", "dispatched_person", "enrolment", "fund", "indicator_actual", "indicator_target", "plan_task",
    "platform_base", "programme_built", "satisfaction", "support_project", "task_progress", "technical_service",
    "training_room", "training_session",
}  # fmt: skip
REQUIRED = {
    "activity": {"held_on", "activity_name", "activity_type_code", "organiser_name", "participant_count", "served_person_times"},
    "award": {"awarded_on", "contest_name", "level_code", "grade_code", "awarded_institution_code"},
    "dispatched_person": {"person_name", "department_name", "supported_institution_code", "post_name", "dispatched_on"},
    "enrolment": {
        "origin_name", "plan_type_code", "programme_name", "programme_code", "planned_count", "admitted_count", "registered_count",
    },
    "fund": {"content_name", "source_code", "budget_cny", "received_cny", "spent_cny"},
    "indicator_actual": {"scope_code", "indicator_code", "indicator_name", "year", "actual_text"},
    "indicator_target": {"scope_code", "level1_name", "level2_name", "indicator_name", "indicator_code"},
    "plan_task": {"scope_code", "project_name", "task_name"},
    "platform_base": {"platform_name", "platform_type_code", "founded_on"},
    "programme_built": {"supported_institution_code", "programme_name", "built_on"},
    "satisfaction": {
        "group_code", "sample_count", "valid_count", "very_satisfied_count", "satisfied_count", "neutral_count",
        "dissatisfied_count", "not_assessable_count",
    },
    "support_project": {"project_name", "channel_code", "supported_institution_code", "started_on"},
    "task_progress": {"project_name", "task_name", "year", "done_text", "status_code"},
    "technical_service": {"service_name", "client_name", "service_type_code"},
    "training_room": {
        "supported_institution_code", "room_name", "area_sqm", "equipment_cny", "workstation_count", "built_on",
    },
    "training_session": {
        "session_name", "trainee_institution_code", "training_mode_code", "started_on", "ended_on", "trainee_person_times",
    },
}  # fmt: skip
ENDINGS = {
    ColumnType.TEXT: r"_names?|_text|content|(plan|target)_(\d{4}|final)|phone_number",
    ColumnType.COUNT: r"_count|person_times",
    ColumnType.DECIMAL: r"_count|_sqm|_person_days",
    ColumnType.MONEY: r"_cny",
    ColumnType.SHARE: r"_share",
    ColumnType.DATE: r"_on",
    ColumnType.MONTH: r"_on",
    ColumnType.YEAR: r"year",
    ColumnType.CODE: r"_code|_hash",
    ColumnType.CHOICE: r"_code",
    ColumnType.PARTNER: r"_institution_code",
    ColumnType.PERSON: r"_names?",
}
COLUMNS = [
    pytest.param(contract, column, id=f"{contract.contract}.{column.name}")
    for contract in shipped_contracts().values()
    for column in contract.columns
]
EACH = pytest.mark.parametrize("contract", shipped_contracts().values(), ids=lambda contract: contract.contract)


def plain(words: str) -> str:
    """The words without what a clerk adds or leaves out: spaces, brackets with a unit, full width."""
    return re.sub(r"\(.*?\)|\s", "", unicodedata.normalize("NFKC", words)).casefold()


def test_the_sixteen_ledgers_have_a_contract() -> None:
    assert set(shipped_contracts()) == NAMES


@EACH
def test_required_columns_are_those_a_row_cannot_do_without(contract: Contract) -> None:
    assert {column.name for column in contract.columns if column.required} == REQUIRED[contract.contract]


@pytest.mark.parametrize(("contract", "column"), COLUMNS)
def test_the_end_of_a_column_name_says_its_type(contract: Contract, column: Column) -> None:
    assert re.search(rf"({ENDINGS[column.type]})$", column.name)


@pytest.mark.parametrize(("contract", "column"), COLUMNS)
def test_quantities_have_a_unit_and_bounds(contract: Contract, column: Column) -> None:
    if column.type in {ColumnType.COUNT, ColumnType.DECIMAL, ColumnType.MONEY}:
        assert column.unit
        assert column.minimum is not None
        assert column.maximum is not None
        assert column.minimum < column.maximum
    else:
        assert column.unit is None


@pytest.mark.parametrize(("contract", "column"), COLUMNS)
def test_money_is_headed_in_yuan_or_ten_thousand_yuan(contract: Contract, column: Column) -> None:
    assert (column.unit in {"元", "万元"}) == (column.type is ColumnType.MONEY)


@pytest.mark.parametrize(("contract", "column"), COLUMNS)
def test_dates_and_codes_show_an_example(contract: Contract, column: Column) -> None:
    shown = {
        ColumnType.DATE,
        ColumnType.MONTH,
        ColumnType.YEAR,
        ColumnType.CHOICE,
        ColumnType.PARTNER,
        ColumnType.SHARE,
    }
    if column.type in shown or column.pattern:
        assert column.example
    if column.pattern:
        assert re.fullmatch(column.pattern, column.example)
    if column.choices:
        assert column.example in column.choices


@pytest.mark.parametrize(("contract", "column"), COLUMNS)
def test_every_way_of_writing_a_choice_means_one_choice(contract: Contract, column: Column) -> None:
    means: dict[str, set[str]] = {}
    for choice, synonyms in (column.choices or {}).items():
        for words in (choice, *synonyms):
            means.setdefault(plain(words), set()).add(choice)
    assert {words: choices for words, choices in means.items() if len(choices) > 1} == {}
    assert means.keys().isdisjoint({"其他", "其它", "未知类别", "?", "无", "/", ""})


@EACH
def test_every_header_means_one_column(contract: Contract) -> None:
    means: dict[str, set[str]] = {}
    for column in contract.columns:
        for header in column.headers:
            means.setdefault(plain(header), set()).add(column.name)
    assert {header: names for header, names in means.items() if len(names) > 1} == {}
    assert means.keys().isdisjoint({"序号", "备注", ""})


def test_no_title_lies_inside_a_title_of_another_contract() -> None:
    titles = {name: {plain(t) for t in (c.title, *c.title_synonyms)} for name, c in shipped_contracts().items()}
    inside = {
        (one, other)
        for (first, some), (second, others) in combinations(titles.items(), 2)
        for one in some
        for other in others
        if one in other or other in one
    }
    assert inside == set()


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("2020年度定向及西部地区招生情况表", "enrolment"),
        ("天津职业大学2021年实训室建设情况一览表", "training_room"),
        ("2019年 专项资金到位与支出明细表", "fund"),
        ("2021年度援派干部教师名册", "dispatched_person"),
        ("2021年竞赛获奖情况统计表", "award"),
        ("2020年度社会实践与志愿服务活动台账", "activity"),
        ("2020年度师资培训台账", "training_session"),
        ("服务对象满意度调查表（2021年）", "satisfaction"),
        ("建设任务与进度安排表", "plan_task"),
        ("绩效目标表", "indicator_target"),
        ("2021年度绩效指标完成情况表", "indicator_actual"),
    ],
)
def test_titles_as_written_name_their_contract(written: str, name: str) -> None:
    known = {
        contract.contract
        for contract in shipped_contracts().values()
        if any(plain(title) in plain(written) for title in (contract.title, *contract.title_synonyms))
    }
    assert known == {name}


def test_time_basis_of_registers_and_plans() -> None:
    by_basis: dict[TimeBasis, set[str]] = {basis: set() for basis in TimeBasis}
    for contract in shipped_contracts().values():
        by_basis[contract.time_basis].add(contract.contract)
    assert by_basis[TimeBasis.REGISTER] == {
        "support_project", "programme_built", "training_room", "technical_service", "platform_base",
    }  # fmt: skip
    assert by_basis[TimeBasis.PLAN] == {"indicator_target", "plan_task"}


def test_personal_columns_are_marked() -> None:
    marked = {
        (contract.contract, column.name): column.privacy
        for contract in shipped_contracts().values()
        for column in contract.columns
        if column.privacy is not Privacy.NONE
    }
    assert marked == {
        ("award", "advisor_names"): Privacy.PERSONAL,
        ("dispatched_person", "person_name"): Privacy.PERSONAL,
        ("dispatched_person", "staff_number_hash"): Privacy.HASHED,
        ("dispatched_person", "id_number_hash"): Privacy.HASHED,
        ("dispatched_person", "phone_number"): Privacy.DROPPED,
        ("training_session", "lecturer_names"): Privacy.PERSONAL,
    }


@pytest.mark.parametrize(("contract", "column"), COLUMNS)
def test_persons_and_numbers_of_persons_are_never_plain(contract: Contract, column: Column) -> None:
    if column.type is ColumnType.PERSON or re.search("身份证|电话|工号", column.header):
        assert column.privacy is not Privacy.NONE
    assert column.name.endswith("_hash") == (column.privacy is Privacy.HASHED)


@EACH
def test_the_year_of_a_row_is_that_of_its_submission(contract: Contract) -> None:
    assert {column.in_period for column in contract.columns if column.type is ColumnType.YEAR} <= {"year"}


@EACH
def test_plan_years_stand_in_the_columns_of_plans_only(contract: Contract) -> None:
    years = [column.for_year for column in contract.columns if column.for_year]
    first, last = contract.years
    assert years == (list(range(first, last + 1)) if contract.time_basis is TimeBasis.PLAN else [])


def test_a_file_must_be_named_after_its_contract(tmp_path: Path) -> None:
    (tmp_path / "prizes.yaml").write_text((CONTRACTS / "award.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    with pytest.raises(YamlFileError, match=r"prizes\.yaml:1: the file holds contract 'award'; name it award\.yaml"):
        load_contracts(tmp_path)


def test_an_unknown_column_is_answered_with_the_known_ones() -> None:
    contract = shipped_contracts()["programme_built"]
    assert contract.column("built_on").header == "建成时间"
    with pytest.raises(KeyError, match="programme_built has no column 'built_at'; it has supported_institution_code"):
        contract.column("built_at")


def test_dropped_columns_are_not_stored() -> None:
    contract = shipped_contracts()["dispatched_person"]
    assert set(contract.columns) - set(contract.stored_columns) == {contract.column("phone_number")}
