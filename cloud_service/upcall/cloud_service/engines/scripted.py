"""An engine that says what it was told to: for tests, and for operators who try a deployment without a model."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field

from upcall.cloud_service.engine import (
    EngineEnd,
    EngineHealth,
    EngineInfo,
    EngineRequest,
    EngineText,
    EngineUnavailableError,
)
from upcall.edge_runtime.conversation import FinishReason, Message

_TOKEN = re.compile(r"\s*\S+|\s+")


@dataclass(frozen=True, slots=True)
class Script:
    """What the engine does.

    Args:
        reply: the answer, or a function that makes it from the messages.
        delay_s: before each token, in seconds.
        fail_after: stop with an error after that many tokens; None never fails.
        failures: how many requests fail in that way before the engine works; None fails all.
        error: what is raised; by default the engine is unavailable.
    """

    reply: str | Callable[[tuple[Message, ...]], str] = field(default="The scripted engine answers this.", repr=False)
    delay_s: float = 0.0
    fail_after: int | None = None
    failures: int | None = None
    error: Exception | None = None


class ScriptedEngine:
    """Splits the reply at white space and counts each piece as a token.

    What happened is kept by request id, without content: ``started``, ``finished``, ``aborted``, and ``tokens_made`` in all.
    """

    def __init__(self, script: Script | None = None, *, info: EngineInfo | None = None) -> None:
        self._script = script or Script()
        self._info = info or EngineInfo(model="scripted", context_length=4096, max_output_tokens=1024)
        self._health = EngineHealth.LOADING
        self._stops: dict[str, asyncio.Event] = {}
        self._failed = 0
        self.started: list[str] = []
        self.finished: list[str] = []
        self.aborted: list[str] = []
        self.tokens_made = 0

    @property
    def info(self) -> EngineInfo:
        """What it offers."""
        return self._info

    async def load(self) -> None:
        """Become ready."""
        self._health = EngineHealth.READY

    def health(self) -> EngineHealth:
        """Ready between ``load`` and ``close``."""
        return self._health

    def abort(self, request_id: str) -> None:
        """End a request before its next token."""
        stop = self._stops.get(request_id)
        if stop is not None:
            stop.set()

    def fail_for_good(self) -> None:
        """Be as an engine that no restart mends."""
        self._health = EngineHealth.FAILED

    async def close(self) -> None:
        """Abort what runs."""
        self._health = EngineHealth.FAILED
        for stop in self._stops.values():
            stop.set()

    async def generate(self, request: EngineRequest) -> AsyncGenerator[EngineText | EngineEnd, None]:
        """Stream the scripted reply.

        Raises:
            EngineUnavailableError: the script says so, or the request was aborted from elsewhere.
        """
        stop = self._stops[request.request_id] = asyncio.Event()
        self.started.append(request.request_id)
        has_finished = False
        try:
            text, finish = self._reply(request)
            made = 0
            for token in _TOKEN.findall(text):
                self._fail_if_told(made)
                if made == request.max_output_tokens:
                    finish = FinishReason.LENGTH
                    break
                await self._pause(stop)
                made += 1
                self.tokens_made += 1
                yield EngineText(token)
            self._fail_if_told(made)
            has_finished = True
            spoken = sum(len(message.content.split()) for message in request.messages)
            yield EngineEnd(finish=finish, input_tokens=spoken, output_tokens=made)
        finally:
            del self._stops[request.request_id]
            (self.finished if has_finished else self.aborted).append(request.request_id)

    def _reply(self, request: EngineRequest) -> tuple[str, FinishReason]:
        reply = self._script.reply
        text = reply if isinstance(reply, str) else reply(request.messages)
        ends = [at for at in (text.find(word) for word in request.stop) if at >= 0]
        return text[: min(ends)] if ends else text, FinishReason.STOP

    def _fail_if_told(self, made: int) -> None:
        script = self._script
        if script.fail_after != made or (script.failures is not None and self._failed >= script.failures):
            return
        self._failed += 1
        raise script.error or EngineUnavailableError("The scripted engine stopped, as its script says.")

    async def _pause(self, stop: asyncio.Event) -> None:
        await asyncio.sleep(self._script.delay_s)
        if stop.is_set():
            raise EngineUnavailableError("The request was aborted.")
