"""The command line as a shell sees it: exit codes, one clear text for what a person can mend, and nothing imported for --help."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import xlsxwriter

COMMAND = Path(sys.executable).with_name("doublehigh")


def _run(home: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DOUBLEHIGH_")}
    return subprocess.run(
        [str(COMMAND), *arguments],
        cwd=home,
        env={**kept, "DOUBLEHIGH_HOME": str(home), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def _ledger(path: Path, times: object) -> Path:
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("台账")
        sheet.write(0, 0, "2021年度师资培训台账")
        sheet.write_row(1, 0, ["培训项目名称", "受训单位", "培训方式", "开始时间", "结束时间", "培训人次"])
        sheet.write_row(2, 0, ["研修班", "和田职业技术学院", "线下", "2021-03-05", "2021-03-09", times])
        sheet.write_row(3, 0, ["实训班", "武威职业学院", "线上", "2021-04-05", "2021-04-09", 30])
    return path


def test_a_clean_file_ends_with_0_and_writes_nothing(tmp_path: Path) -> None:
    done = _run(tmp_path, "check", str(_ledger(tmp_path / "台账.xlsx", 20)))
    assert (done.returncode, done.stderr) == (0, "")
    assert "没有发现问题，可以报送。" in done.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["台账.xlsx"]


@pytest.mark.parametrize(
    ("is_page", "said"), [(True, "工作表“（网页）”第 2 行表头"), (False, "工作表“（文本文件）”第 2 行表头")]
)
def test_a_table_without_a_sheet_is_named_after_its_file(is_page: bool, said: str, tmp_path: Path) -> None:
    rows = [
        ["培训项目名称", "受训单位", "培训方式", "开始时间", "结束时间", "培训人次"],
        ["研修班", "和田职业技术学院", "线下", "2021-03-05", "2021-03-09", "20"],
    ]
    page = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    text = f"<html><h3>2021年度师资培训台账</h3><table>{page}</table></html>"
    plain = "\n".join(["2021年度师资培训台账", *map(",".join, rows)])
    file = tmp_path / ("台账.xls" if is_page else "台账.csv")
    file.write_text(text if is_page else plain, encoding="utf-8")
    done = _run(tmp_path, "check", str(file), "--no-marks")
    assert done.returncode == 0
    assert said in done.stdout


def test_a_faulty_file_ends_with_1_and_leaves_a_marked_workbook(tmp_path: Path) -> None:
    done = _run(tmp_path, "check", str(_ledger(tmp_path / "台账.xlsx", "若干")), "--json")
    assert done.returncode == 1
    said = json.loads(done.stdout)
    assert [(f["rule"], f["sheet"], f["cell"], f["found"]) for f in said["findings"]] == [
        ("training_session.trainee_person_times.readable", "台账", "F3", "若干")
    ]
    assert Path(said["marked"]).exists()


@pytest.mark.parametrize(
    ("arguments", "environment", "code", "said"),
    [
        (["partners", "nobody"], {}, 2, "no partner 'nobody'; known: "),
        (["contracts", "nothing"], {}, 2, "no contract 'nothing'; known: activity, award"),
        (["bogus"], {}, 2, "No such command 'bogus'"),
        (["status"], {"DOUBLEHIGH_TIME_ZONE": "Peking"}, 2, "setting time_zone: found 'Peking'"),
        (["status"], {"DOUBLEHIGH_WAREHOUSE_URL": "mysql://x/y"}, 2, "warehouse URL starts with 'mysql'"),
        (["status"], {"DOUBLEHIGH_WAREHOUSE_URL": "postgresql://u:geheim@127.0.0.1:1/z"}, 3, "cannot be opened"),
        (["trace", "2021/nothing"], {}, 2, "no indicator 'nothing' in the catalogue"),
    ],
)
def test_what_a_person_can_mend_is_one_clear_text(
    arguments: list[str], environment: dict[str, str], code: int, said: str, tmp_path: Path
) -> None:
    done = _run(tmp_path, *arguments, **environment)
    assert done.returncode == code
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert "geheim" not in done.stderr


def test_help_imports_no_engine() -> None:
    program = (
        "import sys; from flows.command_line import doublehigh; doublehigh.main(['--help'], standalone_mode=False);"
        "print(sorted({'pandas', 'prefect', 'sqlalchemy', 'great_expectations', 'pydantic'} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"


def test_check_imports_neither_prefect_nor_great_expectations(tmp_path: Path) -> None:
    program = (
        "import sys; from flows.command_line import doublehigh;"
        f"doublehigh.main(['check', {str(_ledger(tmp_path / 'a.xlsx', 20))!r}], standalone_mode=False);"
        "print(sorted({'prefect', 'great_expectations', 'pandas', 'openpyxl'} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert done.stderr.strip() == "[]"
