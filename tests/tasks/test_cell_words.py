"""Cells of choices, text, names and codes as clerks write them and what they mean."""

import hashlib
import hmac

import pytest

from schemas.cells import ConformedCell
from schemas.contract import shipped_contracts
from tasks.intake.cell_choice import ChoiceReader
from tasks.intake.cell_columns import encode
from tasks.intake.cell_damage import is_garbled, with_garbled
from tasks.intake.cell_text import hashed_cell, read_code_cell, read_person_cell, read_text_cells

AWARD = shipped_contracts()["award"]


@pytest.mark.parametrize(
    ("column", "cell", "value"),
    [
        ("level_code", " 国赛", "国家级"),
        ("level_code", "市 级", "市级"),
        ("level_code", "国家级一等奖", "国家级"),
        ("grade_code", "国家级一等奖", "一等奖"),
        ("grade_code", "一等奖（国家级）", "一等奖"),
        ("grade_code", "国家级/一等奖", "一等奖"),
        ("level_code", "一等奖·国赛", "国家级"),
        ("grade_code", "１等奖", "一等奖"),
        ("grade_code", "无", None),
    ],
)
def test_choice(column, cell, value):
    read = ChoiceReader(AWARD, AWARD.column(column)).read(cell)
    assert (read.value, read.problem) == (value, None)


def test_an_unknown_choice_names_the_nearest():
    assert ChoiceReader(AWARD, AWARD.column("grade_code")).read("一等奖项") == ConformedCell(
        "一等奖项", problem="bad_choice", candidates=("一等奖", "特等奖")
    )


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("补 短板", "补短板"),
        ("课程标准开发（第二期）\n", "课程标准开发（第二期）"),
        ("　眼视光\xa0技术 ", "眼视光技术"),
        ("第１期", "第1期"),
        ("Python 入门", "Python 入门"),
        ("－", None),
        (20210305.0, "20210305"),
        ("课程标\n准", "课程标准"),
    ],
)
def test_text(cell, value):
    assert [read.value for read in read_text_cells([cell], keeps_breaks=False)] == [value]


def test_long_text_keeps_its_lines():
    assert list(read_text_cells(["①甲 \r\n②乙"], keeps_breaks=True)) == [ConformedCell("①甲 \r\n②乙", "①甲\n②乙")]


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("张　伟", "张伟"),
        ("张伟 李芳", "张伟、李芳"),
        ("张伟，李芳;王强", "张伟、李芳、王强"),
        ("古丽·买买提", "古丽·买买提"),
        ("/", None),
        ("张伟(教师)", "张伟"),
        ("张伟（主讲） 李芳（助教）", "张伟、李芳"),
        ("张伟(天津某校)", "张伟(天津某校)"),
        ("1.张伟 2.李芳", "张伟、李芳"),
        ("张伟、李芳 等5人", "张伟、李芳等5人"),
        ("John Smith", "John Smith"),
    ],
)
def test_person(cell, value):
    assert read_person_cell(cell).value == value


@pytest.mark.parametrize(
    ("cell", "value", "problem"),
    [
        (540106.0, "540106", None),
        ("570102k", "570102K", None),
        (" ５２０９０１", "520901", None),
        ("'012", "012", None),
        ("1.1E+17", None, "scientific"),
        (1.10101190001e17, None, "cut_number"),
        ("110101190001010000", None, "cut_number"),
        ("110101190001010006", "110101190001010006", None),
        (3.5, None, "bad_code"),
        ("", None, None),
    ],
)
def test_code(cell, value, problem):
    read = read_code_cell(cell)
    assert (read.value, read.problem) == (value, problem)


@pytest.mark.parametrize(
    ("cell", "problem"),
    [
        ("1.23457E+15", "scientific"),
        (" 6.2E+18", "scientific"),
        (1.2345678901234568e17, "cut_number"),
        (123456789012345, None),
        ("12345678901234567890", None),
        ("1E+5", None),
        ("3E+12班", None),
        ("校企合作+1E+12", None),
    ],
)
def test_long_numbers_among_words_are_known_for_damaged(cell, problem):
    (read,) = read_text_cells([cell], keeps_breaks=False)
    assert read.problem == problem
    assert (read.value is None) == (problem is not None)


def test_a_hashed_cell_carries_nothing_clear():
    number = "110101190001010006"
    digest = hmac.new(b"key", number.encode(), hashlib.sha256).hexdigest()
    assert hashed_cell(f" {number}", b"key") == ConformedCell("***", digest)
    assert hashed_cell("", b"key") == ConformedCell("")
    assert hashed_cell("1.1E+17", b"key") == ConformedCell("***", problem="scientific")


def test_true_is_not_taken_for_one():
    codes, distinct = encode([1.0, True, "", 1.0])
    assert (codes.tolist(), distinct) == ([0, 1, 2, 0], [1.0, "TRUE", ""])


@pytest.mark.parametrize("cell", [40106.0, "40106", 1101.0])
def test_lost_zeros_are_known_where_the_form_of_a_code_is(cell):
    assert read_code_cell(cell, "[0-9]{6}").problem == "lost_zero"
    assert read_code_cell(cell).problem is None


GOOD = "受训单位"


@pytest.mark.parametrize(
    "text",
    [
        "受训\ufffd位",
        "锟斤拷锟斤拷",
        "????",
        GOOD.encode("gb18030").decode("latin-1"),
        GOOD.encode().decode("latin-1"),
        GOOD.encode().decode("cp1252", "replace"),
        GOOD.encode().decode("gbk", "replace"),
        GOOD.encode("gb18030").decode("utf-8", "replace"),
    ],
)
def test_texts_of_a_wrong_encoding_are_known(text):
    plain = ConformedCell("联通", "联通")
    assert with_garbled([text, "联通"], [ConformedCell(text, text), plain]) == [
        ConformedCell(text, problem="encoding"),
        plain,
    ]


@pytest.mark.parametrize(
    "text", ["联通", "瑷珲区瀚海学院", "José Müller", "“双师型”……课程——（二）", "？？？", "what?", "鏡", "骞"]
)
def test_rare_characters_are_no_damage(text):
    assert not is_garbled(text)
