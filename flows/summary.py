"""What a night came to: the numbers kept in the warehouse, and the plain words shown to the operator."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

from schemas.values import Finding, Severity, SubmissionState, Verdict

ACCEPTED = frozenset({SubmissionState.ACCEPTED, SubmissionState.ACCEPTED_WITH_FINDINGS})


@dataclass(frozen=True, slots=True)
class Answer:
    """One submission, or one file nothing was found in, as the night answered it. Names are those of files and partners only."""

    partner_name: str
    file_name: str
    contract_title: str
    period: str
    state: SubmissionState
    is_unchanged: bool
    rows_loaded: int
    rows_held: int
    critical_count: int
    warning_count: int
    first_message: str
    marked_path: str | None = None


@dataclass(slots=True)
class NightSummary:
    """A night in numbers. `held_because` counts held rows by what is wrong; `seconds` is wall time by stage."""

    night_id: int
    started_at: str
    partner_count: int = 0
    delivery_count: int = 0
    unchanged_count: int = 0
    not_fetched: list[str] = field(default_factory=list)
    unreachable: list[str] = field(default_factory=list)
    open_questions: list[str] = field(default_factory=list)
    report_changes: list[str] = field(default_factory=list)
    unsent: list[str] = field(default_factory=list)
    broken_off: list[str] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    held_because: dict[str, int] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def new_answers(self) -> list[Answer]:
        """The answers that changed something or say something new."""
        return [answer for answer in self.answers if not answer.is_unchanged]

    def count(self, *states: SubmissionState) -> int:
        """How many new answers are in one of these states."""
        return sum(answer.state in states for answer in self.new_answers)

    @property
    def rows_loaded(self) -> int:
        """Rows loaded this night."""
        return sum(answer.rows_loaded for answer in self.new_answers)

    @property
    def rows_held(self) -> int:
        """Rows held back this night."""
        return sum(answer.rows_held for answer in self.new_answers)

    def as_record(self) -> dict[str, object]:
        """What the warehouse keeps of the night."""
        return asdict(self)


def count_held(verdicts: Sequence[Verdict]) -> Mapping[str, int]:
    """Critical findings by what is wrong, the most frequent first."""
    counts = Counter(f.message for verdict in verdicts for f in verdict.findings if f.severity is Severity.CRITICAL)
    return dict(counts.most_common())


def first_message(findings: Sequence[Finding]) -> str:
    """What to say of a file in one line: its gravest finding."""
    order = (Severity.CRITICAL, Severity.WARNING, Severity.INFO)
    return next((f.message for severity in order for f in findings if f.severity is severity), "")


def headline(summary: NightSummary) -> str:
    """The night in one Chinese sentence."""
    accepted, refused = summary.count(*ACCEPTED), summary.count(SubmissionState.REFUSED)
    unread = summary.count(SubmissionState.UNREADABLE, SubmissionState.UNRECOGNISED)
    return (
        f"查看 {summary.partner_count} 个单位，新收文件 {summary.delivery_count} 个（另有 {summary.unchanged_count} 个未变）；"
        f"接收台账 {accepted} 份、退回 {refused} 份、无法打开或识别 {unread} 个文件；"
        f"入库 {summary.rows_loaded:,} 行，留置 {summary.rows_held:,} 行"
    )


def short_headline(summary: NightSummary) -> str:
    """The night in a few Chinese words, for the list of runs: only what is not zero, but always what was accepted."""
    counts = (
        (summary.count(SubmissionState.REFUSED), "退回", "份"),
        (summary.count(SubmissionState.UNREADABLE, SubmissionState.UNRECOGNISED), "无法打开或识别", "个文件"),
        (summary.rows_held, "留置", "行"),
        (len(summary.unreachable), "未能连接", "个单位"),
    )
    told = [f"{verb} {count:,} {unit}" for count, verb, unit in counts if count]
    return "，".join([f"接收 {summary.count(*ACCEPTED)} 份", *told])
