"""Scoring schemes: what is not published stays null and is said so; what contradicts itself is refused."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from schemas.errors import MisconfiguredError
from schemas.scoring import find_scheme, load_schemes, shipped_schemes
from schemas.yaml_file import YamlFileError

SCHEME = """
scheme: a
version: 1
title: 方案
source: 文件
earning: proportional
weights: {school: {学校: 0.5, 专业群一: 0.5}}
parts:
  - name: 产出
    points: 50
    parts:
      - {name: 数量, points: 20, basis: indicators, level1: 产出指标}
      - {name: 质量, points: 30, basis: indicators, level1: 产出指标}
grades: [{name: 优, at_least: 90}, {name: 差, at_least: 0}]
"""


def test_the_shipped_schemes_leave_unpublished_points_null() -> None:
    points = {
        name: {leaf.name: leaf.points for part in scheme.parts for leaf in part.leaves}
        for name, scheme in shipped_schemes().items()
    }
    assert points == {
        "national_final_2024": {
            "数量": Decimal(15), "质量": None, "时效": None, "成本": None, "效益": None, "满意度": None, "管理与执行": None,
        },
        "provincial_midterm_2022": {
            "数量": Decimal(20), "质量": Decimal(20), "时效": Decimal(10), "社会效益": Decimal(15), "可持续影响": Decimal(15),
            "满意度": Decimal(10), "资金管理": Decimal(5), "项目管理": Decimal(5),
        },
    }  # fmt: skip
    assert [find_scheme(name).completion_cap for name in points] == [None, Decimal(1)]


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (("points: 50", "points: 60"), "has 60 points, its parts together 50"),
        (("专业群一: 0.5", "专业群一: 0.25"), "weights of school add up to 0.75"),
        (("at_least: 0}", "at_least: 95}"), "grades must stand from the highest down"),
        (("earning: proportional", "earning: null"), "`unknown` must say"),
        ((", level1: 产出指标}", "}"), "names no level1"),
        (("scheme: a", "scheme: b"), "name it b.yaml"),
    ],
)
def test_a_scheme_that_contradicts_itself_is_refused(tmp_path: Path, change: tuple[str, str], complaint: str) -> None:
    (tmp_path / "a.yaml").write_text(SCHEME, encoding="utf-8")
    assert list(load_schemes(tmp_path)) == ["a"]
    (tmp_path / "a.yaml").write_text(SCHEME.replace(*change), encoding="utf-8")
    with pytest.raises(YamlFileError, match=complaint):
        load_schemes(tmp_path)


def test_an_unknown_scheme_names_the_known_ones() -> None:
    with pytest.raises(MisconfiguredError, match="known are national_final_2024, provincial_midterm_2022"):
        find_scheme("final")
