"""What the runtime asks of a cloud. The gRPC adapter stands in ``escalation/``, the strict fake in ``testing.py``."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Protocol

from upcall.edge_runtime.conversation import FinishReason, SamplingOptions
from upcall.edge_runtime.decision.decide import RouteDecision, Strategy
from upcall.edge_runtime.redaction import RedactedMessages


@dataclass(frozen=True, slots=True)
class CloudQuestion:
    """One question as it leaves the device.

    Args:
        request_id: UUID4 in its usual text form.
        redacted: what is sent, already masked, with its report.
        strategy: what the user asked for.
        decision: why it is sent.
        sampling: how to choose tokens.
        max_output_tokens: most tokens of the answer.
        timeout_ms: for the whole answer.
    """

    request_id: str
    redacted: RedactedMessages
    strategy: Strategy
    decision: RouteDecision
    sampling: SamplingOptions
    max_output_tokens: int
    timeout_ms: int


@dataclass(frozen=True, slots=True)
class CloudText:
    """A piece of the answer, placeholders not yet restored."""

    text: str


@dataclass(frozen=True, slots=True)
class CloudUsage:
    """What the cloud's engine counted and why it ended; comes once, as the last part of a whole answer."""

    input_tokens: int
    output_tokens: int
    finish_reason: FinishReason


class Cloud(Protocol):
    """A large model elsewhere."""

    @property
    def address(self) -> str:
        """The address the words go to, for the user to see."""

    def generate(self, question: CloudQuestion) -> Generator[CloudText | CloudUsage, None, None]:
        """Stream one answer. Closing the generator cancels the call; running to its end means that the answer is whole.

        Raises:
            EscalationError: the answer is not whole.
        """

    def close(self) -> None:
        """Drop the connection."""
