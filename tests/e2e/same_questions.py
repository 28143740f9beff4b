"""What Python's runtime makes of questions that the app asks too: where they are answered, and exactly what leaves.

    python -m tests.e2e.same_questions '{"bundle": "FOLDER", "cloud": "127.0.0.1:50051", "questions": [{"text": "Hello"}]}'

A question may also have a ``strategy``, a ``threshold``, ``terms`` of the user's own, and ``actions`` by type. Each is the
first of a conversation of its own, without the model that finds names. One line of JSON comes back.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from upcall.edge_runtime import Answer, AskOptions, CloudEndpoint, open_detector, open_session
from upcall.edge_runtime.budget import Budget
from upcall.edge_runtime.decision.device_state import DeviceState, Network
from upcall.edge_runtime.redaction import Policy


class _Steady:
    """A device in a free network that is neither hot nor empty."""

    def read(self) -> DeviceState:
        return DeviceState(network=Network.UNMETERED)


def main() -> None:
    given: dict[str, Any] = json.loads(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        budget = Budget(Path(folder) / "budget.json")
        told = [_told(given["bundle"], given["cloud"], budget, question) for question in given["questions"]]
    print(json.dumps(told))


def _told(bundle: str, cloud: str, budget: Budget, question: dict[str, Any]) -> dict[str, Any]:
    session = open_session(
        bundle_path=bundle,
        cloud=CloudEndpoint(target=cloud),
        policy=Policy(question.get("actions", {})),
        detector=open_detector(private_terms=question.get("terms", []), names=False),
        monitor=_Steady(),
        budget=budget,
    )
    options = AskOptions(
        strategy=question.get("strategy", "cascade"), threshold=question.get("threshold"), max_output_tokens=16
    )
    answer = Answer()
    try:
        for event in session.ask(question["text"], options):
            answer.add(event)
    finally:
        session.close()
    assert answer.done is not None and answer.decision is not None
    redacted = answer.redacted
    return {
        "place": answer.decision.place,
        "reason": answer.decision.reason,
        "sent": [[each.role, each.content] for each in redacted.messages] if redacted else [],
        "masked": {str(kind): count for kind, count in redacted.counts.items()} if redacted else {},
    }


if __name__ == "__main__":
    main()
