"""Partner files: what they may say, and how a fault in one is told."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from schemas.yaml_file import YamlFileError, parse_yaml, read_yaml
from sources.json_schema import PARTNER_SCHEMA, compose_partner_schema, write_partner_schema
from sources.partner import Partner

SCHOOL = """\
code: school
name: 某某职业学院
kind: supported_school
"""


def partner_of(text: str) -> Partner:
    return parse_yaml(text, Partner, "school.yaml")


def test_due_dates_are_in_the_year_after_unless_a_day_is_given() -> None:
    partner = partner_of(
        SCHOOL
        + """\
inbox: folder:school
owes:
  - {contract: award, periods: [2021, 2019, 2020], due: "01-31", due_on: {2021: 2021-09-20}}
"""
    )
    assert partner.owes[0].due_dates == {
        "2019": date(2020, 1, 31),
        "2020": date(2021, 1, 31),
        "2021": date(2021, 9, 20),
    }


@pytest.mark.parametrize(
    ("lines", "line", "fault"),
    [
        ("colour: red\n", 4, "colour: Extra inputs are not permitted"),
        ("owes:\n  - contract: award\n    periods: []\n", 6, "owes.0.periods: Tuple should have at least 1 item"),
        ("region_code: '5325250'\n", 4, "region_code: String should match pattern"),
        ("national_code: 4112011032\n", 4, "national_code: Input should be a valid string"),
        ("aliases: [某某职院, 某某职院]\n", 1, "a name is written twice"),
        ("aliases: [某某职业学院]\n", 1, "a name is written twice"),
        ("aliases: [某]\n", 4, "aliases.0: String should have at least 2 characters"),
        ("head_email: nobody\n", 4, "head_email: String should match pattern"),
        ("inbox: school\n", 4, "inbox: String should match pattern"),
        ("inbox: sftp://clerk:word@host.example/school\n", 1, "inbox holds a password"),
        ("owes: [{contract: award, periods: [2021]}]\n", 1, "needs an inbox"),
        ("inbox: folder:x\nowes: [{contract: award, periods: [2021, 2021]}]\n", 5, "a period is written twice"),
        (
            "inbox: folder:x\nowes: [{contract: award, periods: [2021]}, {contract: award, periods: [2021]}]\n",
            1,
            "owes names a contract twice",
        ),
        (
            "inbox: folder:x\nowes: [{contract: award, periods: [2021], due_on: {2020: 2021-01-20}}]\n",
            5,
            "due_on names years that are not owed: 2020",
        ),
        (
            "inbox: folder:x\nowes: [{contract: award, periods: [2021], due: 02-30}]\n",
            5,
            "due '02-30' is not a day of every year after a period",
        ),
        ("name: 另一学校\n", 4, "key 'name' is written twice"),
    ],
)
def test_a_fault_names_file_line_and_place(lines: str, line: int, fault: str) -> None:
    with pytest.raises(YamlFileError) as refused:
        partner_of(SCHOOL + lines)
    text = str(refused.value)
    assert fault in text
    assert f"line {line}" in text if "twice" in fault and "key" in fault else text.startswith(f"school.yaml:{line}: ")


def test_the_password_is_not_repeated_in_the_refusal() -> None:
    with pytest.raises(YamlFileError) as refused:
        partner_of(SCHOOL + "inbox: sftp://clerk:opensesame@host.example/school\n")
    assert "opensesame" not in str(refused.value)


def test_an_inbox_with_a_user_and_no_password_is_fine() -> None:
    assert partner_of(SCHOOL + "inbox: sftp://clerk@host.example:22/school\n").inbox is not None


def test_the_schema_file_is_the_one_the_model_gives(tmp_path: Path) -> None:
    assert PARTNER_SCHEMA.read_text(encoding="utf-8") == compose_partner_schema(), "run python -m sources.json_schema"
    write_partner_schema(tmp_path / "again.json")
    assert (tmp_path / "again.json").read_bytes() == PARTNER_SCHEMA.read_bytes()


def test_every_shipped_partner_points_to_the_schema() -> None:
    folder = Path(PARTNER_SCHEMA).parent.parent / "partners"
    for path in sorted(folder.glob("*.yaml")):
        assert path.read_text(encoding="utf-8").startswith(
            "# yaml-language-server: $schema=../json/partner.schema.json\n"
        )
        assert read_yaml(path, Partner).code == path.stem
