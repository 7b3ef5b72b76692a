"""The reading against ledgers with a known truth, kept beside the checkout."""

import pytest

from bench.messy_score import MESSY, score_folder


@pytest.mark.skipif(
    not MESSY.is_dir(), reason=f"LOUD: the ledgers with a known truth are not at {MESSY}; nothing was scored"
)
def test_every_ledger_is_read_as_a_careful_clerk_would():
    score = score_folder(MESSY)
    assert score.faults == []
    assert score.good_rows.right == score.good_rows.asked
    assert score.good_rows.asked.total() > 1000
    assert score.bad_rows.right == score.bad_rows.asked
    assert score.bad_rows.asked.total() > 50
    assert score.false_findings.total() == 0
