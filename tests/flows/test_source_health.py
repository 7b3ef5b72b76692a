"""Sources that fail night after night: who is written to and when, each once, and nothing any more when they answer again."""

from __future__ import annotations

import email
import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import cast

import pytest
import yaml

from tests.demonstration import ROOT
from tests.environment import office_environment

pytestmark = pytest.mark.xdist_group("office")

FIRST = datetime(2021, 9, 1, 18, 0, tzinfo=UTC)
OPERATOR, CLERK = "operator@college.example", "clerk@jia.example"
REASON = "连接不上 sftp://files.jia.example（超时）；请检查该地址"
ANSWERS = {
    "jia": ["unreachable"] * 8 + ["ok", "unreachable"],
    "yi": ["ok", "ok"] + ["unreachable"] + ["ok"] * 7,
}  # fmt: skip

PROGRAM = """
import json
from prefect import flow
from prefect.blocks.system import Secret
from flows.fetching import read_prefect_secret
from flows.night import NightRun
from flows.office import open_office
from flows.source_health import tell_source_health
from flows.summary import NightSummary
from sources.secret import read_secret
from tests.flows.test_source_health import ANSWERS, FIRST, REASON, timedelta
from warehouse.engine import begin_write
from warehouse.marts.nights import read_failing_sources
from warehouse.store.nights import Fetch, open_night, record_fetch

@flow
def nights():
    failing = []
    with open_office() as office:
        for number in range(len(ANSWERS["jia"])):
            now = FIRST + timedelta(days=number)
            with begin_write(office.engine) as connection:
                night_id = open_night(connection, now)
                for code, outcomes in ANSWERS.items():
                    reason = REASON if outcomes[number] == "unreachable" else None
                    record_fetch(connection, night_id, Fetch(code, outcomes[number], reason, 0, 0, 0.1), now)
            night = NightRun(office, now, night_id, NightSummary(night_id, now.isoformat()))
            tell_source_health(night)
            tell_source_health(night)  # the night run again
            with office.engine.connect() as connection:
                failing.append({one.partner_code: one.night_count for one in read_failing_sources(connection)})
    Secret(value="in-a-block").save("jia-sftp")
    return failing, read_secret("prefect:jia-sftp", read_prefect_secret)

print("TOLD", json.dumps(nights()))
"""


@pytest.fixture(scope="module")
def told(
    shared_prefect: str, tmp_path_factory: pytest.TempPathFactory
) -> tuple[list[dict[str, int]], str, list[EmailMessage]]:
    """Ten nights: the list of failing sources after each, the secret kept in a block, and the mails in the order of their days."""
    home = tmp_path_factory.mktemp("health")
    (home / "partners").mkdir()
    for code, name, contacts in (
        ("jia", "甲县职业学院", [{"role": "填报岗", "email": CLERK}]),
        ("yi", "乙县职业学院", [{"role": "填报岗", "email": "clerk@yi.example"}]),
    ):
        partner = {
            "code": code,
            "name": name,
            "kind": "supported_school",
            "inbox": f"folder:{code}",
            "contacts": contacts,
        }
        (home / "partners" / f"{code}.yaml").write_text(yaml.safe_dump(partner, allow_unicode=True), encoding="utf-8")
    own = office_environment(home, PARTNERS_FOLDER=home / "partners", OPERATORS=OPERATOR, USE_EXAMPLE_PARTNERS="false")
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=ROOT, env=own, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    assert "in-a-block" not in run.stderr
    (line,) = [line for line in run.stdout.splitlines() if line.startswith("TOLD ")]
    failing, secret = json.loads(line.removeprefix("TOLD "))
    mails = [_read(path) for path in (home / "outbox/mail").rglob("*.eml")]
    return failing, secret, sorted(mails, key=lambda mail: (_day(mail), str(mail["To"])))


def _read(path: Path) -> EmailMessage:
    return cast("EmailMessage", email.message_from_bytes(path.read_bytes(), policy=default))


def _day(mail: EmailMessage) -> str:
    """The night a mail is of: its day stands in its subject."""
    subject = str(mail["Subject"])
    return next(
        f"{day:%m-%d}"
        for day in (FIRST + timedelta(days=number, hours=8) for number in range(len(ANSWERS["jia"])))
        if f"{day.month}月{day.day}日" in subject
    )


def test_each_is_written_to_on_its_nights_and_once(
    told: tuple[list[dict[str, int]], str, list[EmailMessage]],
) -> None:
    _, _, mails = told
    assert [(_day(mail), str(mail["To"])) for mail in mails] == [
        ("09-02", OPERATOR),  # the first night of jia
        ("09-04", CLERK),  # its third
        ("09-04", OPERATOR),  # the same, and the first of yi, in one letter
        ("09-08", OPERATOR),  # its seventh
        ("09-11", OPERATOR),  # it answered in between: a first night again
    ]
    third = mails[2].get_body(("plain",))
    assert third is not None
    assert all(name in third.get_content() for name in ("甲县职业学院", "乙县职业学院", "doublehigh partners check"))
    assert str(mails[1]["Subject"]).startswith("【取件失败】甲县职业学院：连续 3 晚")
    partner = mails[1].get_body(("plain",))
    assert partner is not None
    assert REASON in partner.get_content()


def test_the_list_of_failing_sources_empties_when_they_answer(
    told: tuple[list[dict[str, int]], str, list[EmailMessage]],
) -> None:
    failing, _, _ = told
    assert failing == [{"jia": 1}, {"jia": 2}, {"jia": 3, "yi": 1}, *({"jia": n} for n in range(4, 9)), {}, {"jia": 1}]


def test_a_secret_kept_in_a_block_of_prefect_is_found(
    told: tuple[list[dict[str, int]], str, list[EmailMessage]],
) -> None:
    assert told[1] == "in-a-block"
