"""What ``Session.ask`` yields: nothing else reports progress."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from upcall.edge_runtime.conversation import FinishReason, Message
from upcall.edge_runtime.decision.decide import Circumstances, Place, RouteDecision
from upcall.edge_runtime.errors import UpcallError
from upcall.edge_runtime.redaction import EntityType


@dataclass(frozen=True, slots=True)
class Decided:
    """Where the answer comes from. All tokens before it from another place are void: a draft, or a cloud answer cut off.

    A second one in the same question says that the cloud failed and the device answers.

    Args:
        decision: where, and the first rule that decided.
        given: all that it was decided by.
    """

    decision: RouteDecision
    given: Circumstances


@dataclass(frozen=True, slots=True)
class Redacted:
    """Exactly what leaves the device, just before it does.

    Args:
        address: to whom.
        messages: as sent.
        masked: placeholder → its type; the values stay in the vault.
        counts: distinct values masked by type.
    """

    address: str
    messages: tuple[Message, ...] = field(repr=False)
    masked: Mapping[str, EntityType]
    counts: Mapping[EntityType, int]


Approve = Callable[[Redacted], Sequence[Message] | None]
"""Asked just before anything leaves, with exactly what would. Returns the messages to send, edited or not, or None to answer
on the device."""


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the answer, placeholders restored."""

    text: str = field(repr=False)
    place: Place


@dataclass(frozen=True, slots=True)
class Restored:
    """What became of the placeholders in the cloud's answer.

    Args:
        count: how many were replaced by their values.
        altered_count: texts that carry the session's nonce as a placeholder does and are none of it: the model changed them,
            so they stand in the answer as they came.
    """

    count: int
    altered_count: int = 0


@dataclass(frozen=True, slots=True)
class Usage:
    """What the answer took, in wall-clock milliseconds.

    Speed and time to the first token are those of generation: what a failed call to the cloud cost is told apart, however long
    a finished draft was held meanwhile.

    Args:
        place: where the answer came from.
        input_tokens: of the whole prompt, cached ones too.
        output_tokens: of the answer.
        time_to_first_token_ms: from the question to the first piece of the answer's text, without what a failed call took;
            None for an answer without text.
        total_ms: from the question to the end, all included.
        tokens_per_s: output tokens after the first by the time they took to make; None for a single token.
        lost_ms: what a call to the cloud took that gave no whole answer; 0 where none failed.
    """

    place: Place
    input_tokens: int
    output_tokens: int
    time_to_first_token_ms: float | None
    total_ms: float
    tokens_per_s: float | None
    lost_ms: float = 0.0


@dataclass(frozen=True, slots=True)
class Done:
    """The whole answer.

    Args:
        answer: its text.
        decision: the last one; its place is where the answer comes from.
        finish_reason: the model ended it, or a limit did.
        cloud_error: why the cloud's answer is missing, when the device had to answer in its place.
    """

    answer: str = field(repr=False)
    decision: RouteDecision
    finish_reason: FinishReason
    cloud_error: UpcallError | None = None


@dataclass(frozen=True, slots=True)
class Failed:
    """No answer at all."""

    error: UpcallError


Event = Decided | Redacted | Token | Restored | Usage | Done | Failed
