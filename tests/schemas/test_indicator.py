"""The catalogue and its time windows: entries that do not fit their contract are refused, with file and entry."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date
from pathlib import Path

import pytest
import yaml

from schemas.indicator import INDICATORS, Condition, load_indicators, shipped_indicators
from schemas.indicator_texts import carried_text, indicator_page, meaning, meaning_en, time_text
from schemas.time_window import Basis, Time, Window
from schemas.units import split_unit
from schemas.yaml_file import YamlFileError
from tasks.report.measure_lines import normalise_name

ENTRY = """
  - key: trained
    title: 培训人次
    title_en: Trained
    definition: 培训人次
    definition_en: Person-times trained
    not_counted: 人日
    not_counted_en: person-days
    unit: 人次
    contract: training_session
    measure: {kind: sum, column: trainee_person_times}
    time: {basis: calendar_year, column: started_on}
    rounding: 0
"""


def write(folder: Path, text: str) -> Path:
    (folder / "a.yaml").write_text(f"indicators:{text}", encoding="utf-8")
    return folder


def test_the_shipped_catalogue_measures_every_contract_of_ledgers_and_no_key_twice() -> None:
    contracts = {indicator.contract for indicator in shipped_indicators().values()}
    assert contracts == {
        "support_project",
        "training_session",
        "dispatched_person",
        "programme_built",
        "training_room",
        "enrolment",
        "award",
        "activity",
        "technical_service",
        "platform_base",
        "fund",
        "satisfaction",
        "task_progress",
    }
    assert all(key == indicator.key for key, indicator in shipped_indicators().items())


def test_every_entry_says_in_both_languages_what_counts_and_what_does_not() -> None:
    chinese = re.compile(r"[\u4e00-\u9fff]")
    for key, each in shipped_indicators().items():
        assert all(map(chinese.search, (each.title, each.definition, each.not_counted, meaning(each)))), key
        english = (
            each.title_en,
            each.definition_en,
            each.not_counted_en,
            *(part[1] for part in (time_text(each.time), carried_text(each))),
        )
        assert all(text.strip() for text in english), key
        # Proper names may stand in brackets behind their English: aid cadre (援疆干部).
        assert all(len(chinese.findall(text)) <= 4 for text in english), key
        assert "；不计：" in meaning(each), key
        assert "; not counted: " in meaning_en(each), key
        assert each.unit, key


def test_every_field_stands_in_the_file_itself() -> None:
    """A default is no statement: whoever reads the YAML must see how a figure is rounded."""
    stated = {
        "title",
        "title_en",
        "definition",
        "definition_en",
        "not_counted",
        "not_counted_en",
        "unit",
        "contract",
        "measure",
        "time",
        "rounding",
    }
    for path in sorted(INDICATORS.glob("*.yaml")):
        for entry in yaml.safe_load(path.read_text(encoding="utf-8"))["indicators"]:
            assert stated <= set(entry), (path.name, entry["key"], stated - set(entry))


def test_titles_are_told_apart_in_both_languages() -> None:
    for titles in (
        [i.title for i in shipped_indicators().values()],
        [i.title_en for i in shipped_indicators().values()],
    ):
        assert [title for title, count in Counter(titles).items() if count > 1] == []


def test_a_name_in_the_plan_means_one_figure_once_unit_and_time_basis_are_known() -> None:
    """Two figures may share a name (人次 and 人日, 当年 and 累计), never a name, a unit and a basis."""
    found = Counter(
        (name, i.scope, split_unit(i.unit)[1], i.time.basis, i.time.years, i.time.half)
        for i in shipped_indicators().values()
        for name in map(normalise_name, dict.fromkeys(i.plan_names))
    )
    assert [key for key, count in found.items() if count > 1] == []


def test_what_blanks_and_approximate_cells_do_follows_from_the_measure() -> None:
    catalogue = shipped_indicators()
    assert carried_text(catalogue["trained_year"])[0] == "空白不当作0，只加填写了的行；约数照加，其中的约数另列"
    assert carried_text(catalogue["dispatched_person_times"])[0] == "“人次”不填的按1计；约数照加，其中的约数另列"
    assert (
        carried_text(catalogue["satisfaction_rate"])[0]
        == "所需各栏都填写的行才计入分子分母；任一数为约数，结果即为约数"
    )
    assert carried_text(catalogue["national_awards"])[1] == "rows are counted: never approximate"


def test_the_published_page_is_fresh() -> None:
    """Write it again with `doublehigh indicators --page > docs/indicators.md`."""
    published = (Path(__file__).parents[2] / "docs" / "indicators.md").read_text(encoding="utf-8")
    assert published == indicator_page(shipped_indicators())


def test_a_bare_list_is_a_list_of_allowed_values(tmp_path: Path) -> None:
    loaded = load_indicators(write(tmp_path, f"{ENTRY}    filter: {{training_mode_code: [线上]}}\n"))
    assert loaded["trained"].filter == {"training_mode_code": Condition(one_of=("线上",))}
    assert loaded["trained"].columns == ("trainee_person_times",)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (("contract: training_session", "contract: training"), "no contract 'training'"),
        (("column: trainee_person_times", "column: people"), "stores no column 'people'"),
        (("column: trainee_person_times", "column: session_name"), "session_name is not numeric"),
        (("column: started_on", "column: place_name"), "time column place_name is of type text"),
        (("key: trained", "key: trained\n    group_by: [lecturer_names]"), "lecturer_names is personal"),
        (("key: trained", "key: trained\n    group_by: [place_name]\n    plan_names: [培训]"), "drop plan_names"),
        (
            ("key: trained", "key: trained\n    group_by: [place_name]\n    by_province: true"),
            "by_province needs one institution",
        ),
        (("basis: calendar_year, column: started_on", "basis: half_year, half: 1"), "needs a date column"),
        (("basis: calendar_year", "basis: half_year"), "half goes with basis half_year"),
        (("    rounding: 0\n", ""), "Field required"),
        (("not_counted: 人日", "not_counted: ''"), "at least 2 characters"),
        (("unit: 人次", "unit: 人次\n    colour: red"), "Extra inputs are not permitted"),
    ],
)
def test_an_entry_that_does_not_fit_its_contract_is_refused(
    tmp_path: Path, change: tuple[str, str], complaint: str
) -> None:
    assert change[0] in ENTRY
    with pytest.raises(YamlFileError, match=complaint) as caught:
        load_indicators(write(tmp_path, ENTRY.replace(*change)))
    assert str(tmp_path / "a.yaml") in str(caught.value)


def test_a_key_stands_once(tmp_path: Path) -> None:
    with pytest.raises(YamlFileError, match="'trained' is already taken"):
        load_indicators(write(tmp_path, ENTRY + ENTRY))


@pytest.mark.parametrize(
    ("time", "as_of", "window"),
    [
        (Time(basis=Basis.CALENDAR_YEAR), date(2021, 9, 30), Window(date(2021, 1, 1), date(2021, 9, 30), True)),
        (
            Time(basis=Basis.CALENDAR_YEAR, years=2),
            date(2022, 3, 1),
            Window(date(2020, 1, 1), date(2021, 12, 31), True),
        ),
        (
            Time(basis=Basis.SCHOOL_YEAR, column="d"),
            date(2021, 12, 31),
            Window(date(2020, 9, 1), date(2021, 8, 31), True),
        ),
        (
            Time(basis=Basis.HALF_YEAR, half=2, column="d"),
            date(2021, 6, 30),
            Window(date(2021, 7, 1), date(2021, 6, 30), False),
        ),
        (
            Time(basis=Basis.HALF_YEAR, half=1, column="d"),
            date(2021, 12, 31),
            Window(date(2021, 1, 1), date(2021, 6, 30), True),
        ),
        (Time(basis=Basis.CUMULATIVE), date(2021, 12, 31), Window(date(2019, 1, 1), date(2021, 12, 31), True)),
        (Time(basis=Basis.CUMULATIVE), date(2020, 12, 31), Window(date(2019, 1, 1), date(2020, 12, 31), False)),
        (Time(basis=Basis.AS_AT), date(2021, 9, 30), Window(None, date(2021, 9, 30), True)),
    ],
)
def test_the_days_of_a_report_year(time: Time, as_of: date, window: Window) -> None:
    assert time.window(2021, as_of) == window
