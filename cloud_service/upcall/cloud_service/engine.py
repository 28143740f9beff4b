"""What the service asks of an engine. Adapters stand in ``engines/``."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from upcall.edge_runtime.conversation import FinishReason, Message, SamplingOptions
from upcall.edge_runtime.errors import UpcallError


class EngineHealth(StrEnum):
    """Whether an engine can take a request now."""

    LOADING = "loading"
    READY = "ready"
    FAILED = "failed"
    """It will never take one again: the service ends."""


@dataclass(frozen=True, slots=True)
class EngineRequest:
    """One answer to make. Its ``repr`` holds no content.

    Args:
        request_id: unique among all running requests; made by the service, never by a client.
        tenant: who asks; engines share no cached state between tenants.
        messages: at least one, the last one is the user's.
        sampling: how to choose tokens.
        max_output_tokens: at least 1.
        stop: the answer ends before any of these.
    """

    request_id: str
    tenant: str
    messages: tuple[Message, ...]
    sampling: SamplingOptions
    max_output_tokens: int
    stop: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class EngineText:
    """A piece of the answer, never empty."""

    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class EngineEnd:
    """The last event of a whole answer.

    Args:
        finish: why it ended.
        input_tokens: of the prompt, chat template included.
        output_tokens: of the answer.
        cached_tokens: of the prompt, not read again; never told to a client.
    """

    finish: FinishReason
    input_tokens: int
    output_tokens: int
    cached_tokens: int = 0


@dataclass(frozen=True, slots=True)
class EngineInfo:
    """What an engine offers.

    Args:
        model: the alias by which clients ask for it.
        context_length: tokens of prompt and answer together.
        max_output_tokens: most tokens of one answer.
        slots: requests that run at the same time.
    """

    model: str
    context_length: int
    max_output_tokens: int
    slots: int = 1


class EngineUnavailableError(UpcallError):
    """The engine stopped in the middle of a request or cannot take one now; another attempt may work."""

    name = "engine_unavailable"
    exit_code = 6


class EngineFailedError(UpcallError):
    """The engine cannot be started, or ended for good, so that the service has to end, too."""

    name = "engine_failed"
    exit_code = 6


class PromptTooLongError(UpcallError):
    """The prompt does not fit into the context.

    Args:
        tokens: of the prompt.
        context_length: most tokens that fit.
    """

    name = "prompt_too_long"
    exit_code = 2

    def __init__(self, *, tokens: int, context_length: int) -> None:
        super().__init__(f"The prompt has {tokens:,} tokens.", allowed=f"fewer than {context_length:,}")
        self.tokens = tokens
        self.context_length = context_length


class Engine(Protocol):
    """A large model. All methods are called from one event loop."""

    @property
    def info(self) -> EngineInfo:
        """What it offers; known before ``load``."""

    async def load(self) -> None:
        """Get ready for requests.

        Raises:
            InputError: a setting is out of what this machine or the model allows.
            ModelError: the model cannot be read.
            EngineFailedError: it cannot be started.
        """

    def generate(self, request: EngineRequest) -> AsyncGenerator[EngineText | EngineEnd, None]:
        """Stream one answer: pieces of text, then one EngineEnd.

        Closing the iterator aborts the request and returns when the engine has let go of it.

        Raises:
            EngineUnavailableError: the engine stopped.
            PromptTooLongError: the prompt does not fit.
        """

    def abort(self, request_id: str) -> None:
        """Ask the engine to stop a request soon. Never waits, never fails; an unknown or ended request is ignored."""

    def health(self) -> EngineHealth:
        """Whether it can take a request now."""

    async def close(self) -> None:
        """Stop everything and free the model."""
