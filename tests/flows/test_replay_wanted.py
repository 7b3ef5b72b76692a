"""What an operator asks to be read again: checked in one sentence, and only the ledgers asked for are loaded."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from flows.office import Office, open_office
from flows.replay import Wanted, check_wanted
from flows.settings import Settings
from schemas.errors import MisconfiguredError
from schemas.values import Delivery, Verdict

RULE = "training_session.ends_after_start"


@pytest.fixture
def office(tmp_path: Path, new_sqlite_warehouse: str) -> Iterator[Office]:
    with open_office(Settings(home=tmp_path, warehouse_url=new_sqlite_warehouse)) as office:
        yield office


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        (Wanted(partner_code="nowhere"), "没有单位 nowhere"),
        (Wanted(contract="nothing"), "没有台账 nothing"),
        (Wanted(period="21"), "年度应是四位数字"),
        (Wanted(rule_id="training_session.nothing"), "没有规则 training_session.nothing"),
        (Wanted(rule_id=RULE, contract_changed=True), "最多填一项"),
        (Wanted(sha256="ab", contract_changed=True), "最多填一项"),
    ],
)
def test_what_does_not_exist_or_cannot_be_asked_together_is_refused(office: Office, wanted: Wanted, said: str) -> None:
    with pytest.raises(MisconfiguredError, match=said):
        check_wanted(office, wanted)


@pytest.mark.parametrize(
    ("wanted", "concerned"),
    [
        (Wanted(), True),
        (Wanted(contract="training_session", period="2021"), True),
        (Wanted(rule_id=RULE, period="2021"), True),
        (Wanted(contract="award"), False),
        (Wanted(rule_id="award.level_code.required"), False),
        (Wanted(rule_id=RULE, period="2020"), False),
    ],
)
def test_of_a_file_with_several_ledgers_only_those_asked_for_are_loaded(
    wanted: Wanted, concerned: bool, make_verdict: Callable[..., Verdict], make_delivery: Callable[..., Delivery]
) -> None:
    assert wanted.concerns(make_verdict(make_delivery(), []).submission) is concerned
