"""llama.cpp in a child process: a native crash ends the request, not the service.

The child (``llamacpp_worker``) is started again after a crash. Its pipe carries all requests, each to one of the slots. A
slot keeps the prompt of its last request, so that the next turn of a conversation is not read again; this cache is used for
requests of the same tenant only, because the time to the first token would tell one tenant whether another sent the same
beginning. Text that looks like a special token of the chat template is read as one by llama.cpp.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import sys
from collections.abc import AsyncGenerator
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
    Finish,
    PromptTooLongError,
)
from upcall.edge_runtime.errors import MissingExtraError, ModelError, UpcallError
from upcall.edge_runtime.processors import physical_cores

_LINE_LIMIT = 1 << 20
_LOAD_PATIENCE_S = 120.0
_ABORT_PATIENCE_S = 10.0
_RESTART_PAUSE_S = 0.5
_MAX_RESTART_PAUSE_S = 30.0
_WORKER = (sys.executable, "-P", "-m", "upcall.cloud_service.engines.llamacpp_worker")
_log = logging.getLogger(__name__)


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
    """An ``Engine`` on xllamacpp."""

    def __init__(self, options: LlamaCppOptions) -> None:
        self._options = options
        self._info = EngineInfo(
            model=options.alias,
            context_length=options.context_length,
            max_output_tokens=options.max_output_tokens,
            slots=options.slots,
        )
        self._process: asyncio.subprocess.Process | None = None
        self._supervisor: asyncio.Task[None] | None = None
        self._ready = asyncio.Event()
        self._health = EngineHealth.LOADING
        self._events: dict[str, asyncio.Queue[dict[str, Any]]] = {}
        self._slots = [_Slot(index) for index in range(options.slots)]

    @property
    def info(self) -> EngineInfo:
        """What it offers."""
        return self._info

    @property
    def process_id(self) -> int | None:
        """Of the child; None while there is none."""
        return None if self._process is None else self._process.pid

    def health(self) -> EngineHealth:
        """LOADING also while the child is started again."""
        return self._health

    async def load(self) -> None:
        """Start the child and wait until the model is there.

        Raises:
            ModelError: llama.cpp cannot read the file.
            MissingExtraError: xllamacpp is not installed.
        """
        self._supervisor = asyncio.create_task(self._supervise())
        waiting = asyncio.create_task(self._ready.wait())
        await asyncio.wait((self._supervisor, waiting), return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        if self._supervisor.done():
            self._supervisor.result()

    async def close(self) -> None:
        """End the child, whatever it is doing."""
        self._health = EngineHealth.FAILED
        if self._supervisor is not None:
            self._supervisor.cancel()
            await asyncio.wait((self._supervisor,))

    def abort(self, request_id: str) -> None:
        """Tell the child to stop a request; it does so before its next token or batch of the prompt."""
        if request_id in self._events:
            self._send({"op": "abort", "id": request_id})

    async def generate(self, request: EngineRequest) -> AsyncGenerator[EngineText | EngineEnd, None]:
        """Stream one answer. There must be a free slot: the service's admission sees to that.

        Raises:
            EngineUnavailableError: the child died or refused.
            PromptTooLongError: the prompt does not fit.
        """
        await self._wait_until_ready()
        slot = next((slot for slot in self._slots if slot.tenant == request.tenant), self._slots[0])
        self._slots.remove(slot)
        # At most max_output_tokens short events collect here, so a slow reader of one answer cannot hold up the others.
        events = self._events[request.request_id] = asyncio.Queue()
        has_ended = False
        try:
            body = _body(request, slot=slot.index, uses_cache=slot.tenant == request.tenant)
            slot.tenant = request.tenant
            self._send({"op": "generate", "id": request.request_id, "body": body})
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

    async def _wait_until_ready(self) -> None:
        try:
            async with asyncio.timeout(_LOAD_PATIENCE_S):
                await self._ready.wait()
        except TimeoutError:
            raise EngineUnavailableError("The engine is not back yet.") from None

    async def _let_go(self, events: asyncio.Queue[dict[str, Any]]) -> None:
        """Wait for the end of an aborted request; a child that does not react is killed, which ends it, too."""
        try:
            async with asyncio.timeout(_ABORT_PATIENCE_S):
                while (await events.get())["kind"] == "text":
                    pass
        except TimeoutError:
            self._kill()

    def _send(self, command: dict[str, Any]) -> None:
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.write(json.dumps(command).encode() + b"\n")

    def _kill(self) -> None:
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()

    async def _supervise(self) -> None:
        """Keep a child running. Ends only by a model that never loaded."""
        pause_s = _RESTART_PAUSE_S
        try:
            while True:
                self._health = EngineHealth.LOADING
                failure = await self._run_child()
                if failure is not None:
                    raise failure
                has_worked = self._health is EngineHealth.READY
                self._health = EngineHealth.LOADING
                self._forget_child()
                pause_s = _RESTART_PAUSE_S if has_worked else min(2 * pause_s, _MAX_RESTART_PAUSE_S)
                _log.error("the engine's process ended; it is started again in %.1f s", pause_s)
                await asyncio.sleep(pause_s)
        finally:
            self._kill()
            if self._process is not None:
                await self._process.wait()
            self._forget_child()
            self._health = EngineHealth.FAILED

    def _forget_child(self) -> None:
        self._ready.clear()
        self._process = None
        for slot in self._slots:
            slot.tenant = None
        for events in self._events.values():
            events.put_nowait({"kind": "died"})

    async def _run_child(self) -> UpcallError | None:
        """One life of a child, from start to end; returns why the model could not be loaded, None after a crash."""
        options = self._options
        self._process = process = await asyncio.create_subprocess_exec(
            *_WORKER,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            limit=_LINE_LIMIT,
            start_new_session=True,  # Ctrl-C is for the service, which lets running answers end
        )
        threads = options.threads or physical_cores()
        model = str(options.model_path.resolve())
        self._send(
            {
                "op": "load",
                "model": model,
                "context_length": options.context_length,
                "slots": options.slots,
                "threads": threads,
            }
        )
        assert process.stdout is not None  # asked for above
        async for line in process.stdout:
            event = json.loads(line)
            if event["kind"] == "failed":
                return _load_failure(event, options)
            if event["kind"] == "ready":
                self._health = EngineHealth.READY
                self._ready.set()
            elif event["id"] in self._events:
                self._events[event["id"]].put_nowait(event)
        await process.wait()
        return None


def _load_failure(event: dict[str, Any], options: LlamaCppOptions) -> UpcallError:
    if event["type"] == "missing_extra":
        return MissingExtraError(event["text"])
    return ModelError(
        f"llama.cpp cannot load {options.model_path} ({event['type']}).",
        allowed="a GGUF file of a chat model that fits into memory",
        next_step="pull it again with: upcall pull NAME",
    )


def _engine_event(event: dict[str, Any], options: LlamaCppOptions) -> EngineText | EngineEnd:
    if event["kind"] == "text":
        return EngineText(event["text"])
    if event["kind"] == "end" and event["finish"] in set(Finish):
        counts = {name: event[name] for name in ("input_tokens", "output_tokens", "cached_tokens")}
        return EngineEnd(finish=Finish(event["finish"]), **counts)
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
        "stop": list(sampling.stop),
        "stream": True,
        "stream_options": {"include_usage": True},
        "return_progress": True,  # calls back during the prompt, too, so that it can be stopped there
        "reasoning_format": "none",
        "cache_prompt": uses_cache,
        "id_slot": slot,
    }
