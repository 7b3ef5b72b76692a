"""The code lists: whole, hanging together, and refused when damaged."""

from __future__ import annotations

from pathlib import Path

import pytest

from schemas.code_list import CodeListError, RegionLevel, read_regions, read_schools, region_path, regions, schools

REGIONS = "code,name,level,parent_code,in_force\n"


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("120113", ("天津市", "北辰区")),
        ("130533", ("河北省", "邢台市", "威县")),
        ("130638", ("河北省", "保定市", "雄县")),
        ("500153", ("重庆市", "荣昌区")),
        ("532525", ("云南省", "红河哈尼族彝族自治州", "石屏县")),
        ("6532", ("新疆维吾尔自治区", "和田地区")),
        ("12", ("天津市",)),
    ],
)
def test_a_region_lies_in_the_regions_above_it(code: str, names: tuple[str, ...]) -> None:
    assert tuple(region.name for region in region_path(code)) == names


def test_an_unlisted_region_is_named() -> None:
    with pytest.raises(KeyError, match="region '653200' is not in"):
        region_path("653200")


def test_the_length_of_a_region_code_is_its_level() -> None:
    lengths = {RegionLevel.PROVINCE: 2, RegionLevel.PREFECTURE: 4, RegionLevel.COUNTY: 6}
    assert [r.code for r in regions().values() if len(r.code) != lengths[r.level]] == []
    assert {r.level for r in regions().values() if r.parent_code is None} == {RegionLevel.PROVINCE}


def test_a_region_code_starts_with_that_of_the_region_it_lies_in() -> None:
    assert [r.code for r in regions().values() if not r.code.startswith(r.parent_code or "")] == []


def test_withdrawn_codes_are_known_and_marked() -> None:
    assert (regions()["120225"].name, regions()["120225"].is_in_force) == ("蓟县", False)
    assert (regions()["120119"].name, regions()["120119"].is_in_force) == ("蓟州区", True)


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("4112011032", "天津市职业大学"),
        ("4162013518", "武威职业技术大学"),
        ("4163012972", "青海农牧科技职业学院"),
        ("4115012675", "内蒙古化工职业学院"),
    ],
)
def test_schools_by_national_code(code: str, name: str) -> None:
    assert schools()[code].name == name


def test_every_school_lies_in_a_listed_province() -> None:
    assert {regions()[school.province_code].level for school in schools().values()} == {RegionLevel.PROVINCE}
    assert {len(code) for code in schools()} == {10}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", r":1: the first line must be code,name,level,parent_code,in_force"),
        ("code,name\n12,天津市\n", r":1: the first line must be"),
        (REGIONS + "12,天津市,province,,yes\n12,天津,province,,yes\n", r":3: code 12 is written twice"),
        (REGIONS + "12,天津市,province,yes\n", r":2: found \['12', '天津市', 'province', 'yes'\]; expected code,name"),
        (REGIONS + "12,,province,,yes\n", r":2: found"),
        (REGIONS + "12,天津市,state,,yes\n", r":2: found 'state', 'yes'; expected a level of province, prefecture"),
        (REGIONS + "12,天津市,province,,\n", r":2: found 'province', ''; expected .* in_force yes or no"),
        (REGIONS + "120113,北辰区,county,12,yes\n", r"the division that 120113 lie in is not listed"),
    ],
)
def test_a_damaged_list_of_regions_is_refused(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "regions.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(CodeListError, match=said):
        read_regions(path)


def test_a_damaged_list_of_schools_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "schools.csv"
    path.write_text("code,name,province_code\n4112011032,天津市职业大学\n", encoding="utf-8")
    with pytest.raises(CodeListError, match=r"schools\.csv:2: found"):
        read_schools(path)
