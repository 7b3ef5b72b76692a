"""The catalogue and its time windows: entries that do not fit their contract are refused, with file and entry."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from schemas.indicator import Condition, load_indicators, shipped_indicators
from schemas.time_window import Basis, Time, Window
from schemas.yaml_file import YamlFileError

ENTRY = """
  - key: trained
    title: 培训人次
    title_en: Trained
    definition: 培训人次
    definition_en: Person-times trained
    unit: 人次
    contract: training_session
    measure: {kind: sum, column: trainee_person_times}
    time: {basis: calendar_year, column: started_on}
"""


def write(folder: Path, text: str) -> Path:
    (folder / "a.yaml").write_text(f"indicators:{text}", encoding="utf-8")
    return folder


def test_the_shipped_catalogue_measures_every_contract_of_ledgers_and_no_key_twice() -> None:
    contracts = {indicator.contract for indicator in shipped_indicators().values()}
    assert contracts == {
        "support_project", "training_session", "dispatched_person", "programme_built", "training_room", "enrolment",
        "award", "activity", "technical_service", "platform_base", "fund", "satisfaction", "task_progress",
    }  # fmt: skip
    assert all(key == indicator.key for key, indicator in shipped_indicators().items())


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
        (("basis: calendar_year, column: started_on", "basis: half_year, half: 1"), "needs a date column"),
        (("basis: calendar_year", "basis: half_year"), "half goes with basis half_year"),
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
        (Time(basis=Basis.CALENDAR_YEAR, years=2), date(2022, 3, 1), Window(date(2020, 1, 1), date(2021, 12, 31), True)),
        (
            Time(basis=Basis.SCHOOL_YEAR, column="d"), date(2021, 12, 31),
            Window(date(2020, 9, 1), date(2021, 8, 31), True),
        ),
        (
            Time(basis=Basis.HALF_YEAR, half=2, column="d"), date(2021, 6, 30),
            Window(date(2021, 7, 1), date(2021, 6, 30), False),
        ),
        (
            Time(basis=Basis.HALF_YEAR, half=1, column="d"), date(2021, 12, 31),
            Window(date(2021, 1, 1), date(2021, 6, 30), True),
        ),
        (Time(basis=Basis.CUMULATIVE), date(2021, 12, 31), Window(date(2019, 1, 1), date(2021, 12, 31), True)),
        (Time(basis=Basis.CUMULATIVE), date(2020, 12, 31), Window(date(2019, 1, 1), date(2020, 12, 31), False)),
        (Time(basis=Basis.AS_AT), date(2021, 9, 30), Window(None, date(2021, 9, 30), True)),
    ],
)  # fmt: skip
def test_the_days_of_a_report_year(time: Time, as_of: date, window: Window) -> None:
    assert time.window(2021, as_of) == window
