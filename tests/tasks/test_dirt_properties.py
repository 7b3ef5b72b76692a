"""Whatever dirt is composed: good rows are read exactly, bad ones held on the right cell, and nothing else is said."""

import os
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tasks.intake.judge import check
from tests.tasks.dirt import compose

EXAMPLES = int(os.environ.get("DIRT_EXAMPLES", "1000"))


def _faults(ledger, reading):
    """Everything that is not as the truth says."""
    said = [*reading.findings, *(finding for one in reading.submissions for finding in one.findings)]
    slots = [(one.contract, one.period) for one in reading.submissions]
    if said or slots != [(ledger.contract.contract, "2021")]:
        return [slots, *said]
    (submission,) = reading.submissions
    layout = submission.layouts[0]
    faults = [layout.sheet] if layout.sheet != ledger.sheet else []
    at = {name: position for name, (position, _) in layout.columns.items()}
    faults += [] if at == ledger.positions else [at, ledger.positions]
    faults += [] if submission.rows.tolist() == list(ledger.rows) else [submission.rows.tolist(), list(ledger.rows)]
    return faults or [*_wrong_cells(ledger, submission), *_wrong_findings(ledger, submission)]


def _wrong_cells(ledger, submission):
    for number, (row, cells) in enumerate(ledger.rows.items()):
        for name, dirty in cells.items():
            cell = submission.columns[name][number]
            if dirty.rule is None and (cell.value, cell.problem, cell.is_approximate) != (
                dirty.value,
                None,
                dirty.is_approximate,
            ):
                yield row, name, dirty, cell


def _wrong_findings(ledger, submission):
    (verdict,) = check(ledger.contract, [submission])
    expected = {
        (dirty.rule, ledger.sheet, row, ledger.positions[name])
        for row, cells in ledger.rows.items()
        for name, dirty in cells.items()
        if dirty.rule
    }
    found = [(f.rule_id, f.place.sheet, f.place.row, f.place.column) for f in verdict.findings]
    held = {int(submission.rows[position]) for position in verdict.held}
    if sorted(found, key=str) != sorted(expected, key=str) or held != {row for _, _, row, _ in expected}:
        yield set(found) ^ expected, held


@settings(
    max_examples=EXAMPLES, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)
@given(seed=st.integers(0, 2**32))
def test_composed_dirt_is_read_exactly(read, seed):
    with TemporaryDirectory() as folder:
        ledger = compose(Random(seed), Path(folder))  # noqa: S311 - dirt, not secrets
        faults = _faults(ledger, read(ledger.path, ledger.name))
    assert faults == []
