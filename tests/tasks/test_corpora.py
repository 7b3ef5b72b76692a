"""The corpus of odd and hostile files: one of each category ends as its manifest says; `python -m bench.corpora` opens all."""

from __future__ import annotations

import pytest

from bench.corpora import CORPORA, difference, expectations, open_all
from tasks.intake.reading_workers import Guard


@pytest.mark.skipif(not (CORPORA / "MANIFEST.csv").exists(), reason=f"NO CORPUS at {CORPORA}: odd files are not tried")
def test_one_file_of_each_category_ends_as_its_manifest_says():
    first = {one.category: one for one in reversed(expectations(CORPORA / "MANIFEST.csv"))}
    results = list(open_all(first.values(), CORPORA, Guard(workers=2)))
    assert len(results) == len(first)
    assert {one.file: difference(one, opened) for one, opened in results if difference(one, opened)} == {}
