"""llama.cpp in a child process: a native crash ends the request, not the service.

The child (``llamacpp_worker``) is started again after a crash (``child``). Its pipe carries all requests, each to one of the
slots. A slot keeps the prompt of its last request, so that the next turn of a conversation is not read again; this cache is
used for requests of the same tenant only, because the time to the first token would tell one tenant whether another sent the
same beginning. Text that looks like a special token of the chat template is read as one by llama.cpp.
"""

from __future__ import annotations

import asyncio
import importlib.util
import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from upcall.cloud_service.engine import (
    EngineEnd,
    EngineHealth,
    EngineInfo,
    EngineRequest,
    EngineText,
    EngineUnavailableError,
    PromptTooLongError,
)
from upcall.cloud_service.engines.capacity import check_capacity, default_threads
from upcall.cloud_service.engines.child import Child, Event, Restarts
from upcall.cloud_service.engines.gguf import read_chat_model
from upcall.edge_runtime.conversation import FinishReason
from upcall.edge_runtime.errors import MissingExtraError, ModelError, UpcallError, require

_LOAD_PATIENCE_S = 120.0
_ABORT_PATIENCE_S = 10.0
_WORKER = (sys.executable, "-P", "-m", "upcall.cloud_service.engines.llamacpp_worker")


@dataclass(frozen=True, slots=True)
class LlamaCppOptions:
    """What to load.

    Args:
        model_path: a GGUF file.
        alias: the name by which clients ask for it.
        context_length: tokens of prompt and answer together, for each slot.
        max_output_tokens: most tokens of one answer.
        slots: requests that run at the same time; each needs memory for a context of its own.
        threads: of the engine; 0 takes one for each physical core.
    """

    model_path: Path
    alias: str
    context_length: int = 4096
    max_output_tokens: int = 1024
    slots: int = 1
    threads: int = 0


@dataclass(slots=True)
class _Slot:
    index: int
    tenant: str | None = None


class LlamaCppEngine:
    """An ``Engine`` on xllamacpp.

    Args:
        options: what to load.
        worker: program and arguments of the child.
        restarts: how often and how soon the child is started again.
    """

    def __init__(
        self, options: LlamaCppOptions, *, worker: Sequence[str] = _WORKER, restarts: Restarts | None = None
    ) -> None:
        self._options = options
        self._info = EngineInfo(
            model=options.alias,
            context_length=options.context_length,
            max_output_tokens=options.max_output_tokens,
            slots=options.slots,
        )
        self._child = Child(
            worker,
            greeting={
                "op": "load",
                "model": str(options.model_path.resolve()),
                "context_length": options.context_length,
                "slots": options.slots,
                "threads": options.threads or default_threads(),
            },
            on_event=self._pass_on,
            on_end=self._forget_child,
            failure=self._load_failure,
            restarts=restarts or Restarts(),
        )
        self._events: dict[str, asyncio.Queue[Event]] = {}
        self._slots = [_Slot(index) for index in range(options.slots)]

    @property
    def info(self) -> EngineInfo:
        """What it offers."""
        return self._info

    @property
    def process_id(self) -> int | None:
        """Of the child; None while there is none."""
        return self._child.process_id

    def health(self) -> EngineHealth:
        """LOADING also while the child is started again."""
        return self._child.health()

    async def load(self) -> None:
        """Check model and settings, start the child and wait until the model is there.

        Raises:
            InputError: a setting is out of what this machine or the model allows.
            ModelError: the file is not a chat model, or llama.cpp cannot read it.
            MissingExtraError: xllamacpp is not installed.
            EngineFailedError: the child cannot be started, or ends before it is ready.
        """
        options = self._options
        _check_installed()
        check_capacity(
            await asyncio.to_thread(read_chat_model, options.model_path),
            threads=options.threads,
            slots=options.slots,
            context_length=options.context_length,
        )
        await self._child.start()

    async def close(self) -> None:
        """End the child, whatever it is doing."""
        await self._child.close()

    def abort(self, request_id: str) -> None:
        """Tell the child to stop a request; it does so before its next token or batch of the prompt."""
        if request_id in self._events:
            self._child.send({"op": "abort", "id": request_id})

    async def generate(self, request: EngineRequest) -> AsyncGenerator[EngineText | EngineEnd, None]:
        """Stream one answer. There must be a free slot: the service's admission sees to that.

        Raises:
            EngineUnavailableError: the child died or refused.
            PromptTooLongError: the prompt does not fit.
        """
        await self._child.wait_until_ready(patience_s=_LOAD_PATIENCE_S)
        slot = next((slot for slot in self._slots if slot.tenant == request.tenant), self._slots[0])
        self._slots.remove(slot)
        # At most max_output_tokens short events collect here, so a slow reader of one answer cannot hold up the others.
        events = self._events[request.request_id] = asyncio.Queue()
        has_ended = False
        try:
            body = _body(request, slot=slot.index, uses_cache=slot.tenant == request.tenant)
            slot.tenant = request.tenant
            self._child.send({"op": "generate", "id": request.request_id, "body": body})
            while not has_ended:
                event = await events.get()
                has_ended = event["kind"] != "text"
                yield _engine_event(event, self._options)
        finally:
            if not has_ended:
                self.abort(request.request_id)
                await self._let_go(events)
            del self._events[request.request_id]
            self._slots.append(slot)

    async def _let_go(self, events: asyncio.Queue[Event]) -> None:
        """Wait for the end of an aborted request; a child that does not react is killed, which ends it, too."""
        try:
            async with asyncio.timeout(_ABORT_PATIENCE_S):
                while (await events.get())["kind"] == "text":
                    pass
        except TimeoutError:
            self._child.kill()

    def _pass_on(self, event: Event) -> None:
        events = self._events.get(event.get("id", ""))
        if events is not None:
            events.put_nowait(event)

    def _forget_child(self) -> None:
        for slot in self._slots:
            slot.tenant = None
        for events in self._events.values():
            events.put_nowait({"kind": "died"})

    def _load_failure(self, event: Event, words: str) -> UpcallError:
        if event.get("type") == "missing_extra":
            return MissingExtraError(event["text"])
        said = f" Its last words:\n{words}" if words else ""
        return ModelError(
            f"llama.cpp cannot load {self._options.model_path} ({event.get('type')}).{said}",
            allowed="a GGUF file of a chat model that fits into memory",
            next_step="pull it again with: upcall pull NAME, or try a smaller --context-length",
        )


def _check_installed() -> None:
    """See that xllamacpp is there without loading it into this process."""
    with suppress(ModuleNotFoundError):
        if importlib.util.find_spec("xllamacpp") is not None:
            return
    require("xllamacpp", extra="cloud")


def _engine_event(event: dict[str, Any], options: LlamaCppOptions) -> EngineText | EngineEnd:
    if event["kind"] == "text":
        return EngineText(event["text"])
    if event["kind"] == "end" and event["finish"] in set(FinishReason):
        counts = {name: event[name] for name in ("input_tokens", "output_tokens", "cached_tokens")}
        return EngineEnd(finish=FinishReason(event["finish"]), **counts)
    if event.get("type") == "exceed_context_size_error":
        raise PromptTooLongError(tokens=event["tokens"], context_length=event["context_length"])
    reason = event.get("type") or event.get("finish") or event["kind"]
    raise EngineUnavailableError(f"The engine of {options.alias} stopped ({reason}).")


def _body(request: EngineRequest, *, slot: int, uses_cache: bool) -> dict[str, Any]:
    """The request in llama.cpp's terms. The chat template is the one in the GGUF file."""
    sampling = request.sampling
    return {
        "messages": [{"role": str(message.role), "content": message.content} for message in request.messages],
        "max_tokens": request.max_output_tokens,
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "top_k": sampling.top_k,
        "min_p": sampling.min_p,
        "repeat_penalty": sampling.repetition_penalty,
        "repeat_last_n": 1_000_000,  # the whole context, as on the device
        "samplers": ["penalties", "temperature", "top_k", "min_p", "top_p"],  # the device's order
        "seed": sampling.seed % 0xFFFF_FFFF,  # 32 bits, and the highest of them means "random"
        "stop": list(request.stop),
        "stream": True,
        "stream_options": {"include_usage": True},
        "return_progress": True,  # calls back during the prompt, too, so that it can be stopped there
        "reasoning_format": "none",
        "cache_prompt": uses_cache,
        "id_slot": slot,
    }
