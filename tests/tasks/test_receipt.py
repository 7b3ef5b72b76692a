"""A receipt says what was recognised, what counts and what comes next, and nothing of what stands in the cells."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from schemas.values import Delivery, Finding, Place, Severity, SubmissionState, Turn
from sources.partner import Contact, Obligation, Partner, PartnerKind
from tasks.feedback.receipt import ReceivedLedger, compose_receipt
from tasks.intake.load import SaidBefore
from tasks.mail import Mail, Thread, build_message

PARTNER = Partner(
    code="hetian", name="和田职业技术学院", kind=PartnerKind.SUPPORTED_SCHOOL,
    contacts=(Contact(role="教务处", email="jwc@example.org"), Contact(role="办公室", email="office@example.org")),
)  # fmt: skip
RECEIVED_AT = datetime(2021, 9, 1, 18, 5, tzinfo=UTC).astimezone(ZoneInfo("Asia/Shanghai"))


def finding(rule: str, message: str, severity: Severity = Severity.CRITICAL, row: int = 4) -> Finding:
    place = Place("台账", row, 2, "人次")
    return Finding(rule, severity, Turn.SUBMITTER, message, "王某某 若干", "一个数字", "请填写数字", place)


def ledger(
    state: SubmissionState, read: int = 30, held: int = 0, due_on: date | None = None, *, is_unchanged: bool = False
) -> ReceivedLedger:
    return ReceivedLedger("师资培训台账", "2021", state, read, held, is_unchanged, due_on)


@pytest.fixture
def compose(make_delivery: Callable[..., Delivery]) -> Callable[..., Mail]:
    """Composes the receipt of 台账.xlsx from 和田."""

    def make(*ledgers: ReceivedLedger, state: SubmissionState = SubmissionState.RECEIVED, **told: object) -> Mail:
        usual = {"partner": PARTNER, "delivery": make_delivery(), "findings": (), "received_at": RECEIVED_AT}
        mail = compose_receipt(**{**usual, "state": state, "ledgers": ledgers, **told})  # type: ignore[arg-type]
        assert mail is not None
        return mail

    return make


def test_a_receipt_reads_from_greeting_to_next_step(
    compose: Callable[..., Mail], make_delivery: Callable[..., Delivery], tmp_path: Path
) -> None:
    findings = [
        finding("a", "“人次”不是数字", row=4),
        finding("a", "“人次”不是数字", row=5),
        finding("b", "“地点”文字过长", Severity.WARNING),
    ]
    marked = tmp_path / "台账-问题批注.xlsx"
    marked.write_bytes(b"PK")
    received = ledger(SubmissionState.ACCEPTED_WITH_FINDINGS, held=2, due_on=date(2022, 1, 20))
    mail = compose(received, findings=findings, marked=marked)
    assert mail.to == ("jwc@example.org", "office@example.org")
    assert mail.subject == "【回执】台账.xlsx：已接收，有问题待处理"
    assert mail.attachments == (marked,)
    assert mail.text == (
        "和田职业技术学院：\n\n"
        "您单位报送的文件“台账.xlsx”已于 2021年9月2日 02:05 收到，自动检查的结果如下。\n\n"
        "一、识别情况\n"
        "1. 台账：师资培训台账；年度：2021 年度；读到：30 行；计入统计：28 行；有严重问题：2 行；"
        "结论：已接收，有问题待处理；报送期限：2022年1月20日\n\n"
        "二、发现的问题\n"
        "共发现 3 处问题：必须改正 2 处，请核对 1 处；其中 2 行改正之前不计入统计。\n"
        "2 处：“人次”不是数字。请填写数字。\n"
        "1 处：“地点”文字过长。请填写数字。\n\n"
        "三、下一步\n"
        "有严重问题的 2 行改正之前不计入统计；请改正后重新报送整份文件，其他行已经计入。\n"
        "报送期限：2022年1月20日。\n"
        "附件是标注后的工作簿：第一张表“问题清单”逐条说明位置和改法。请在原文件中改正。\n\n"
        f"双高办（系统自动发送）\n文件校验码：{make_delivery().sha256[:16]}\n"
    )


@pytest.mark.parametrize(
    ("ledgers", "state", "findings", "subject", "step"),
    [
        ([ledger(SubmissionState.ACCEPTED)], SubmissionState.RECEIVED, [], "已接收，没有发现问题", "不需要再做什么。"),
        ([ledger(SubmissionState.ACCEPTED, is_unchanged=True)], SubmissionState.RECEIVED, [], "与已接收的内容相同", "不需要再做什么。"),
        ([ledger(SubmissionState.REFUSED, is_unchanged=True)], SubmissionState.RECEIVED, [], "整份退回，没有入库",
         "请改正后重新报送整份文件；在此之前，以前已接收的数据继续有效。"),
        ([ledger(SubmissionState.RECEIVED, is_unchanged=True)], SubmissionState.RECEIVED, [], "已收到，等双高办确认后采用",
         "双高办确认以前，以前已接收的数据继续有效；如果文件不完整或不是最新的，请重新报送。"),
        (
            [ledger(SubmissionState.ACCEPTED_WITH_FINDINGS)], SubmissionState.RECEIVED, [finding("b", "b", Severity.WARNING)],
            "已接收，有问题待处理", "全部数据已计入统计。请核对上述问题，有误的改正后重新报送整份文件。",
        ),
        (
            [ledger(SubmissionState.ACCEPTED), ledger(SubmissionState.REFUSED, held=30)], SubmissionState.RECEIVED,
            [finding("a", "a")], "整份退回，没有入库", "请改正后重新报送整份文件；在此之前，以前已接收的数据继续有效。",
        ),
        (
            [], SubmissionState.UNREADABLE, [finding("file.encrypted", "文件设有打开密码")], "无法读取，没有入库",
            "请改正后重新报送整份文件；在此之前，以前已接收的数据继续有效。",
        ),
    ],
    ids=["accepted", "unchanged", "refused still", "waiting still", "warning", "one refused", "unreadable"],
)  # fmt: skip
def test_subject_and_next_step_follow_the_verdict(
    compose: Callable[..., Mail],
    ledgers: list[ReceivedLedger],
    state: SubmissionState,
    findings: list[Finding],
    subject: str,
    step: str,
) -> None:
    mail = compose(*ledgers, state=state, findings=findings)
    assert mail.subject == f"【回执】台账.xlsx：{subject}"
    assert step in mail.text.split("下一步\n")[1]


def test_a_refused_ledger_counts_for_nothing(compose: Callable[..., Mail]) -> None:
    mail = compose(ledger(SubmissionState.REFUSED, read=30, held=20))
    assert "读到：30 行；计入统计：0 行；有严重问题：20 行；结论：整份退回，没有入库" in mail.text


@pytest.mark.parametrize("state", SubmissionState)
def test_every_state_has_its_words(compose: Callable[..., Mail], state: SubmissionState) -> None:
    assert compose(ledger(state)).subject == compose(state=state).subject


def test_what_stands_in_a_cell_stays_out_of_the_mail(compose: Callable[..., Mail]) -> None:
    mail = compose(ledger(SubmissionState.REFUSED), findings=[finding("a", "“人次”不是数字")])
    assert "王某某" not in mail.text + str(mail.html) + mail.subject


class _Texts(HTMLParser):
    """Collects the texts of a page and checks that every element is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in {"meta", "br"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_the_html_says_the_same_and_is_safe(
    compose: Callable[..., Mail], make_delivery: Callable[..., Delivery]
) -> None:
    mail = compose(ledger(SubmissionState.ACCEPTED), delivery=make_delivery(file_name="<script>&.xlsx"))
    page = _Texts()
    page.feed(str(mail.html))
    assert page.open == []
    assert "<script>" not in str(mail.html)
    assert "您单位报送的文件“<script>&.xlsx”已于 2021年9月2日 02:05 收到，自动检查的结果如下。" in page.texts
    assert [text for text in page.texts if text.startswith(("一、", "二、"))] == ["一、识别情况", "二、下一步"]
    assert {"师资培训台账", "2021 年度", "30 行"} <= set(page.texts)


def test_the_sender_hears_too_and_each_address_once(
    compose: Callable[..., Mail], make_delivery: Callable[..., Delivery]
) -> None:
    mail = compose(delivery=make_delivery(sender="office@example.org"))
    assert mail.to == ("office@example.org", "jwc@example.org")


def test_nobody_to_write_to_is_no_mail(make_delivery: Callable[..., Delivery]) -> None:
    silent = PARTNER.model_copy(update={"contacts": ()})
    assert compose_receipt(silent, make_delivery(), SubmissionState.UNREADABLE, (), (), RECEIVED_AT) is None


def test_a_line_break_in_a_file_name_does_not_break_the_mail(
    compose: Callable[..., Mail], make_delivery: Callable[..., Delivery]
) -> None:
    mail = compose(delivery=make_delivery(file_name="台账\r\nBcc: x@example.org.xlsx"))
    message = build_message(mail, "office@example.org", RECEIVED_AT)
    assert message["Bcc"] is None
    assert mail.subject == "【回执】台账 Bcc: x@example.org.xlsx：已收到，等双高办确认后采用"


def test_a_marked_workbook_too_large_for_mail_is_named_instead(compose: Callable[..., Mail], tmp_path: Path) -> None:
    marked = tmp_path / "台账-问题批注.xlsx"
    marked.write_bytes(bytes(11))
    mail = compose(ledger(SubmissionState.REFUSED), marked=marked, max_attachment_bytes=10)
    assert mail.attachments == ()
    assert "标注后的工作簿“台账-问题批注.xlsx”太大，没有随信附上；请向双高办索取。" in mail.text


@pytest.mark.parametrize(
    ("due_on", "said"),
    [
        (date(2021, 9, 2), "报送期限：2021年9月2日。"),
        (date(2021, 9, 1), "报送期限：2021年9月1日（已过，请尽快报送）。"),
        (None, None),
    ],
    ids=["today", "over", "nothing owed"],
)
def test_who_has_to_send_again_is_told_by_when(
    due_on: date | None, said: str | None, compose: Callable[..., Mail]
) -> None:
    mail = compose(ledger(SubmissionState.REFUSED, due_on=due_on))
    step = mail.text.split("下一步\n")[1].split("\n\n")[0].split("\n")
    assert step[1:] == ([said] if said else [])
    assert "报送期限" not in compose(ledger(SubmissionState.ACCEPTED, due_on=due_on)).text.split("下一步\n")[1]


def test_a_file_nobody_could_read_is_told_the_next_deadline(compose: Callable[..., Mail]) -> None:
    owes = (Obligation(contract="award", periods=(2020, 2021, 2022), due="01-20"),)
    mail = compose(partner=PARTNER.model_copy(update={"owes": owes}), state=SubmissionState.UNREADABLE)
    assert "报送期限：2022年1月20日。" in mail.text


def test_other_files_of_the_mail_are_one_line(compose: Callable[..., Mail]) -> None:
    names = [f"佐证{number}.pdf" for number in range(1, 8)]
    mail = compose(ledger(SubmissionState.ACCEPTED), beside=names)
    line = "同一封邮件里还有 7 个附件不是表格文件，没有处理：佐证1.pdf、佐证2.pdf、佐证3.pdf、佐证4.pdf、佐证5.pdf 等。"
    assert line in mail.text


def test_a_mail_is_answered_in_its_thread(compose: Callable[..., Mail], make_delivery: Callable[..., Delivery]) -> None:
    sent = make_delivery(sender="x@example.org", message_id="<1@example.org>", subject="报送台账 13812345678")
    mail = compose(ledger(SubmissionState.ACCEPTED), delivery=sent)
    assert mail.answers == Thread("<1@example.org>", "报送台账 ［号码已隐去］")
    assert mail.to == ("x@example.org", "jwc@example.org", "office@example.org")
    assert compose().answers is None


def test_numbers_of_persons_in_a_file_name_stay_out_of_the_mail(
    compose: Callable[..., Mail], make_delivery: Callable[..., Delivery]
) -> None:
    mail = compose(delivery=make_delivery(file_name="台账13812345678.xlsx"), beside=["证110101199001010000.pdf"])
    assert not {"13812345678", "110101199001010000"} & set(re.findall(r"[0-9]{11,18}", mail.text + mail.subject))


def test_open_questions_are_one_line_each(compose: Callable[..., Mail], tmp_path: Path) -> None:
    marked = tmp_path / "台账-问题批注.xlsx"
    marked.write_bytes(b"PK")
    asked = [(7, "人次是上一年度的 10 倍。请说明"), (12, "联系人 13800000000 的合计减少。请说明")]
    text = compose(ledger(SubmissionState.ACCEPTED_WITH_FINDINGS), marked=marked, questions=asked).text
    part = text[text.index("请说明\n") :].split("\n\n")[0].splitlines()
    assert part[1] == "问题 7：人次是上一年度的 10 倍。请说明"
    assert part[2].startswith("问题 12：联系人 ")
    assert "13800000000" not in text
    assert part[3:] == ["请在附件“问题清单”末尾的“请说明”部分逐条填写，把该文件发回。"]
    assert "“请说明”部分" not in compose(ledger(SubmissionState.ACCEPTED)).text


def test_a_file_judged_again_is_told_its_old_and_its_new_verdict(compose: Callable[..., Mail]) -> None:
    before = SaidBefore(SubmissionState.REFUSED, 8)
    again = replace(ledger(SubmissionState.ACCEPTED), before=before)
    still = ledger(SubmissionState.REFUSED, held=30, is_unchanged=True)
    text = compose(again, still).text
    assert "重新检查，结论有变化。" in text
    assert "师资培训台账（2021 年度）原结论：退回，8 行有严重问题；现结论：已接收。" in text
    assert text.count("原结论") == 1
    assert "结论：整份退回，没有入库" in text
    assert "与已接收的内容相同" not in text
