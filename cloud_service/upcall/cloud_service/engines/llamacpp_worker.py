"""The child process that runs llama.cpp: commands come in as JSON lines, events go out as JSON lines.

In: ``{"op": "load", …}`` first, then ``{"op": "generate", "id", "body"}`` and ``{"op": "abort", "id"}``; the end of the input
ends the process. Out: ``ready`` or ``failed``, then for each request ``text`` events and one ``end`` or ``error``.

Privacy: the pipe is the only way in or out. Standard output leads nowhere, and so does standard error once the model is
loaded, since llama.cpp may print prompts; before that, it says why a model cannot be loaded. No core file is written.
xllamacpp always opens a listening socket for HTTP: it is made a Unix socket in a private folder (``socket_folder``), with a
random key, and its file is removed at once, so nobody can connect.
"""

from __future__ import annotations

import json
import os
import resource
import secrets
import sys
import threading
from typing import Any, BinaryIO

from upcall.cloud_service.engines.socket_folder import socket_folder
from upcall.edge_runtime.errors import MissingExtraError, require

_BATCH_TOKENS = 128  # an abort during the prompt waits for one batch at most; also the bound of ``capacity.MAX_SLOTS``
_ERRORS_ONLY = 1


class Outbox:
    """Writes events, one whole line at a time. Blocks while the pipe is full: that is the bound."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._lock = threading.Lock()

    def put(self, kind: str, **values: Any) -> None:
        """Send one event. A gateway that is gone ends the process."""
        line = json.dumps({"kind": kind, **values}).encode() + b"\n"
        try:
            with self._lock:
                self._stream.write(line)
        except BrokenPipeError:
            os._exit(1)


class Run:
    """One request: follows llama.cpp's stream and tells it to stop when asked to."""

    def __init__(self, request_id: str, outbox: Outbox) -> None:
        self._id = request_id
        self._outbox = outbox
        self._finish = ""
        self._usage: dict[str, int] = {}
        self._error: dict[str, Any] | None = None
        self.should_stop = threading.Event()

    def start(self, server: Any, body: dict[str, Any]) -> None:
        """Generate, until the end. Called on a thread of its own."""
        try:
            server.handle_chat_completions(body, self._take)
        except Exception as error:  # its text may quote the prompt
            self._error = {"type": type(error).__name__}
        if self.should_stop.is_set():
            self._outbox.put("end", id=self._id, finish="aborted")
        elif self._error is not None or not self._finish:
            self._outbox.put("error", id=self._id, **_safe(self._error or {}))
        else:
            self._outbox.put("end", id=self._id, finish=self._finish, **self._usage)

    def _take(self, chunk: dict[str, Any]) -> bool:
        """Called by llama.cpp for each batch of the prompt and for each token; True stops the decoding."""
        if self.should_stop.is_set():
            return True
        if "error" in chunk:
            self._error = chunk["error"]
            return True
        if "usage" in chunk:
            usage = chunk["usage"]
            self._usage = {
                "input_tokens": usage["prompt_tokens"],
                "output_tokens": usage["completion_tokens"],
                "cached_tokens": usage["prompt_tokens_details"]["cached_tokens"],
            }
        for choice in chunk.get("choices", ()):
            text = choice["delta"].get("content")
            if text:
                self._outbox.put("text", id=self._id, text=text)
            self._finish = choice["finish_reason"] or self._finish
        return False


def _safe(error: dict[str, Any]) -> dict[str, Any]:
    """Type and numbers of an error of llama.cpp, never its text."""
    return {
        "type": str(error.get("type", "unknown")),
        "tokens": int(error.get("n_prompt_tokens", 0)),
        "context_length": int(error.get("n_ctx", 0)),
    }


def load(settings: dict[str, Any]) -> Any:
    """Load the model.

    Args:
        settings: ``model`` (absolute path), ``context_length`` of each slot, ``slots``, ``threads``.

    Raises:
        MissingExtraError: xllamacpp is not installed.
        Exception: whatever llama.cpp throws at a file that it cannot read.
    """
    xllamacpp = require("xllamacpp", extra="cloud")
    parameters = xllamacpp.CommonParams()
    parameters.model.path = settings["model"]
    parameters.n_parallel = settings["slots"]
    parameters.n_ctx = settings["context_length"] * settings["slots"]
    parameters.n_batch = parameters.n_ubatch = _BATCH_TOKENS
    parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = settings["threads"]
    parameters.verbosity = _ERRORS_ONLY
    parameters.offline = True
    parameters.ui = parameters.endpoint_slots = False
    parameters.n_threads_http = 1
    parameters.api_keys = [secrets.token_urlsafe(32)]
    # Text stays as the model wrote it, and no prompt outlives its slot: by default up to 8 GiB of them would be kept.
    parameters.force_pure_content_parser = True
    parameters.cache_ram_mib = 0
    parameters.cache_idle_slots = False
    with socket_folder() as socket:
        os.chdir(socket.parent)  # a relative name always fits into a socket address
        parameters.hostnames = [socket.name]
        server = xllamacpp.Server(parameters)
        os.chdir("/")
    return server


def serve(commands: BinaryIO, outbox: Outbox) -> None:
    """Follow commands until the input ends."""
    try:
        server = load(json.loads(commands.readline()))
    except MissingExtraError as error:
        return outbox.put("failed", type="missing_extra", text=str(error))
    except Exception as error:
        return outbox.put("failed", type=type(error).__name__)
    _silence(sys.stderr.fileno())
    outbox.put("ready")
    runs: dict[str, Run] = {}
    for line in commands:
        command = json.loads(line)
        name = command["id"]
        if command["op"] == "generate":
            runs = {key: run for key, run in runs.items() if not run.should_stop.is_set()}
            run = runs[name] = Run(name, outbox)
            threading.Thread(target=run.start, args=(server, command["body"]), daemon=True).start()
        elif name in runs:
            runs.pop(name).should_stop.set()
    return None


def _silence(stream: int) -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream)
    os.close(nowhere)


def main() -> None:
    """Entry point of the process."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.environ["GGML_NO_BACKTRACE"] = "1"  # else a failed assertion starts a debugger, which may print arguments
    outbox = Outbox(os.fdopen(os.dup(sys.stdout.fileno()), "wb", buffering=0))
    _silence(sys.stdout.fileno())
    try:
        serve(sys.stdin.buffer, outbox)
    finally:
        os._exit(0)  # threads inside llama.cpp are not waited for


if __name__ == "__main__":
    main()
