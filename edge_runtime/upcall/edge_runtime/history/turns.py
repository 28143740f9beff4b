"""What a conversation remembers of a turn: what was asked, as it was asked, and the answer."""

from __future__ import annotations

from collections.abc import Sequence

from upcall.edge_runtime.answer import Answer
from upcall.edge_runtime.conversation import Message, Role
from upcall.edge_runtime.decision.decide import Place
from upcall.edge_runtime.redaction import Vault


def turns_after(asked: Sequence[Message], answer: Answer, *, vault: Vault) -> list[Message]:
    """The conversation after an answer, to which the next question is added.

    Where the user edited what left the device, the edit takes the place of what was typed, with its placeholders restored.

    Args:
        asked: the conversation as it was given to the session, the question last.
        answer: what came of it; without text nothing is remembered of the turn.
        vault: of the session.

    Returns:
        The system message as it was, then all other turns.
    """
    if not answer.text:
        return list(asked[:-1])
    turns: Sequence[Message] = asked
    if answer.redacted is not None and answer.done is not None and answer.done.decision.place is Place.CLOUD:
        system = [message for message in asked if message.role is Role.SYSTEM]
        sent = (message for message in answer.redacted.messages if message.role is not Role.SYSTEM)
        turns = [*system, *(Message(turn.role, vault.restore(turn.content)) for turn in sent)]
    return [*turns, Message(Role.ASSISTANT, answer.text)]
