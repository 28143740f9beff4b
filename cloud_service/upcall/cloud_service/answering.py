"""One answer: a slot, a run of the engine, a stream of responses, within a time."""

from __future__ import annotations

import asyncio
import itertools
from contextlib import aclosing

from upcall.cloud_service.admission.slots import Slots, expire
from upcall.cloud_service.calls import Calls, Context
from upcall.cloud_service.coalescing import coalesce
from upcall.cloud_service.engine import Engine, EngineEnd, EngineRequest, EngineText
from upcall.cloud_service.refusal import RefusalError
from upcall.protocol.v1 import escalation_pb2 as pb

_MAX_UNSENT = 4  # messages of one answer that wait for a slow reader; then the engine waits
_Responses = asyncio.Queue[pb.GenerateResponse | Exception | None]


class Answering:
    """Gives answers, each in its turn, until ``drain``.

    Args:
        engine: already loaded, or loading.
        calls: counts what runs.
        max_waiting: requests that wait for a slot of the engine.
        max_answer_s: longest time for one answer in seconds, also where the client gives no deadline.
        max_wait_s: longest wait for a slot in seconds; never more than half of the time left.
    """

    def __init__(
        self, engine: Engine, *, calls: Calls, max_waiting: int, max_answer_s: float, max_wait_s: float
    ) -> None:
        self._engine = engine
        self._calls = calls
        self._slots = Slots(slots=engine.info.slots, max_waiting=max_waiting)
        self._max_answer_s = max_answer_s
        self._max_wait_s = max_wait_s
        self._limits: set[asyncio.Timeout] = set()
        self._is_cut = False

    @property
    def waiting(self) -> int:
        """Requests in line for a slot."""
        return self._slots.waiting

    async def answer(self, work: EngineRequest, context: Context) -> None:
        """Wait for a slot and stream one answer.

        Raises:
            RefusalError: there is no slot, or the time is over.
            EngineUnavailableError: the engine stopped.
            PromptTooLongError: the prompt does not fit.
        """
        left = context.time_remaining()
        budget_s = self._max_answer_s if left is None else min(left, self._max_answer_s)
        limit = asyncio.timeout(budget_s)
        self._limits.add(limit)
        try:
            async with limit:
                await self._stream(work, context, patience_s=min(self._max_wait_s, budget_s / 2))
        except TimeoutError:
            raise RefusalError.draining() if self._is_cut else RefusalError.too_late() from None
        finally:
            self._limits.discard(limit)

    def drain(self) -> None:
        """Refuse those in line and all who come; let those run who do."""
        self._slots.close()

    def cut(self) -> None:
        """End what still runs."""
        self._is_cut = True
        expire(self._limits)

    async def _stream(self, work: EngineRequest, context: Context, *, patience_s: float) -> None:
        """Write what a producer task makes. gRPC may end this coroutine with GeneratorExit, after which it cannot await: so
        the engine and the slot belong to the task, and all that is done here is to cancel it.
        """
        responses: _Responses = asyncio.Queue(maxsize=_MAX_UNSENT)
        producer = asyncio.create_task(self._produce(work, responses, patience_s=patience_s))
        self._calls.follow(producer)
        try:
            for sequence in itertools.count(1):
                response = await responses.get()
                if response is None:
                    return
                if isinstance(response, Exception):
                    raise response
                response.sequence = sequence
                await context.write(response)
        finally:
            producer.cancel()

    async def _produce(self, work: EngineRequest, responses: _Responses, *, patience_s: float) -> None:
        """Wait for a slot, run the engine, let go of both. Ends with None or with what went wrong."""
        try:
            async with self._slots.slot(patience_s=patience_s):
                await responses.put(pb.GenerateResponse(started=pb.Started(model=self._engine.info.model)))
                try:
                    async with aclosing(self._engine.generate(work)) as events, aclosing(coalesce(events)) as merged:
                        async for event in merged:
                            for response in responses_of(event):
                                await responses.put(response)
                finally:
                    self._engine.abort(work.request_id)
        except Exception as error:
            await responses.put(error)
        else:
            await responses.put(None)


def responses_of(event: EngineText | EngineEnd) -> list[pb.GenerateResponse]:
    """An event of the engine as it is sent, without its sequence number.

    Vectors: proto/vectors/wire.json
    """
    if isinstance(event, EngineText):
        return [pb.GenerateResponse(text_delta=pb.TextDelta(text=event.text))]
    usage = pb.Usage(input_tokens=event.input_tokens, output_tokens=event.output_tokens)
    completed = pb.Completed(finish_reason=pb.FinishReason.Value(f"FINISH_REASON_{event.finish.name}"))
    return [pb.GenerateResponse(usage=usage), pb.GenerateResponse(completed=completed)]
