"""Which ledger, which partner and which year a table says it is: title, form, inbox, sheet and dates against one another."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import openpyxl
import pytest
from openpyxl.packaging.custom import StringProperty

from schemas.contract import shipped_contracts
from schemas.values import Delivery, Reading, Severity, Turn
from sources.registry import Registry, load_registry
from tasks.intake.read_stamp import STAMP
from tasks.intake.reading import read_delivery
from tests.tasks.ledger_rows import ENROLMENT, FUND, ROOM, SESSION, only, room, rules, session, slots

PARTNERS = {
    "hetian": "{name: 和田职业技术学院, kind: supported_school, inbox: 'folder:hetian', region_code: '6532'}",
    "wuwei": "{name: 武威职业学院, kind: supported_school, inbox: 'folder:wuwei'}",
    "shiping": "{name: 石屏县职业高级中学, kind: supported_school}",
    "shiping_county": "{name: 石屏县, kind: region, aliases: [石屏]}",
    "tjvu": "{name: 天津职业大学, kind: college, aliases: [我校]}",
    "jiaowu": "{name: 教务处, kind: department, inbox: 'folder:jiaowu'}",
    "tuanwei": "{name: 校团委, kind: department, inbox: 'folder:tuanwei'}",
}
ROOMS = "2021年度实训室建设情况一览表"
SESSIONS = "2021年度师资培训台账"
PEOPLE = ["甘肃省武威市", "定向", "护理", "520201", 9, 8, 7]


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    folder = tmp_path_factory.mktemp("partners")
    for code, text in PARTNERS.items():
        (folder / f"{code}.yaml").write_text(f"{text[:-1]}, code: {code}}}", encoding="utf-8")
    return load_registry(folder)


@pytest.fixture
def read_as(registry: Registry) -> Callable[..., Reading]:
    """Read a file as a partner left it, perhaps in a folder of its inbox."""

    def read(path: Path, partner: str, name: str = "台账.xlsx") -> Reading:
        now = datetime(2022, 1, 5, tzinfo=UTC)
        delivery = Delivery("0" * 64, partner, "folder", f"folder:{partner}/{name}", name, 1, now, path)
        return read_delivery(delivery, shipped_contracts(), registry, b"secret")

    return read


def stamped(path: Path, stamp: str) -> Path:
    workbook = openpyxl.load_workbook(path)
    workbook.custom_doc_props.append(StringProperty(name=STAMP, value=stamp))
    workbook.save(path)
    return path


# ---- the partner ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("partner", "titles"),
    [
        ("hetian", [["单位名称（公章）：武威职院", "", "填表日期：2021年12月20日"]]),
        ("hetian", [["填报单位：", "武威 职业学院"]]),
        ("hetian", [["武威职业学院实训室建设情况一览表"]]),
        ("jiaowu", [["单位名称（公章）：校团委"]]),
        ("jiaowu", [["填报单位：武威职业学院    2021年12月20日"]]),
    ],
)
def test_a_ledger_of_another_partner_is_refused(read_as, book, partner, titles):
    reading = read_as(book(台账=[[ROOMS], *titles, ROOM, room("甲")]), partner)
    assert only(reading) == ("refused", "partner.contradicted", 0)
    (finding,) = reading.findings
    named = "校团委" if "团委" in str(titles) else "武威职业学院"
    sender = {"hetian": "和田职业技术学院", "jiaowu": "教务处"}[partner]
    assert finding.message == f"这份台账写的是“{named}”，来自“{sender}”的报送位置"
    assert finding.severity is Severity.CRITICAL


@pytest.mark.parametrize(
    ("partner", "titles"),
    [
        ("hetian", [["单位名称（公章）：和田职院"]]),
        ("hetian", [["单位名称（公章）：", "填表日期：2021年12月20日"]]),
        ("hetian", [["单位名称（公章）：某某学校"]]),
        ("hetian", [["天津职业大学对口支援和田职业技术学院"]]),
        ("hetian", [["和田职院、武威职业学院共建实训室"]]),
        ("jiaowu", [["单位名称（公章）：天津职业大学"]]),
        ("jiaowu", [["填报单位：教务处（盖章）"]]),
        ("jiaowu", [["受援单位：和田职业技术学院"]]),
        ("jiaowu", [["天津职业大学支援武威职业学院"]]),
        ("nobody", [["单位名称（公章）：武威职业学院"]]),
    ],
)
def test_names_over_a_ledger_that_are_in_order(read_as, book, partner, titles):
    reading = read_as(book(台账=[[ROOMS], *titles, ROOM, room("甲")]), partner)
    assert (slots(reading), reading.findings) == ([("training_room", "2021", [len(titles) + 3])], ())


def test_the_file_name_of_another_school_is_refused(read_as, book):
    path = book(台账=[[ROOMS], ROOM, room("甲")])
    assert only(read_as(path, "hetian", "武威职业学院实训室.xlsx")) == ("refused", "partner.contradicted", 0)
    assert slots(read_as(path, "jiaowu", "武威职业学院实训室.xlsx")) == [("training_room", "2021", [3])]


def test_sheets_by_partner_fill_the_column_they_lack(read_as, book):
    header, row = ROOM[1:], room("甲")[1:]
    sheets = {
        "和田职院": [[ROOMS], header, row],
        "Sheet2": [[f"{ROOMS}（武威职业学院）"], header, row],
        "石屏": [[ROOMS], header, row],
        "石屏县职高": [[ROOMS], header, row],
    }
    reading = read_as(book(**sheets), "jiaowu")
    assert (slots(reading), reading.findings) == ([("training_room", "2021", [3, 3, 3, 3])], ())
    (submission,) = reading.submissions
    codes = [cell.value for cell in submission.columns["supported_institution_code"]]
    assert codes == ["hetian", "wuwei", "shiping_county", "shiping"]
    assert [f.rule_id for f in submission.findings] == ["partner.from_title"] * 4
    assert submission.findings[0].message == "没有“受援单位”列，已按工作表名中的“和田职院”填入"


def test_a_hidden_sheet_of_another_partner_is_no_copy(read_as, book):
    header, row = ROOM[1:], room("甲")[1:]
    path = book(hidden=["武威职院"], 和田职院=[[ROOMS], header, row], 武威职院=[[ROOMS], header, row])
    reading = read_as(path, "jiaowu")
    assert slots(reading) == [("training_room", "2021", [3, 3])]
    assert rules(reading) == ["sheet.hidden"]


def test_two_schools_in_the_title_fill_nothing(read_as, book):
    path = book(台账=[[ROOMS], ["和田职院、武威职业学院"], ROOM[1:], room("甲")[1:]])
    reading = read_as(path, "jiaowu")
    assert only(reading) == ("refused", "partner.ambiguous", 0)
    assert reading.findings[0].found == "和田职业技术学院、武威职业学院"


def test_nobody_named_fills_nothing(read_as, book):
    reading = read_as(book(台账=[[ROOMS], ROOM[1:], room("甲")[1:]]), "jiaowu")
    assert only(reading) == ("refused", "layout.missing_column", 0)


# ---- the ledger -----------------------------------------------------------------------------------------------------


def test_a_title_of_another_ledger_than_the_header_is_refused(read_as, book):
    reading = read_as(book(台账=[[SESSIONS], ROOM, room("甲")]), "hetian")
    assert only(reading) == ("refused", "contract.contradicted", 0)
    assert reading.findings[0].message == "标题写的是“师资培训台账”，表头却是“实训室建设情况一览表”的"


def test_a_note_may_mention_another_ledger(read_as, book):
    path = book(台账=[["2021年实训室"], ["注：与师资培训台账一并报送"], ROOM, room("甲")])
    assert slots(read_as(path, "hetian")) == [("training_room", "2021", [4])]


def test_the_form_of_another_ledger(read_as, book):
    untitled = stamped(book(台账=[["2021年"], ROOM, room("甲")]), "training_session/1/2021")
    assert only(read_as(untitled, "hetian")) == ("refused", "contract.stamp_contradicted", 0)
    titled = stamped(book(台账=[[ROOMS], ROOM, room("甲")]), "training_session/1/2021")
    (submission,) = read_as(titled, "hetian").submissions
    assert [(f.rule_id, f.severity) for f in submission.findings] == [("contract.stamp_differs", Severity.INFO)]


def test_the_form_of_the_ledger_is_silent_and_may_tell_the_year(read_as, book):
    own = stamped(book(台账=[[ROOMS], ROOM, room("甲")]), "training_room/1/2021")
    reading = read_as(own, "hetian")
    assert (slots(reading), reading.submissions[0].findings) == ([("training_room", "2021", [3])], ())
    untitled = stamped(book(台账=[ENROLMENT, PEOPLE]), "enrolment/1/2021")
    assert slots(read_as(untitled, "hetian")) == [("enrolment", "2021", [2])]


# ---- the year -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("title", "sheet", "name", "found"),
    [
        ("2021年招生情况表", "2020年", "招生.xlsx", "标题 2021 年，工作表名 2020 年"),
        ("2021年招生情况表", "台账", "2020年招生情况.xlsx", "标题 2021 年，文件名 2020 年"),
    ],
)
def test_years_that_disagree_are_refused_with_each(read_as, book, title, sheet, name, found):
    reading = read_as(book(**{sheet: [[title], ENROLMENT, PEOPLE]}), "jiaowu", name)
    assert only(reading) == ("refused", "period.unclear", 0)
    (finding,) = reading.findings
    assert (finding.found, finding.turn) == (found, Turn.SUBMITTER)
    assert finding.expected.endswith("2020 年度或2021 年度")


def test_the_dates_settle_what_title_and_sheet_say(read_as, book):
    path = book(**{"2020年": [[SESSIONS], SESSION, session(1, "甲")]})
    assert slots(read_as(path, "jiaowu", "2020年台账.xlsx")) == [("training_session", "2021", [3])]


def test_a_file_of_several_years_is_not_held_to_its_name(read_as, book):
    sheets = {str(year): [["招生情况表"], ENROLMENT, PEOPLE] for year in (2020, 2021)}
    reading = read_as(book(**sheets), "jiaowu", "2021年报.xlsx")
    assert (slots(reading), reading.findings) == ([("enrolment", "2020", [3]), ("enrolment", "2021", [3])], ())


def test_the_form_of_another_year(read_as, book):
    agreed = stamped(book(台账=[[SESSIONS], SESSION, session(1, "甲")]), "training_session/1/2020")
    (submission,) = read_as(agreed, "jiaowu").submissions
    assert (submission.period, [f.rule_id for f in submission.findings]) == ("2021", ["period.stamp_differs"])
    money = [["2021年专项资金明细表"], FUND, ["甲", "学校自筹", 3, 2, 1]]
    unsettled = read_as(stamped(book(台账=money), "fund/1/2020"), "jiaowu")
    assert (rules(unsettled), unsettled.findings[0].found) == (["period.unclear"], "标题 2021 年，模板 2020 年")
    untitled = stamped(book(台账=[SESSION, session(1, "甲")]), "training_session/1/2020")
    assert read_as(untitled, "jiaowu").findings[0].found == "日期 2021 年，模板 2020 年"
