"""The real service with an engine that says what it was told to, for tests in other languages.

    python -m tests.e2e.scripted_service '{"reply": "Hello.", "delay_s": 0.02, "port": 0, "key": "upc_key", "error": "broke"}'

Every entry may be left out. With ``"repeats": true`` the reply is the last message, word for word. What the service announces
comes on standard output, as from ``upcall cloud``. Each line on standard input is answered by one line of JSON: to
``received``, the role and the content of each message of each request; to any other, how many requests were started, finished
and aborted, and how many tokens made. The end of standard input stops the service. With ``tls_folder``, the files
``authority.pem`` and ``stranger.pem`` are written there, the first of the authority that signed the service's certificate,
which is for the name ``host``.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import trustme

from upcall.cloud_service.admission.auth import ApiKeys
from upcall.cloud_service.engines.scripted import Script, ScriptedEngine
from upcall.cloud_service.server import ServerOptions, serve
from upcall.edge_runtime.conversation import Message


def main() -> None:
    given: dict[str, Any] = json.loads(sys.argv[1]) if len(sys.argv) > 1 else {}
    port, key, folder = given.pop("port", 0), given.pop("key", ""), given.pop("tls_folder", "")
    host, error = given.pop("host", "127.0.0.1"), given.pop("error", None)
    received: list[tuple[Message, ...]] = []
    reply = _recording(received, given.pop("reply", Script().reply), repeats=given.pop("repeats", False))
    engine = ScriptedEngine(Script(**given, reply=reply, error=None if error is None else RuntimeError(error)))
    chain, private = _certificate(Path(folder), host) if folder else (None, None)
    options = ServerOptions(port=port, grace_s=0.5, tls_certificate=chain, tls_key=private)
    keys = ApiKeys([("test", hashlib.sha256(key.encode()).digest())]) if key else None
    threading.Thread(target=_answer, args=(engine, received), daemon=True).start()
    asyncio.run(serve(engine, options=options, keys=keys, announce=_say))


def _recording(
    received: list[tuple[Message, ...]], reply: str, *, repeats: bool
) -> Callable[[tuple[Message, ...]], str]:
    def recording(messages: tuple[Message, ...]) -> str:
        received.append(messages)
        return messages[-1].content if repeats else reply

    return recording


def _answer(engine: ScriptedEngine, received: list[tuple[Message, ...]]) -> None:
    for line in sys.stdin:
        if line.strip() == "received":
            _say(json.dumps([[(each.role, each.content) for each in messages] for messages in received]))
            continue
        counts = {"started": len(engine.started), "finished": len(engine.finished), "aborted": len(engine.aborted)}
        _say(json.dumps(counts | {"tokens": engine.tokens_made}))
    os.kill(os.getpid(), signal.SIGTERM)


def _say(line: str) -> None:
    with contextlib.suppress(BrokenPipeError):  # whoever started it has gone
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()


def _certificate(folder: Path, host: str) -> tuple[Path, Path]:
    authority, stranger = trustme.CA(), trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "authority.pem"))
    stranger.cert_pem.write_to_path(str(folder / "stranger.pem"))
    issued = authority.issue_cert(host)
    chain, private = folder / "chain.pem", folder / "key.pem"
    for pem in issued.cert_chain_pems:
        pem.write_to_path(str(chain), append=True)
    issued.private_key_pem.write_to_path(str(private))
    return chain, private


if __name__ == "__main__":
    main()
