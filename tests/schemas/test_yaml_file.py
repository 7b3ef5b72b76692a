"""A YAML file of ours that does not fit is refused with file, line and what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from schemas.contract import Contract
from schemas.errors import MisconfiguredError
from schemas.yaml_file import YamlFileError, parse_yaml, read_yaml

GOOD = """\
contract: library
version: 1
title: 藏书台账
description: 一册一行
grain: 一册书
time_basis: register
columns:
  - name: book_name
    header: 书名
    type: text
    required: true
    description: 书的全名
rules:
  - id: one_row_a_book
    kind: unique
    columns: [book_name]
    message: 同一册书写了两行
    fix: 请删去一行
"""


def refusal(text: str) -> str:
    with pytest.raises(YamlFileError) as caught:
        parse_yaml(text, Contract, "library.yaml")
    return str(caught.value)


def test_a_good_file_is_read() -> None:
    contract = parse_yaml(GOOD, Contract, "library.yaml")
    assert contract.column("book_name").headers == ("书名",)


def test_an_unknown_key_is_refused_with_its_line() -> None:
    text = GOOD.replace("    required: true\n", "    requierd: true\n")
    assert refusal(text) == "library.yaml:11: columns.0.requierd: Extra inputs are not permitted"


def test_a_key_written_twice_is_refused_with_its_line() -> None:
    text = GOOD.replace("    type: text\n", "    type: text\n    header: 名称\n")
    assert "key 'header' is written twice" in refusal(text)
    assert "line 11" in refusal(text)


def test_every_fault_of_a_file_is_named_at_once() -> None:
    text = GOOD.replace("type: text", "type: words").replace("version: 1", "version: 0")
    lines = refusal(text).splitlines()
    assert [line.split(": ")[:2] for line in lines] == [
        ["library.yaml:2", "version"],
        ["library.yaml:10", "columns.0.type"],
    ]
    assert "'text', 'count'" in lines[1]


def test_a_missing_key_is_named() -> None:
    assert refusal(GOOD.replace("grain: 一册书\n", "")) == "library.yaml:1: grain: Field required"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("columns: [book_name]", "columns: [author_name]", "rule one_row_a_book names unknown columns: author_name"),
        ("type: text", "type: choice", "choices go with type choice, and only with it"),
        ("name: book_name", "name: BookName", "String should match pattern"),
        (
            "rules:",
            "  - {name: book_name, header: 名, type: text, description: 名}\nrules:",
            "columns named twice: book_name",
        ),
    ],
)
def test_what_does_not_hang_together_is_refused(old: str, new: str, said: str) -> None:
    assert said in refusal(GOOD.replace(old, new))


@pytest.mark.parametrize("text", ["", "columns: [", "- a\n- b\n", "just words"])
def test_what_is_no_contract_at_all_is_refused(text: str) -> None:
    assert refusal(text).startswith("library.yaml")


def test_a_missing_file_is_a_fault_of_ours_to_mend(tmp_path: Path) -> None:
    with pytest.raises(MisconfiguredError, match=r"nowhere\.yaml: cannot be read"):
        read_yaml(tmp_path / "nowhere.yaml", Contract)


def test_a_file_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "library.yaml"
    path.write_bytes(GOOD.encode("gb18030"))
    with pytest.raises(YamlFileError, match=r"library\.yaml: cannot be read"):
        read_yaml(path, Contract)
