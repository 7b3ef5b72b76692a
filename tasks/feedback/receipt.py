"""Feedback: the receipt of a file: what was recognised, how many rows count, what is wrong and what comes next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

from schemas.chinese import STATE_NAMES, chinese_day, chinese_moment
from schemas.personal import mask_personal_numbers
from schemas.values import Delivery, Finding, Severity, SubmissionState
from sources.partner import Partner
from tasks.feedback.letter import Letter, Part
from tasks.feedback.problem_list import gravest, summarise
from tasks.feedback.question_list import AskedQuestion
from tasks.intake.load import SaidBefore
from tasks.mail import Mail, Thread
from warehouse.marts.impact import RowChanges

MAX_ATTACHMENT_BYTES = 20 * 1024 * 1024
_NAMED = 5
_LEFT_TOLD = 20
_NOTHING_TO_DO = "不需要再做什么。"
_VERDICTS: Mapping[SubmissionState, str] = {
    SubmissionState.RECEIVED: "已收到，等双高办确认后采用",
    SubmissionState.UNREADABLE: "无法读取，没有入库",
    SubmissionState.UNRECOGNISED: "没有识别出台账，没有入库",
    SubmissionState.REFUSED: "整份退回，没有入库",
    SubmissionState.ACCEPTED_WITH_FINDINGS: "已接收，有问题待处理",
    SubmissionState.ACCEPTED: "已接收，没有发现问题",
    SubmissionState.SUPERSEDED: "已被更新的一份代替",
    SubmissionState.REVERTED: "已接收，恢复为以前报送的内容",
}
_NOT_TAKEN = frozenset({SubmissionState.UNREADABLE, SubmissionState.UNRECOGNISED, SubmissionState.REFUSED})
_NOT_COUNTED = _NOT_TAKEN | {SubmissionState.RECEIVED, SubmissionState.SUPERSEDED}


@dataclass(frozen=True, slots=True)
class ReceivedLedger:
    """What became of one ledger of a file: rows read from it, rows with a critical finding, and the day it is due.

    `is_unchanged`: the same content was in force already. `changes`: how its rows differ from those it took the place of.
    `before`: it was read again, and what was said of it then no longer holds.
    """

    title: str
    period: str
    state: SubmissionState
    rows_read: int
    rows_held: int
    is_unchanged: bool = False
    due_on: date | None = None
    changes: RowChanges | None = None
    before: SaidBefore | None = None

    @property
    def is_in_force_already(self) -> bool:
        """Whether the same content counts already; bytes that were refused, or wait, and are sent again do so still."""
        return self.is_unchanged and self.state not in _NOT_TAKEN | {SubmissionState.RECEIVED}


def compose_receipt(
    partner: Partner,
    delivery: Delivery,
    state: SubmissionState,
    ledgers: Sequence[ReceivedLedger],
    findings: Sequence[Finding],
    received_at: datetime,
    marked: Path | None = None,
    beside: Sequence[str] = (),
    max_attachment_bytes: int = MAX_ATTACHMENT_BYTES,
    left: Sequence[tuple[str, str]] = (),
    questions: Sequence[AskedQuestion] = (),
) -> Mail | None:
    """The receipt of one file; for a file that came by mail it is the answer to that mail.

    Args:
        partner: who it came from.
        delivery: the file.
        state: of the file as a whole; matters where no ledger was recognised.
        ledgers: what was recognised in it.
        findings: everything found; only kinds and counts reach the mail, never what stands in a cell.
        received_at: in the time zone it is to be told in.
        marked: the marked workbook to attach.
        beside: names of files in the same mail that are no spreadsheets.
        max_attachment_bytes: a marked workbook larger than this is not attached.
        left: files left in the zip file or mail it came in, each with the reason (Chinese).
        questions: what the partner is asked to explain.

    Returns:
        The mail to the sender and the partner's contacts, or None when there is nobody to write to.
    """
    to = tuple(dict.fromkeys(filter(None, (delivery.sender, *(contact.email for contact in partner.contacts)))))
    if not to:
        return None
    file_name = mask_personal_numbers(" ".join(delivery.file_name.split()))
    is_attached = marked is not None and marked.stat().st_size <= max_attachment_bytes
    again = any(ledger.before for ledger in ledgers)
    checked = "现按目前的规则和已作的决定重新检查，结论有变化" if again else "自动检查的结果如下"
    opening = f"您单位报送的文件“{file_name}”已于 {chinese_moment(received_at)} 收到，{checked}。"
    step = _next_step(state, ledgers, findings, _deadline(partner, ledgers, received_at.date()))
    letter = Letter(
        greeting=partner.name,
        opening=opening,
        parts=(
            _recognised(state, ledgers, beside), *_left_in_archive(left), *_problems(findings),
            *_questions(questions, is_attached=is_attached),
            _with_marked(step, marked, is_attached),
        ),
        signature=("双高办（系统自动发送）", f"文件校验码：{delivery.sha256[:16]}"),
    )  # fmt: skip
    subject = f"【回执】{file_name}：{_conclusion(state, ledgers)}"
    attachments = (marked,) if marked and is_attached else ()
    return Mail(to, subject, letter.text, letter.html, attachments, _thread(delivery))


def _thread(delivery: Delivery) -> Thread | None:
    if delivery.message_id is None:
        return None
    return Thread(delivery.message_id, mask_personal_numbers(delivery.subject or delivery.file_name))


def _recognised(state: SubmissionState, ledgers: Sequence[ReceivedLedger], beside: Sequence[str]) -> Part:
    others = (f"同一封邮件里还有 {len(beside)} 个附件不是表格文件，没有处理：{_listed(beside)}。",) if beside else ()
    if not ledgers:
        return Part("识别情况", (f"{_VERDICTS[state]}。以前已接收的数据不受影响。", *others))
    rows = tuple(
        (ledger.title, f"{ledger.period} 年度", f"{ledger.rows_read} 行",
         f"{_counted(ledger)} 行", f"{ledger.rows_held} 行", _verdict(ledger),
         chinese_day(ledger.due_on) if ledger.due_on else "")
        for ledger in ledgers
    )  # fmt: skip
    lines = (*_judged_again(ledgers), *_compared(ledgers), *others)
    return Part("识别情况", lines, ("台账", "年度", "读到", "计入统计", "有严重问题", "结论", "报送期限"), rows)


def _compared(ledgers: Sequence[ReceivedLedger]) -> Iterator[str]:
    for ledger in ledgers:
        if ledger.changes:
            new, changed, gone = ledger.changes.new, ledger.changes.changed, ledger.changes.gone
            rows = f"新增 {new} 行、修改 {changed} 行、减少 {gone} 行"
            yield f"{ledger.title}（{ledger.period} 年度）计入统计的行与上次相比：{rows}。"


def _judged_again(ledgers: Sequence[ReceivedLedger]) -> Iterator[str]:
    for ledger in ledgers:
        if ledger.before:
            before = _told_of(ledger.before.state, ledger.before.rows_held)
            now = _told_of(ledger.state, ledger.rows_held)
            yield f"{ledger.title}（{ledger.period} 年度）原结论：{before}；现结论：{now}。"


def _told_of(state: SubmissionState, rows_held: int) -> str:
    return f"{STATE_NAMES[state]}，{rows_held} 行有严重问题" if rows_held else STATE_NAMES[state]


def _left_in_archive(left: Sequence[tuple[str, str]]) -> tuple[Part, ...]:
    if not left:
        return ()
    told = tuple(f"{mask_personal_numbers(' '.join(name.split()))}：{reason}。" for name, reason in left[:_LEFT_TOLD])
    more = (f"另有 {len(left) - _LEFT_TOLD} 个，情况类似。",) if len(left) > _LEFT_TOLD else ()
    return (Part("没有收下的文件", (*told, *more)),)


def _listed(names: Sequence[str]) -> str:
    told = "、".join(mask_personal_numbers(" ".join(name.split())) for name in names[:_NAMED])
    return told if len(names) <= _NAMED else f"{told} 等"


def _counted(ledger: ReceivedLedger) -> int:
    return 0 if ledger.state in _NOT_COUNTED else ledger.rows_read - ledger.rows_held


def _verdict(ledger: ReceivedLedger) -> str:
    return "与已接收的内容相同，没有重复入库" if ledger.is_in_force_already else _VERDICTS[ledger.state]


def _problems(findings: Sequence[Finding]) -> tuple[Part, ...]:
    if not findings:
        return ()
    kinds = tuple(f"{count} 处：{finding.message}。{finding.fix}。" for finding, count in gravest(findings, _NAMED))
    return (Part("发现的问题", (summarise(findings), *kinds)),)


def _questions(questions: Sequence[AskedQuestion], *, is_attached: bool) -> tuple[Part, ...]:
    if not questions:
        return ()
    told = tuple(f"问题 {number}：{mask_personal_numbers(text)}" for number, text in questions)
    where = "附件" if is_attached else "标注后的工作簿"
    how = f"请在{where}“问题清单”末尾的“请说明”部分逐条填写，把该文件发回。"
    return (Part("请说明", (*told, how)),)


def _next_step(
    state: SubmissionState, ledgers: Sequence[ReceivedLedger], findings: Sequence[Finding], deadline: str
) -> Part:
    step = _what_to_do(state, ledgers, findings)
    return Part("下一步", (step, deadline) if deadline and step != _NOTHING_TO_DO else (step,))


def _with_marked(step: Part, marked: Path | None, is_attached: bool) -> Part:
    if marked is None:
        return step
    if is_attached:
        told = "附件是标注后的工作簿：第一张表“问题清单”逐条说明位置和改法。请在原文件中改正。"
    else:
        told = f"标注后的工作簿“{mask_personal_numbers(marked.name)}”太大，没有随信附上；请向双高办索取。"
    return replace(step, lines=(*step.lines, told))


def _deadline(partner: Partner, ledgers: Sequence[ReceivedLedger], today: date) -> str:
    """The day to send again by: of the ledgers in the file, or, when none was recognised, the next one its partner is to keep."""
    due = [ledger.due_on for ledger in ledgers if ledger.due_on]
    if not ledgers:
        owed = (day for obligation in partner.owes for day in obligation.due_dates.values())
        due = [day for day in owed if day >= today]
    if not due:
        return ""
    first = min(due)
    return f"报送期限：{chinese_day(first)}{'' if first >= today else '（已过，请尽快报送）'}。"


def _what_to_do(state: SubmissionState, ledgers: Sequence[ReceivedLedger], findings: Iterable[Finding]) -> str:
    refused = [ledger for ledger in ledgers if ledger.state in _NOT_TAKEN]
    held = sum(ledger.rows_held for ledger in ledgers if ledger.state not in _NOT_TAKEN)
    if refused or (not ledgers and state in _NOT_TAKEN):
        return "请改正后重新报送整份文件；在此之前，以前已接收的数据继续有效。"
    if any(ledger.state is SubmissionState.RECEIVED for ledger in ledgers):
        return "双高办确认以前，以前已接收的数据继续有效；如果文件不完整或不是最新的，请重新报送。"
    if held:
        return f"有严重问题的 {held} 行改正之前不计入统计；请改正后重新报送整份文件，其他行已经计入。"
    if any(finding.severity is not Severity.INFO for finding in findings):
        return "全部数据已计入统计。请核对上述问题，有误的改正后重新报送整份文件。"
    return _NOTHING_TO_DO


def _conclusion(state: SubmissionState, ledgers: Sequence[ReceivedLedger]) -> str:
    if not ledgers:
        return _VERDICTS[state]
    if all(ledger.is_in_force_already for ledger in ledgers):
        return "与已接收的内容相同"
    gravity = list(_VERDICTS)
    return _VERDICTS[min((ledger.state for ledger in ledgers if not ledger.is_in_force_already), key=gravity.index)]
