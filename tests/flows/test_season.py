"""A season from the parcel to the last acceptance, with real mail: who answers what, who is reminded when, and what nobody sees."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.flows.season_answers import (
    ID_NUMBERS,
    PHONES,
    PLANTED,
    WIDE,
    Row,
    answer,
    attachment,
    correct,
    fill,
    form_of,
    ledger_of_2020,
    training,
)
from tests.flows.season_office import OFFICE, PARTNERS, SeasonOffice, clerk, head, season_office
from tests.flows.season_search import found_in_bytes, found_in_database, found_in_mail, found_in_output
from warehouse.engine import open_engine
from warehouse.marts.owed import read_owed

pytestmark = [pytest.mark.timeout(280), pytest.mark.xdist_group("season")]
LEDGER = "training_session"
WHO = {"by": "甲老师", "why": "已电话核实"}


def test_a_season(tmp_path: Path) -> None:
    with season_office(tmp_path) as office:
        forms = send_parcels(office)
        first_answers(office, forms)
        corrections(office, forms)
        reminders_over_the_festival(office)
        last_answers(office, forms)
        everything_is_accepted(office)
        the_log_is_what_was_sent(office)
        marked_workbooks_go_to_their_senders(office)
    nobody_sees_a_number(office)


def send_parcels(office: SeasonOffice) -> dict[str, dict[str, bytes]]:
    """The parcel goes to everyone once; the first reminder too."""
    sent = office.play("season_parcel", "01-04 10:00", year=2021)
    assert sorted(message["To"] for message in sent) == sorted(map(clerk, PARTNERS))
    assert office.play("season_parcel", "01-04 11:00", year=2021) == []
    assert office.play("collect", "01-05 02:00") == []
    assert office.remind("01-06") == sorted(map(clerk, PARTNERS))
    parcels = {message["To"].partition("@")[2].partition(".")[0]: attachment(message) for message in sent}
    forms = {code: {LEDGER: form_of(parcel, "师资培训")} for code, parcel in parcels.items()}
    forms["jia"]["dispatched_person"] = form_of(parcels["jia"], "援派")
    return forms


def first_answers(office: SeasonOffice, forms: dict[str, dict[str, bytes]]) -> None:
    """Good, wrong rows, empty, twice the same, wrong year, someone else's file; two say nothing."""
    answer(office, "jia", "01-10 10:00", ledger_of_2020(PARTNERS["jia"]))
    assert [message["To"] for message in office.play("collect", "01-11 02:00")] == [clerk("jia")]
    good = fill(forms["jia"][LEDGER], [training("骨干教师研修班", PARTNERS["jia"], 培训人次=1000)])
    twice = fill(forms["wu"][LEDGER], [training("研修班", PARTNERS["wu"])])
    last_year = training("研修班", PARTNERS["ji"], 开始时间="2020-03-05", 结束时间="2020-03-09")
    mailed = [
        answer(office, "jia", "01-11 10:00", good, f"台账{PHONES[0]}.xlsx", subject=f"报送 {ID_NUMBERS[0]}"),
        answer(office, "jia", "01-11 11:00", fill(forms["jia"]["dispatched_person"], [dispatched()])),
        answer(office, "yi", "01-11 12:00", fill(forms["yi"][LEDGER], wrong_rows())),
        answer(office, "ding", "01-11 13:00", forms["ding"][LEDGER]),
        answer(office, "wu", "01-11 14:00", twice),
        answer(office, "wu", "01-11 14:01", twice),
        answer(office, "ji", "01-11 15:00", fill(forms["ji"][LEDGER], [last_year])),
        answer(office, "geng", "01-11 16:00", good),
    ]
    receipts = office.play("collect", "01-12 02:00")
    assert sorted(message["In-Reply-To"] for message in receipts) == sorted(mailed)
    assert office.states() == {
        ("jia", LEDGER): ("accepted_with_findings", 1, 0), ("jia", "dispatched_person"): ("accepted", 1, 0),
        ("yi", LEDGER): ("accepted_with_findings", 2, 1), ("wu", LEDGER): ("accepted", 1, 0),
    }  # fmt: skip
    assert office.play("collect", "01-12 03:00") == [], "nothing is answered twice"


def dispatched() -> Row:
    return {
        "姓名": "测试甲", "派出部门": "眼视光工程学院", "受援单位": PARTNERS["jia"], "任职岗位": "专业带头人",
        "派出时间": "2021-03-05", "返回时间": "2021-12-31", "人次": 1, "身份证号": ID_NUMBERS[0], "联系电话": int(PHONES[0]),
    }  # fmt: skip


def wrong_rows() -> list[Row]:
    return [
        {**training(f"研修班 {PHONES[1]}", PARTNERS["yi"])},
        {**training("研修班二", PARTNERS["yi"], 培训人次="若干")},
        {**training("研修班三", PARTNERS["yi"], 地点=f"联系人{ID_NUMBERS[1].translate(WIDE)}", 备注=int(PHONES[1]))},
    ]


def corrections(office: SeasonOffice, forms: dict[str, dict[str, bytes]]) -> None:
    """What is open is reminded of; a ledger is waived, a question answered, marked workbooks come back, one is replayed."""
    assert office.remind("01-13") == sorted(map(clerk, ["bing", "ding", "ji", "geng", "xin"]))
    office.play(
        "waive", "01-13 10:00", **WHO, expires_on="2022-12-31", partner_code="ding", contract=LEDGER, period="2021"
    )
    ((question, kind),) = office.ask("SELECT id, kind FROM question WHERE decision_id IS NULL")
    assert kind == "plausibility"
    office.play("answer-question", "01-13 10:30", **WHO, question_id=question, choice="explained")
    names = ["研修班一", "研修班二", "研修班三"]
    marked = {message["In-Reply-To"]: message for message in office.sent.messages if list(message.iter_attachments())}
    repaired = correct(
        attachment(marked["<01111200@yi.example>"]),
        {"培训项目名称": names, "培训人次": [40, 50, 60], "地点": ["天津"] * 3, "备注": [None] * 3},
    )
    in_year = {"开始时间": ["2021-03-05"], "结束时间": ["2021-03-09"]}
    mailed = [
        answer(office, "yi", "01-13 12:00", repaired),
        answer(office, "ji", "01-13 13:00", correct(attachment(marked["<01111500@ji.example>"]), in_year)),
        answer(office, "geng", "01-13 14:00", fill(forms["geng"][LEDGER], [training("研修班", "庚职校")])),
    ]
    receipts = office.play("collect", "01-14 02:00")
    assert sorted(message["In-Reply-To"] for message in receipts) == sorted(mailed)
    states = office.states()
    assert (states["yi", LEDGER], states["ji", LEDGER]) == (("accepted", 3, 0), ("accepted", 1, 0))
    assert states["geng", LEDGER] == ("refused", 0, 1)
    office.write_partner("geng", ["庚职校"])
    (told,) = office.play("replay", "01-14 10:00", partner_code="geng")
    assert (told["To"], told["In-Reply-To"]) == (clerk("geng"), "<01131400@geng.example>")
    assert office.states()["geng", LEDGER] == ("accepted", 1, 0)
    assert office.play("replay", "01-14 11:00", partner_code="geng") == [], "a verdict that stands is not told again"


def reminders_over_the_festival(office: SeasonOffice) -> None:
    """Spring Festival is from 31 January to 6 February 2022; the heads would have been written to on the 3rd."""
    clerks, heads = [clerk("bing"), clerk("xin")], [head("bing"), head("xin")]
    days = ["01-18", "01-19", "01-21", "01-28", "01-29", "02-03", "02-04", "02-07", "02-08"]
    heard = {day: people for day in days if (people := office.remind(day))}
    assert heard == {"01-19": clerks, "01-21": clerks, "01-28": clerks, "02-07": clerks + heads}


def last_answers(office: SeasonOffice, forms: dict[str, dict[str, bytes]]) -> None:
    """One comes late, with a row that is then let pass; the other only after its head heard of it."""
    late = [training(f"研修班{number}", PARTNERS["bing"]) for number in "一二"]
    odd = training("研修班三", PARTNERS["bing"], 结束时间="2021-03-01")
    answer(office, "bing", "02-08 10:00", fill(forms["bing"][LEDGER], [*late, odd]))
    answer(
        office,
        "xin",
        "02-08 11:00",
        fill(forms["xin"][LEDGER], [training("研修班", PARTNERS["xin"])]),
        sender=head("xin"),
    )
    office.play("collect", "02-09 02:00")
    assert office.states()["bing", LEDGER] == ("accepted_with_findings", 2, 1)
    rule = {"rule_id": f"{LEDGER}.ends_after_start", "tolerated_count": 1}
    (told,) = office.play("waive", "02-09 10:00", **WHO, **rule, expires_on="2022-12-31", partner_code="bing")
    assert (told["To"], told["In-Reply-To"]) == (clerk("bing"), "<02081000@bing.example>")
    assert office.states()["bing", LEDGER] == ("accepted_with_findings", 3, 0)
    assert office.remind("02-14") == []


def everything_is_accepted(office: SeasonOffice) -> None:
    engine = open_engine(f"sqlite:///{office.home / 'warehouse.db'}")
    with engine.connect() as connection:
        owed = read_owed(connection, date(2022, 2, 14), datetime(2022, 2, 14, 2, tzinfo=UTC))
    engine.dispose()
    assert {(one.partner_code, one.contract): one.state.value for one in owed} == {
        ("jia", LEDGER): "accepted_with_findings", ("jia", "dispatched_person"): "accepted",
        ("yi", LEDGER): "accepted", ("bing", LEDGER): "late", ("ding", LEDGER): "waived", ("wu", LEDGER): "accepted",
        ("ji", LEDGER): "accepted", ("geng", LEDGER): "accepted", ("xin", LEDGER): "late",
    }  # fmt: skip


def the_log_is_what_was_sent(office: SeasonOffice) -> None:
    """The mails the server got and the warehouse's log of them, one to one and in order."""
    log = [
        (outcome, reason, ", ".join(json.loads(str(to))), json.loads(str(names)))
        for outcome, reason, to, names in office.ask(
            "SELECT outcome, reason, recipients, attachments FROM dispatch ORDER BY id"
        )
    ]
    assert log == [("sent", m["Message-ID"], m["To"], attached_names(m)) for m in office.sent.messages]
    assert len({reason for _, reason, _, _ in log}) == len(log)
    assert {m["From"] for m in office.sent.messages} == {OFFICE}


def attached_names(message: EmailMessage) -> list[str | None]:
    return [part.get_filename() for part in message.iter_attachments()]


def marked_workbooks_go_to_their_senders(office: SeasonOffice) -> None:
    marked = [m for m in office.sent.messages if any("问题批注" in str(name) for name in attached_names(m))]
    assert marked
    for message in marked:
        domain = message["In-Reply-To"].partition("@")[2].strip(">")
        assert {address.partition("@")[2] for address in message["To"].split(", ")} == {domain}


def nobody_sees_a_number(office: SeasonOffice) -> None:
    """The partners' own files (the landing, and what they wrote in a marked workbook) are the only ones that hold them."""
    landed = [path.read_bytes() for path in (office.home / "landing").rglob("*") if path.is_file()]
    assert {number for content in landed for _, number in found_in_bytes("", content, PLANTED)} == set(PLANTED)
    found = {place for message in office.sent.messages for place in found_in_mail(message, PLANTED, landed)}
    searched = 0
    for path in office.home.rglob("*"):
        if not path.is_file() or "landing" in path.relative_to(office.home).parts[:1]:
            continue
        searched += 1
        place = str(path.relative_to(office.home))
        found |= set(found_in_output(place, place, path.read_bytes(), PLANTED, landed))
        if path.suffix == ".db":
            found |= set(found_in_database(path, PLANTED))
    assert searched > 10
    assert found == set()
