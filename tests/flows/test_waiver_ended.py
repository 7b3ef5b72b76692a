"""A waiver ends on which a whole ledger rests: it counts until a better file comes; the partner and the office are told once."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
import xlsxwriter

from tests.demonstration import ROOT
from tests.environment import office_environment

pytestmark = [pytest.mark.timeout(280), pytest.mark.usefixtures("shared_prefect"), pytest.mark.xdist_group("office")]
HEADERS = ["培训项目名称", "受训单位", "培训方式", "开始时间", "结束时间", "培训人次"]
RULE = "training_session.ends_after_start"


class Office:
    """An office with one partner's file, and a process that runs flows on it."""

    def __init__(self, home: Path) -> None:
        self.home = home
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.flows.season_player"], cwd=ROOT, env=office_environment(home), stdin=pipe,
            stdout=pipe, text=True,
        )  # fmt: skip

    def send(self, wrong: int, changed_at: int) -> None:
        """The partner's file, so many of its ten rows ending before they begin."""
        path = self.home / "inbox" / "hetian" / "培训.xlsx"
        path.parent.mkdir(parents=True, exist_ok=True)
        with xlsxwriter.Workbook(path) as book:
            sheet = book.add_worksheet("台账")
            sheet.write(0, 0, "2021年度师资培训台账")
            sheet.write_row(1, 0, HEADERS)
            for n in range(10):
                ended_on = "2021-03-01" if n < wrong else "2021-03-09"
                sheet.write_row(n + 2, 0, [f"研修班{n}", "和田职业技术学院", "线下", "2021-03-05", ended_on, 20 + n])
        os.utime(path, (changed_at, changed_at))

    def run(self, flow: str, **parameters: object) -> list[str]:
        """Run a flow; the texts of the mails it wrote."""
        before = set(self.home.glob("outbox/mail/**/*.eml"))
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps({"flow": flow, "parameters": parameters}) + "\n")
        self.process.stdin.flush()
        for line in self.process.stdout:
            if line.startswith(("done", "failed")):
                assert line == "done\n"
                break
        new = sorted(set(self.home.glob("outbox/mail/**/*.eml")) - before)
        letters = [message_from_bytes(path.read_bytes(), policy=default).get_body(("plain",)) for path in new]
        return [letter.get_content() for letter in letters if letter]

    def night(self, day: str) -> list[str]:
        return self.run("collect", partner_codes=["hetian"], at=f"{day}T18:00:00+00:00")

    def ask(self, statement: str) -> list[tuple[object, ...]]:
        with closing(sqlite3.connect(self.home / "warehouse.db")) as connection:
            return connection.execute(statement).fetchall()

    def rows_in_force(self) -> list[tuple[object, ...]]:
        return self.ask("SELECT rows_loaded FROM submission WHERE in_force_from IS NOT NULL AND in_force_to IS NULL")

    def questions(self) -> list[tuple[object, ...]]:
        return self.ask("SELECT kind, withdrawn_at IS NOT NULL FROM question WHERE kind = 'waiver_ended'")


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    office = Office(tmp_path)
    yield office
    office.process.communicate(timeout=60)


def test_a_ledger_that_rested_on_an_ended_waiver_counts_until_a_better_one_comes(office: Office) -> None:
    office.send(wrong=8, changed_at=1_630_000_000)
    assert "整份退回" in office.night("2021-09-01")[0]
    (accepted,) = office.run(
        "waive", by="甲老师", why="已核实", expires_on="2021-09-10", rule_id=RULE, at="2021-09-02T09:00:00+00:00"
    )
    assert "原结论：退回，8 行有严重问题；现结论：已接收（有问题行）。" in accepted
    assert (office.rows_in_force(), office.questions()) == ([(10,)], [])
    (ended,) = office.night("2021-09-11")
    assert "原结论：已接收（有问题行）；现结论：退回，8 行有严重问题。" in ended
    assert "请改正后重新报送整份文件；在此之前，以前已接收的数据继续有效。" in ended
    assert (office.rows_in_force(), office.questions()) == ([(10,)], [("waiver_ended", 0)])
    recorded = office.ask("SELECT count(*) FROM submission")
    assert office.night("2021-09-12") == []
    assert (office.ask("SELECT count(*) FROM submission"), len(office.questions())) == (recorded, 1)
    office.send(wrong=0, changed_at=1_631_500_000)
    (mended,) = office.night("2021-09-13")
    assert "已接收，没有发现问题" in mended
    assert (office.rows_in_force(), office.questions()) == ([(10,)], [("waiver_ended", 1)])
