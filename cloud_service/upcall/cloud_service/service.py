"""EscalationService: authenticate, validate, tripwire, queue, engine."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from typing import Any, TypeVar

import grpc
import grpc.aio
from google.protobuf.message import DecodeError, Message

from upcall.cloud_service.admission import Admission
from upcall.cloud_service.auth import ApiKeys, bearer_key
from upcall.cloud_service.coalescing import coalesce
from upcall.cloud_service.engine import (
    Engine,
    EngineEnd,
    EngineRequest,
    EngineText,
    EngineUnavailableError,
    Finish,
    PromptTooLongError,
)
from upcall.cloud_service.refusal import RefusalError
from upcall.cloud_service.validation import Limits, engine_request
from upcall.edge_runtime.redaction import Detector, EntityType
from upcall.protocol.v1 import escalation_pb2 as pb
from upcall.protocol.v1 import redaction_pb2

SERVICE = "upcall.protocol.v1.EscalationService"
_MAX_UNSENT = 4  # messages of one answer that wait for a slow reader; then the engine waits
_FINISH = {Finish.STOP: pb.FINISH_REASON_STOP, Finish.LENGTH: pb.FINISH_REASON_LENGTH}
_log = logging.getLogger(__name__)
_Request = TypeVar("_Request", bound=Message)
_Result = TypeVar("_Result")
_Context = grpc.aio.ServicerContext[Any, Any]
_Responses = asyncio.Queue[pb.GenerateResponse | Exception | None]


class EscalationService:
    """Answers calls with one engine. ``counts`` holds how they ended, by gRPC status name or ``CANCELLED``.

    Args:
        engine: already loaded, or loading.
        keys: who may call; None lets anybody, for loopback only.
        detector: the tripwire: finds private content that a client did not mask.
        accepts_allowed: let through the types that the client says its user's policy allows; by default nothing private.
        limits: bounds of one request.
        max_waiting: requests that wait for a slot of the engine.
        max_answer_s: longest time for one answer in seconds, also where the client gives no deadline.
        max_wait_s: longest wait for a slot in seconds; never more than half of the time left.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        keys: ApiKeys | None,
        detector: Detector,
        accepts_allowed: bool = False,
        limits: Limits | None = None,
        max_waiting: int = 16,
        max_answer_s: float = 300.0,
        max_wait_s: float = 30.0,
    ) -> None:
        self._engine = engine
        self._keys = keys
        self._detector = detector
        self._accepts_allowed = accepts_allowed
        self._limits = limits or Limits()
        self._admission = Admission(slots=engine.info.slots, max_waiting=max_waiting)
        self._max_answer_s = max_answer_s
        self._max_wait_s = max_wait_s
        self._runs = itertools.count(1)
        self._running = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self.counts: Counter[str] = Counter()

    def handler(self) -> grpc.GenericRpcHandler:
        """For ``server.add_generic_rpc_handlers``: like the generated one, but broken bytes become INVALID_ARGUMENT."""
        methods: dict[str, grpc.RpcMethodHandler[Any, Any]] = {
            "Generate": grpc.unary_stream_rpc_method_handler(
                self.generate,
                request_deserializer=_tolerant(pb.GenerateRequest),
                response_serializer=pb.GenerateResponse.SerializeToString,
            ),
            "GetCapabilities": grpc.unary_unary_rpc_method_handler(
                self.get_capabilities,
                request_deserializer=_tolerant(pb.GetCapabilitiesRequest),
                response_serializer=pb.GetCapabilitiesResponse.SerializeToString,
            ),
        }
        return grpc.method_handlers_generic_handler(SERVICE, methods)

    async def generate(self, request: pb.GenerateRequest | None, context: _Context) -> None:
        """Stream one answer."""
        await self._typed(context, self._answer(request, context))

    async def get_capabilities(
        self, request: pb.GetCapabilitiesRequest | None, context: _Context
    ) -> pb.GetCapabilitiesResponse:
        """Say what is served."""
        return await self._typed(context, self._capabilities(request, context))

    async def _typed(self, context: _Context, work: Awaitable[_Result]) -> _Result:
        self._begin()
        try:
            return await self._ended(context, work)
        finally:
            self._end()

    @property
    def running(self) -> int:
        """Calls, and runs of the engine for them, that have not ended; 0 when idle."""
        return self._running

    def _begin(self) -> None:
        self._running += 1
        self._idle.clear()

    def _end(self, _: object = None) -> None:
        self._running -= 1
        if not self._running:
            self._idle.set()

    async def wait_until_idle(self, *, patience_s: float) -> None:
        """Wait until no call runs and the engine is let go of, for at most so many seconds."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience_s):
                await self._idle.wait()

    async def _ended(self, context: _Context, work: Awaitable[_Result]) -> _Result:
        """Await the work; end the call with a typed status and a fixed text whatever happens."""
        refusal: RefusalError
        try:
            result = await work
        except RefusalError as error:
            refusal = error
        except PromptTooLongError as error:
            problem = f"the prompt has {error.tokens:,} tokens, the context holds {error.context_length:,}"
            refusal = RefusalError.invalid("messages", problem)
        except EngineUnavailableError:
            refusal = RefusalError.engine_stopped()
        except TimeoutError:
            refusal = RefusalError.too_late()
        except Exception as error:
            if context.done():  # the client went away while a message was being written
                self.counts["CANCELLED"] += 1
                raise asyncio.CancelledError from None
            refusal = RefusalError.internal()
            # The type only: the text or the traceback of an exception may hold content.
            _log.error("%s, %s", refusal.details, type(error).__name__)
        except BaseException:
            self.counts["CANCELLED"] += 1
            raise
        else:
            self.counts["OK"] += 1
            return result
        self.counts[refusal.status.name] += 1
        await context.abort(refusal.status, refusal.details, refusal.trailing_metadata)
        raise AssertionError("abort always raises")

    async def _capabilities(
        self, request: pb.GetCapabilitiesRequest | None, context: _Context
    ) -> pb.GetCapabilitiesResponse:
        self._tenant(context)
        if request is None:
            raise RefusalError.malformed()
        info = self._engine.info
        model = pb.ModelInfo(
            alias=info.model,
            is_default=True,
            context_length=info.context_length,
            max_output_tokens=info.max_output_tokens,
        )
        return pb.GetCapabilitiesResponse(
            models=[model],
            rules_version=self._detector.rules_version,
            max_request_bytes=self._limits.max_request_bytes,
        )

    async def _answer(self, request: pb.GenerateRequest | None, context: _Context) -> None:
        tenant = self._tenant(context)
        if request is None:
            raise RefusalError.malformed()
        info = self._engine.info
        # A client repeats its request id when it tries again, so the engine gets an id of its own.
        run_id = f"{request.request_id}.{next(self._runs)}"
        work = engine_request(request, tenant=tenant, run_id=run_id, info=info, limits=self._limits)
        left = context.time_remaining()
        budget_s = self._max_answer_s if left is None else min(left, self._max_answer_s)
        async with asyncio.timeout(budget_s):
            await asyncio.to_thread(self._check_private, work, self._allowed(request))
            await self._stream(work, context, patience_s=min(self._max_wait_s, budget_s / 2))

    async def _stream(self, work: EngineRequest, context: _Context, *, patience_s: float) -> None:
        """Write what a producer task makes. gRPC may end this coroutine with GeneratorExit, after which it cannot await: so
        the engine and the slot belong to the task, and all that is done here is to cancel it.
        """
        responses: _Responses = asyncio.Queue(maxsize=_MAX_UNSENT)
        producer = asyncio.create_task(self._produce(work, responses, patience_s=patience_s))
        self._begin()
        producer.add_done_callback(self._end)
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
            async with self._admission.slot(patience_s=patience_s):
                await responses.put(pb.GenerateResponse(started=pb.Started(model=self._engine.info.model)))
                try:
                    async with aclosing(self._engine.generate(work)) as events, aclosing(coalesce(events)) as merged:
                        async for event in merged:
                            for response in _responses(event):
                                await responses.put(response)
                finally:
                    self._engine.abort(work.request_id)
        except Exception as error:
            await responses.put(error)
        else:
            await responses.put(None)

    def _tenant(self, context: _Context) -> str:
        if self._keys is None:
            return "local"
        key = bearer_key(context.invocation_metadata() or ())
        tenant = None if key is None else self._keys.tenant_of(key)
        if tenant is None:
            raise RefusalError.unauthenticated()
        return tenant

    def _allowed(self, request: pb.GenerateRequest) -> frozenset[EntityType]:
        if not self._accepts_allowed:
            return frozenset()
        given = set(request.redaction.allowed_types)
        return frozenset(
            kind for kind in EntityType if redaction_pb2.EntityType.Value(f"ENTITY_TYPE_{kind.value}") in given
        )

    def _check_private(self, work: EngineRequest, allowed: frozenset[EntityType]) -> None:
        found: Counter[str] = Counter()
        for message in work.messages:
            claims = self._detector.claims(message.content)
            left = self._detector.merge(span for span in claims if span.entity_type not in allowed)
            found.update(str(span.entity_type) for span in left)
        if found:
            raise RefusalError.private(found)


def _responses(event: EngineText | EngineEnd) -> list[pb.GenerateResponse]:
    if isinstance(event, EngineText):
        return [pb.GenerateResponse(text_delta=pb.TextDelta(text=event.text))]
    usage = pb.Usage(input_tokens=event.input_tokens, output_tokens=event.output_tokens)
    completed = pb.Completed(finish_reason=_FINISH[event.finish])
    return [pb.GenerateResponse(usage=usage), pb.GenerateResponse(completed=completed)]


def _tolerant(message_type: type[_Request]) -> Callable[[bytes], _Request | None]:
    """A deserializer that gives None for broken bytes: an exception would reach the client as UNKNOWN, with its text."""

    def parse(data: bytes) -> _Request | None:
        try:
            return message_type.FromString(data)
        except DecodeError:
            return None

    return parse
