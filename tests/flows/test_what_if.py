"""What if, as an operator asks it: from the shell and from the form, with the same answer and nothing written."""

from __future__ import annotations

import hashlib
import json
import sys
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from flows.commands.indicators import command as indicators
from tests.demonstration import COMMAND, run_command
from tests.warehouse.marts.ledgers import load
from warehouse.engine import open_engine

pytestmark = [pytest.mark.timeout(280), pytest.mark.usefixtures("shared_prefect"), pytest.mark.xdist_group("office")]
BY_FORM = "from flows.what_if import what_if; print('\\n'.join(what_if(2021, ['1.1.7.1=1000'], scheme='provincial_midterm_2022')))"


@pytest.fixture
def home(tmp_path: Path, new_sqlite_warehouse: str) -> Path:
    """An office whose warehouse holds one line of the plan and the ledger that measures it."""
    engine = open_engine(new_sqlite_warehouse)
    load(engine, "indicator_target", "2019", [{
        "scope_code": "学校", "level1_name": "产出指标", "level2_name": "数量指标", "project_name": "提升服务发展水平",
        "indicator_name": "累计培训人次", "indicator_code": "1.1.7.1", "unit_name": "人次", "time_basis_text": "累计",
        "target_2021": "≥1000人次",
    }])  # fmt: skip
    load(engine, "training_session", "2021", [{
        "session_name": "班", "trainee_institution_code": "hetian", "started_on": date(2021, 3, 1), "trainee_person_times": 860,
    }])  # fmt: skip
    engine.dispose()
    return tmp_path


def test_shell_and_form_say_the_same_and_write_nothing(home: Path) -> None:
    before = hashlib.sha256((home / "warehouse.db").read_bytes()).hexdigest()
    asked = [str(COMMAND), "what-if", "2021", "1.1.7.1=1000", "--scheme", "provincial_midterm_2022"]
    said = run_command(asked, home)
    assert said.splitlines() == [
        "试算：2021年度，数据截至2021年12月31日（只是试算，没有写入任何数据）",
        "  学校“累计培训人次（人次）”：目标 ≥1000人次；完成值 860 → 1,000；完成率 86% → 100%；未达成 → 达成",
        "指标完成：应考核 1 项，达成 0 → 1 项（0% → 100%），平均完成率 86% → 100%",
        "任务完成：—，由任务进度决定，不随指标试算变动",
        "评价得分（省级中期评价（2022年，某省），第1版）：",
        "  学校·数量（20分）：17.2 → 20",
        "  总分 — → —；等级 — → —",
        *(f"  不计总分：{reason}" for reason in (
            "方案没有公布各层面的权重，不计总分", "学校·质量：本年度没有到期的指标", "学校·时效：本年度没有到期的指标",
            "学校·社会效益：本年度没有到期的指标", "学校·可持续影响：本年度没有到期的指标",
        )),
        "  另有 3 条原因，见年度报告",
    ]  # fmt: skip
    assert run_command([sys.executable, "-c", BY_FORM], home) == said
    record = json.loads(run_command([*asked, "--no-cap", "--json"], home))
    assert record["moved_parts"] == [{"part": "学校·数量", "points": "20", "before": "17.20", "after": "20.00"}]
    assert hashlib.sha256((home / "warehouse.db").read_bytes()).hexdigest() == before


def test_what_cannot_be_understood_ends_with_2_and_one_sentence(home: Path) -> None:
    assert run_command([str(COMMAND), "what-if", "2021", "没有的指标=1"], home, 2) == ""


def test_the_figures_of_one_indicator_are_told_with_their_rows(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOUBLEHIGH_HOME", str(home))
    said = CliRunner().invoke(indicators, ["trained_by_mode", "--year", "2021"], catch_exceptions=False).output
    assert (
        said == "各方式培训人次（累计）·未注明：860人次（2019年1月1日至2021年12月31日；1 行；2021/trained_by_mode/-）\n"
    )
    empty = CliRunner().invoke(indicators, ["fund_spent_by_source", "--year", "2021"], catch_exceptions=False).output
    assert empty == "各来源当年支出金额：未测算（2021年1月1日至12月31日；0 行；2021/fund_spent_by_source）\n"
    assert CliRunner().invoke(indicators, ["--year", "2021"]).exit_code == 2
