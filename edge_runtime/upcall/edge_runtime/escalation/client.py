"""The runtime's ``Cloud`` over gRPC, synchronous: the session's thread waits for the stream anyway."""

from __future__ import annotations

import importlib.metadata
import time
from collections.abc import Generator
from contextlib import closing

import grpc

from upcall.edge_runtime.cloud import CloudQuestion, CloudText, CloudUsage
from upcall.edge_runtime.errors import EscalationError
from upcall.edge_runtime.escalation.endpoint import CloudEndpoint
from upcall.edge_runtime.escalation.failures import escalation_error, interrupted, may_retry, pushback_s
from upcall.edge_runtime.escalation.wire import finish_reason, generate_request
from upcall.protocol.v1 import escalation_pb2, escalation_pb2_grpc

_ATTEMPTS = 2
_RETRY_PAUSE_S = 0.25


class GrpcCloud:
    """A ``Cloud`` behind ``upcall.protocol.v1.EscalationService``. Connects at the first question; usable by several threads.

    Raises:
        InputError: the CA certificate cannot be read.
    """

    def __init__(self, endpoint: CloudEndpoint) -> None:
        self._endpoint = endpoint
        self._channel = endpoint.open_channel()
        self._stub = escalation_pb2_grpc.EscalationServiceStub(self._channel)
        self._metadata = (("authorization", f"Bearer {endpoint.api_key}"),) if endpoint.api_key else ()

    @property
    def address(self) -> str:
        """``HOST:PORT``."""
        return self._endpoint.target

    def close(self) -> None:
        """Drop the connection and cancel what runs on it."""
        self._channel.close()

    def generate(self, question: CloudQuestion) -> Generator[CloudText | CloudUsage, None, None]:
        """Stream one answer; see ``Cloud``.

        Before the first text, a call that failed in a passing way is tried once more within the same deadline. After it,
        nothing is: the user has seen the beginning.

        Raises:
            EscalationError: the answer is not whole.
        """
        deadline = time.monotonic() + question.timeout_ms / 1000
        request = generate_request(
            question, model=self._endpoint.model, client_version=importlib.metadata.version("upcall")
        )
        for attempt in range(1, _ATTEMPTS + 1):
            has_text = False
            try:
                with closing(self._attempt(request, timeout_s=max(0.0, deadline - time.monotonic()))) as parts:
                    for part in parts:
                        has_text = True
                        yield part
                return
            except grpc.RpcError as error:
                pause_s = max(_RETRY_PAUSE_S, pushback_s(error))
                has_time = time.monotonic() + pause_s < deadline
                if has_text or attempt == _ATTEMPTS or not may_retry(error) or not has_time:
                    raise self._translated(error, has_text=has_text) from None
            time.sleep(pause_s)

    def _attempt(
        self, request: escalation_pb2.GenerateRequest, *, timeout_s: float
    ) -> Generator[CloudText | CloudUsage, None, None]:
        """One call. Leaving early cancels it: gRPC would keep a call that nobody reads."""
        call = self._stub.Generate(request, timeout=timeout_s, metadata=self._metadata)
        usage = escalation_pb2.Usage()
        completed: escalation_pb2.Completed | None = None
        try:
            for sequence, response in enumerate(call, start=1):
                if response.sequence != sequence:
                    raise interrupted(self.address)
                event = response.WhichOneof("event")
                if event == "text_delta":
                    yield CloudText(response.text_delta.text)
                elif event == "usage":
                    usage = response.usage
                elif event == "completed":
                    completed = response.completed
        except grpc.RpcError:
            if completed is None:  # else the answer is whole, however the call ended
                raise
        finally:
            call.cancel()
        if completed is None:
            raise interrupted(self.address)
        yield CloudUsage(
            input_tokens=usage.input_tokens,
            output_tokens=usage.output_tokens,
            finish_reason=finish_reason(completed),
        )

    def _translated(self, error: grpc.RpcError, *, has_text: bool) -> EscalationError:
        return escalation_error(error, address=self.address, model=self._endpoint.model, has_text=has_text)
