"""Intake, after a waiver has ended: what still counts though today's rules would refuse it whole is put before the office."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from schemas.contract import Contract
from tasks.intake.asking import WAIVER_ENDED, Asked, shown_name
from warehouse.marts.held import Held
from warehouse.marts.questions import AnsweredQuestion, OpenQuestion
from warehouse.marts.waivers import Resting

_CHOICES = {
    "wait": "等报送单位改正后重报，现行版本在此之前继续计入",
    "waive": "理由仍然成立，将另行批准放行",
}


def not_asked(ended: Iterable[Resting], asked: Iterable[OpenQuestion | AnsweredQuestion]) -> list[Resting]:
    """Of what rests on an ended waiver, that which nobody has been asked about: it is judged again once, not every night."""
    known = {(one.asked if isinstance(one, AnsweredQuestion) else one).key for one in asked}
    return [one for one in ended if _key(one.submission_id) not in known]


def ended_questions(
    left: Sequence[Resting], files: Mapping[int, Held], contracts: Mapping[str, Contract]
) -> list[Asked]:
    """One question for each ledger that is in force still after it was judged again without its waiver.

    Args:
        left: what rests on nothing and is in force still.
        files: by sighting, the file each ledger came in.
        contracts: by name.
    """
    by_ledger: dict[int, list[Resting]] = defaultdict(list)
    for one in left:
        by_ledger[one.submission_id].append(one)
    return [
        _question(resting, files[resting[0].sighting_id], contracts[resting[0].contract])
        for resting in by_ledger.values()
    ]


def _question(resting: Sequence[Resting], file: Held, contract: Contract) -> Asked:
    first, rows = resting[0], max(one.rows for one in resting)
    rules = "、".join(f"{one.rule_id}（{one.rows} 行）" for one in resting)
    question = (
        f"{contract.title}（{first.period} 年度）《{shown_name(file.file_name)}》有 {rows} 行靠批准放行计入（{rules}），"
        f"放行已到期、收回或超出；按现在的规则这份文件须整份退回，或已无法重读。"
        f"报送单位改正的一份被接收以前，现行版本继续有效。是等报送单位重报，还是另行批准？"
    )
    return Asked(
        _key(first.submission_id), WAIVER_ENDED, question, _CHOICES, first.partner_code, first.contract, first.period,
        file.sha256, {"submission_id": first.submission_id, "rules": {one.rule_id: one.rows for one in resting}},
    )  # fmt: skip


def _key(submission_id: int) -> str:
    return f"{WAIVER_ENDED}:{submission_id}"
