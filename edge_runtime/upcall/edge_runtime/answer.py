"""What the answer is now: the events of one question, folded, the same for every face that shows them."""

from __future__ import annotations

from dataclasses import dataclass, field

from upcall.edge_runtime.decision.decide import Circumstances, Place, RouteDecision
from upcall.edge_runtime.errors import UpcallError
from upcall.edge_runtime.events import Decided, Done, Event, Failed, Redacted, Restored, Token, Usage


@dataclass(slots=True)
class Answer:
    """All that one question led to so far. A draft is held back until it has become the answer.

    Args:
        text: of the answer as far as it goes; what a later decision made void is not in it.
        decision: the last one; None while a draft is made.
        given: what it was decided by.
        redacted: what left the device, if anything did.
        restored: of the cloud's answer; None without one.
        usage, done: at the end of a whole answer.
        error: why there is none.
        was_stopped: the user did not wait for its end.
    """

    text: str = field(default="", repr=False)
    decision: RouteDecision | None = None
    given: Circumstances | None = None
    redacted: Redacted | None = None
    restored: Restored | None = None
    usage: Usage | None = None
    done: Done | None = None
    error: UpcallError | None = None
    was_stopped: bool = False

    def add(self, event: Event) -> str:
        """Take in an event.

        Returns:
            The text that is to be shown now, after what was shown before.
        """
        match event:
            case Token(text=text):
                self.text += text
                return text if self.decision is not None else ""
            case Decided(decision=decision, given=given):
                self.given = given
                is_first, self.decision = self.decision is None, decision
                if is_first and decision.place is Place.DEVICE:
                    return self.text
                self.text = ""
            case Redacted():
                self.redacted = event
            case Restored():
                self.restored = event
            case Usage():
                self.usage = event
            case Done():
                self.done = event
            case Failed(error=error):
                self.error = error
        return ""

    @property
    def cloud_error(self) -> UpcallError | None:
        """Why the cloud's answer is missing, when the device had to answer in its place."""
        return self.done.cloud_error if self.done is not None else None
