"""Intake, validation: all new submissions of a contract through one Great Expectations run, cross-checked with our masks.

The only module that imports Great Expectations; import it late, it takes seconds.
"""

from __future__ import annotations

import gc
import threading
import warnings
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from schemas.contract import Contract
from schemas.ring import NOTHING_KNOWN, Surroundings
from schemas.rule import rules_of
from schemas.values import Conformed, Verdict
from tasks.intake.doubts import doubtful_claims
from tasks.intake.frame import build_frame
from tasks.intake.judge import judge
from tasks.intake.masks import find_failures
from tasks.intake.suite import Settings, suite_of, table_of

with warnings.catch_warnings():
    # Great Expectations 1.24 imports sre_constants and sre_parse, deprecated since Python 3.11.
    warnings.filterwarnings("ignore", r"module 'sre_\w+' is deprecated", DeprecationWarning)
    import great_expectations as gx
    from great_expectations.core.expectation_validation_result import ExpectationValidationResult
    from great_expectations.data_context.types.base import (
        DataContextConfig,
        InMemoryStoreBackendDefaults,
        ProgressBarsConfig,
    )

# What the import made stays for good; looking through it at every collection took 0.2 s.
gc.freeze()

Positions = npt.NDArray[np.int64]

_ONE_AT_A_TIME = threading.Lock()
"""Great Expectations keeps its current context in a global, and threads that share anything validate the wrong frame silently."""


class ValidationDisagreementError(RuntimeError):
    """Great Expectations and our masks do not agree, or a result is missing: nothing of the contract is let through."""


def validate(
    contract: Contract, submissions: Sequence[Conformed], surroundings: Surroundings = NOTHING_KNOWN
) -> list[Verdict]:
    """One verdict a submission, in their order; every rule judged twice, by Great Expectations and by numpy masks.

    `surroundings` are what the rules on other ledgers and earlier years look up, gathered beforehand.

    Raises:
        ValidationDisagreementError: a rule has no result, or its failing rows differ between the two.
        ValueError: a submission is of another contract, or its period is not a year.
    """
    frame = build_frame(contract, submissions, surroundings)
    failures = find_failures(contract, frame)
    if len(frame):
        found = find_unexpected(contract.contract, suite_of(contract), table_of(contract, frame))
        cross_check(contract, found, failures)
    return judge(contract, submissions, failures, doubtful_claims(contract, frame))


def find_unexpected(name: str, suite: Sequence[Settings], table: pd.DataFrame) -> Mapping[str, Positions]:
    """Rows of `table` that fail each expectation, ascending, by the rule id in its meta: one validation of all.

    Raises:
        ValidationDisagreementError: an expectation raised, or named fewer rows than it counted.
    """
    expected = gx.ExpectationSuite(name, expectations=list(suite))
    with _ONE_AT_A_TIME, warnings.catch_warnings():
        # A contract's pattern may have groups; pandas takes that for a slip.
        warnings.filterwarnings("ignore", "This pattern is interpreted as a regular expression", UserWarning)
        context = gx.get_context(mode="ephemeral", project_config=_quiet_config())
        asset = context.data_sources.add_pandas("submissions").add_dataframe_asset(name)
        batch = asset.add_batch_definition_whole_dataframe("all").get_batch(batch_parameters={"dataframe": table})
        result = batch.validate(expected, result_format={"result_format": "COMPLETE"})
    # The context goes round in circles and keeps the table until somebody looks: hundreds of MB over a night.
    del context, asset, batch
    gc.collect()
    return dict(_failing_positions(outcome) for outcome in result.results)


def cross_check(contract: Contract, theirs: Mapping[str, Positions], ours: Mapping[str, Positions]) -> None:
    """See that Great Expectations and the masks name the same rows for every rule of the contract.

    Raises:
        ValidationDisagreementError: they do not; the text names the rule and both counts.
    """
    for rule in rules_of(contract):
        found, expected = theirs.get(rule.rule_id), ours[rule.rule_id]
        if found is None:
            raise ValidationDisagreementError(
                f"rule {rule.rule_id}: Great Expectations gave no result; our masks find {len(expected)} failing rows"
            )
        if not np.array_equal(found, expected):
            differing = np.setxor1d(found, expected)[:5].tolist()
            raise ValidationDisagreementError(
                f"rule {rule.rule_id}: Great Expectations finds {len(found)} failing rows, our masks {len(expected)}; "
                f"first rows of the run they differ in: {differing}"
            )


def _quiet_config() -> DataContextConfig:
    """Nothing sent home, nothing written to disk, no progress bar."""
    return DataContextConfig(
        store_backend_defaults=InMemoryStoreBackendDefaults(init_temp_docs_sites=False),
        analytics_enabled=False,
        progress_bars=ProgressBarsConfig(globally=False),
    )


def _failing_positions(outcome: ExpectationValidationResult) -> tuple[str, Positions]:
    configured = outcome.expectation_config
    rule_id = str((configured.meta or {}).get("rule_id")) if configured else "?"
    if (outcome.exception_info or {}).get("raised_exception", True):
        raise ValidationDisagreementError(
            f"rule {rule_id}: Great Expectations gave no result: {outcome.exception_info}"
        )
    count = outcome.result.get("unexpected_count")
    positions = np.array(sorted(outcome.result.get("unexpected_index_list") or ()), dtype=np.int64)
    if count != len(positions):
        raise ValidationDisagreementError(
            f"rule {rule_id}: Great Expectations counts {count} failing rows and names {len(positions)}"
        )
    return rule_id, positions
