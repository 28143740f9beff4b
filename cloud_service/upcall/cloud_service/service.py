"""EscalationService: authenticate, validate, tripwire, answer."""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from collections.abc import Callable
from typing import Any, TypeVar

import grpc
from google.protobuf.message import DecodeError, Message

from upcall.cloud_service.admission.auth import ApiKeys, bearer_key
from upcall.cloud_service.answering import Answering
from upcall.cloud_service.calls import Calls, Context
from upcall.cloud_service.engine import Engine
from upcall.cloud_service.refusal import RefusalError
from upcall.cloud_service.tripwire import Tripwire
from upcall.cloud_service.validation import Limits, engine_request
from upcall.protocol.v1 import escalation_pb2 as pb

SERVICE = "upcall.protocol.v1.EscalationService"
_Request = TypeVar("_Request", bound=Message)


class EscalationService:
    """Answers calls with one engine.

    Args:
        engine: already loaded, or loading.
        keys: who may call; None lets anybody, for loopback only.
        tripwire: finds private content that a client did not mask.
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
        tripwire: Tripwire,
        limits: Limits | None = None,
        max_waiting: int = 16,
        max_answer_s: float = 300.0,
        max_wait_s: float = 30.0,
    ) -> None:
        self._engine = engine
        self._keys = keys
        self._tripwire = tripwire
        self._limits = limits or Limits()
        self._calls = Calls()
        self._answering = Answering(
            engine, calls=self._calls, max_waiting=max_waiting, max_answer_s=max_answer_s, max_wait_s=max_wait_s
        )
        self._runs = itertools.count(1)

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

    async def generate(self, request: pb.GenerateRequest | None, context: Context) -> None:
        """Stream one answer."""
        await self._calls.run(context, self._answer(request, context))

    async def get_capabilities(
        self, request: pb.GetCapabilitiesRequest | None, context: Context
    ) -> pb.GetCapabilitiesResponse:
        """Say what is served."""
        return await self._calls.run(context, self._capabilities(request, context))

    @property
    def counts(self) -> Counter[str]:
        """How calls ended, by gRPC status name or ``CANCELLED``."""
        return self._calls.counts

    @property
    def running(self) -> int:
        """Calls, and runs of the engine for them, that have not ended; 0 when idle."""
        return self._calls.running

    @property
    def waiting(self) -> int:
        """Calls in line for a slot of the engine."""
        return self._answering.waiting

    def drain(self) -> None:
        """Refuse calls in line and new ones, with a time to try again; let those run who do."""
        self._answering.drain()

    def cut(self) -> None:
        """End the calls that still run, in the same way."""
        self._answering.cut()

    async def wait_until_idle(self, *, patience_s: float) -> None:
        """Wait until no call runs and the engine is let go of, for at most so many seconds."""
        await self._calls.wait_until_idle(patience_s=patience_s)

    async def _answer(self, request: pb.GenerateRequest | None, context: Context) -> None:
        tenant = self._tenant(context)
        if request is None:
            raise RefusalError.malformed()
        # A client repeats its request id when it tries again, so the engine gets an id of its own.
        run_id = f"{request.request_id}.{next(self._runs)}"
        work = engine_request(request, tenant=tenant, run_id=run_id, info=self._engine.info, limits=self._limits)
        await asyncio.to_thread(self._tripwire.check, request)
        await self._answering.answer(work, context)

    async def _capabilities(
        self, request: pb.GetCapabilitiesRequest | None, context: Context
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
            rules_version=self._tripwire.rules_version,
            max_request_bytes=self._limits.max_request_bytes,
        )

    def _tenant(self, context: Context) -> str:
        if self._keys is None:
            return "local"
        key = bearer_key(context.invocation_metadata() or ())
        tenant = None if key is None else self._keys.tenant_of(key)
        if tenant is None:
            raise RefusalError.unauthenticated()
        return tenant


def _tolerant(message_type: type[_Request]) -> Callable[[bytes], _Request | None]:
    """A deserializer that gives None for broken bytes: an exception would reach the client as UNKNOWN, with its text."""

    def parse(data: bytes) -> _Request | None:
        try:
            return message_type.FromString(data)
        except DecodeError:
            return None

    return parse
