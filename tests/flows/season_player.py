"""Runs flows one after another in one process of its own: each line of standard input names one and its parameters as JSON."""

from __future__ import annotations

import json
import sys

from flows.collect import collect
from flows.questions import answer_question
from flows.remind import remind
from flows.replay import replay
from flows.season import season_parcel
from flows.waive import waive

FLOWS = {flow.name: flow for flow in (season_parcel, collect, remind, replay, waive, answer_question)}


def main() -> None:
    """Play until the input ends; "done" on standard output after each flow."""
    for line in sys.stdin:
        told = json.loads(line)
        state = FLOWS[told["flow"]](**told["parameters"], return_state=True)
        sys.stdout.write("done\n" if state.is_completed() else f"failed: {state.message}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
