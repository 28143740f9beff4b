"""A corpus: lines of JSON, each a text of its own, masked in their order."""

from __future__ import annotations

import codecs
import json
import math
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NoReturn

from upcall.edge_runtime.errors import InputError, RedactionError, UpcallError
from upcall.edge_runtime.redaction.detector import Detector
from upcall.edge_runtime.redaction.policy import Policy
from upcall.edge_runtime.redaction.texts import redact
from upcall.edge_runtime.redaction.vault import Vault
from upcall.edge_runtime.redaction.vault_file import KeptVault

_ALLOWED = 'an object with "id" and "text", a text, such as {"id": 1, "text": "Hello"}'
_BATCH_LINES = 500
_SHARE_OF_SAVING = 0.1  # of the time: a large vault is written less often, and lines wait for it
_LONGEST_WAIT_S = 5.0


@dataclass
class CorpusCounts:
    """What became of the lines."""

    masked: int = 0
    blocked: int = 0
    failed: int = 0


@dataclass(frozen=True)
class Corpus:
    """Masks the lines of a corpus. A value has the same placeholder in all of them; nothing else is taken from line to line.

    Args:
        detector: what is private.
        vault: gives the placeholders; one of a file is saved before lines are written that need it.
        policy: what to do with what is found.
        write: takes masked lines, each with its line feed; whatever was given to it can be restored, also after a kill.
        on_error: told the number of a line, from 1, that is left out, and why.
    """

    detector: Detector
    vault: Vault
    policy: Policy
    write: Callable[[str], None]
    on_error: Callable[[int, UpcallError], None]
    counts: CorpusCounts = field(default_factory=CorpusCounts)

    def mask(self, lines: Iterable[bytes]) -> CorpusCounts:
        """Mask every line that is one.

        Args:
            lines: UTF-8, with their line feeds; empty ones are skipped.

        Raises:
            InputError: the vault cannot be written.
        """
        waiting: list[str] = []
        saved_at, saving_s = time.monotonic(), 0.0
        try:
            for line in self._masked_lines(lines):
                waiting.append(line)
                waited_s = time.monotonic() - saved_at
                if waited_s >= _LONGEST_WAIT_S or (
                    len(waiting) >= _BATCH_LINES and waited_s * _SHARE_OF_SAVING >= saving_s
                ):
                    saving_s = self._let_go(waiting)
                    saved_at = time.monotonic()
        finally:
            self._let_go(waiting)
        return self.counts

    def _let_go(self, waiting: list[str]) -> float:
        """Write lines that wait, the vault first; returns the seconds that the vault took."""
        start = time.monotonic()
        if isinstance(self.vault, KeptVault):
            self.vault.save()
        saving_s = time.monotonic() - start
        self.write("".join(waiting))
        waiting.clear()
        return saving_s

    def _masked_lines(self, lines: Iterable[bytes]) -> Iterator[str]:
        for number, line in enumerate(lines, 1):
            given = line.removeprefix(codecs.BOM_UTF8) if number == 1 else line
            if not given.strip():
                continue
            try:
                yield self._masked(given) + "\n"
            except (InputError, RedactionError) as error:
                self.counts.failed += 1
                self.on_error(number, error)

    def _masked(self, line: bytes) -> str:
        name, text = parsed_line(line)
        redacted = redact(text, detector=self.detector, vault=self.vault, policy=self.policy, remembers=False)
        self.counts.masked += 1
        self.counts.blocked += redacted.is_blocked
        spans = [
            {
                "start": span.start,
                "end": span.end,
                "type": span.entity_type,
                "score": span.score,
                "detector": span.detector,
            }
            for span in redacted.spans
        ]
        told = {"id": name, "masked": redacted.masked, "spans": spans, "blocked": redacted.is_blocked}
        try:
            return json.dumps(told, ensure_ascii=False).encode().decode()
        except UnicodeEncodeError:  # a lone surrogate, which only an escape can hold
            return json.dumps(told)


def parsed_line(line: bytes) -> tuple[Any, str]:
    """The id and the text of a line.

    Raises:
        InputError: it is not UTF-8, no JSON (RFC 8259), holds a key twice or a number that JSON has not, or lacks one of both.
    """

    def refuse(_: str) -> NoReturn:
        raise ValueError

    def finite(text: str) -> float:
        value = float(text)
        return value if math.isfinite(value) else refuse(text)

    try:
        text = decoded(line, "It")
        given = json.loads(text, parse_constant=refuse, parse_float=finite, object_pairs_hook=_once)
    except json.JSONDecodeError as error:
        raise InputError(f"It is not JSON at column {error.colno}.", allowed=_ALLOWED) from None
    except (ValueError, RecursionError):
        raise InputError("It is not JSON that can be read.", allowed=_ALLOWED) from None
    if not isinstance(given, dict) or "id" not in given or not isinstance(given.get("text"), str):
        raise InputError("It is JSON of another form.", allowed=_ALLOWED)
    return given["id"], given["text"]


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs) and ("text" in found or "id" in found):
        raise ValueError
    return found


def decoded(raw: bytes, what: str) -> str:
    """Bytes as text.

    Args:
        raw: UTF-8.
        what: subject of the error message.

    Raises:
        InputError: they are not UTF-8, or every other one is zero: in UTF-16 no rule would find anything.
    """
    if raw.count(0) * 3 > len(raw):
        raise InputError(
            f"{what} looks like UTF-16 or UTF-32.", allowed="UTF-8", next_step="convert it, for example with iconv"
        )
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{what} is not UTF-8 at byte {error.start}.", next_step="convert it, for example with iconv"
        ) from None
