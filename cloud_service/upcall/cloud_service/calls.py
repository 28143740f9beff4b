"""How calls end: each with a typed status and a fixed text, and counted."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import Awaitable
from typing import Any, TypeVar

import grpc.aio

from upcall.cloud_service.engine import EngineUnavailableError, PromptTooLongError
from upcall.cloud_service.refusal import RefusalError

Context = grpc.aio.ServicerContext[Any, Any]
_Result = TypeVar("_Result")
_log = logging.getLogger(__name__)


class Calls:
    """The calls that run. ``counts`` holds how others ended, by gRPC status name or ``CANCELLED``."""

    def __init__(self) -> None:
        self._running = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self.counts: Counter[str] = Counter()

    @property
    def running(self) -> int:
        """Calls, and work for them, that have not ended; 0 when idle."""
        return self._running

    async def wait_until_idle(self, *, patience_s: float) -> None:
        """Wait until nothing runs, for at most so many seconds."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience_s):
                await self._idle.wait()

    async def run(self, context: Context, work: Awaitable[_Result]) -> _Result:
        """Await the work of a call; end the call with a typed status whatever happens."""
        self._begin()
        try:
            return await self._ended(context, work)
        finally:
            self._end()

    def follow(self, task: asyncio.Task[None]) -> None:
        """Count a task that may outlive its call."""
        self._begin()
        task.add_done_callback(self._end)

    def _begin(self) -> None:
        self._running += 1
        self._idle.clear()

    def _end(self, _: object = None) -> None:
        self._running -= 1
        if not self._running:
            self._idle.set()

    async def _ended(self, context: Context, work: Awaitable[_Result]) -> _Result:
        try:
            result = await work
        except Exception as error:
            if context.done():  # the client went away while a message was being written
                self.counts["CANCELLED"] += 1
                raise asyncio.CancelledError from None
            refusal = _refusal(error)
        except BaseException:
            self.counts["CANCELLED"] += 1
            raise
        else:
            self.counts["OK"] += 1
            return result
        self.counts[refusal.status.name] += 1
        await context.abort(refusal.status, refusal.details, refusal.trailing_metadata)
        raise AssertionError("abort always raises")


def _refusal(error: Exception) -> RefusalError:
    """What an error is for the client."""
    if isinstance(error, RefusalError):
        return error
    if isinstance(error, PromptTooLongError):
        problem = f"the prompt has {error.tokens:,} tokens, the context holds {error.context_length:,}"
        return RefusalError.invalid("messages", problem)
    if isinstance(error, EngineUnavailableError):
        return RefusalError.engine_stopped()
    refusal = RefusalError.internal()
    # The type only: the text or the traceback of an exception may hold content.
    _log.error("%s, %s", refusal.details, type(error).__name__)
    return refusal
