"""``upcall redact``: what would leave of a text."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from upcall.edge_runtime.cli import options as shared
from upcall.edge_runtime.errors import InputError, RedactionError
from upcall.edge_runtime.redaction import Detector, Policy, RedactedText, Vault, open_vault, redact

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)

FileArgument = Annotated[
    str, typer.Argument(metavar="[FILE]", help="UTF-8; - reads standard input.", show_default=False)
]


@app.command(
    help="Mask a text and print what would leave the device; nothing leaves. With --jsonl, mask a corpus: each line is an "
    'object with "id" and "text", and for each, in the same order, comes one with "id", "masked", "spans" (start, end, type, '
    'score, detector; in code points of the text) and "blocked". A line that is none is told on standard error, and the '
    "others go on. A whole text is read into memory, a corpus line by line.\n\n"
    "Exit code 0 when all was masked, 2 when a line or an option is wrong, 8 when the policy keeps the text here.\n\n"
    "Examples:\n\n"
    "  upcall redact letter.txt\n\n"
    "  upcall redact --vault letter.vault letter.txt | ask-somebody | upcall restore --vault letter.vault\n\n"
    "  upcall redact --jsonl --no-ner --policy policy.json corpus.jsonl > masked.jsonl",
)
def redact_command(
    file: FileArgument = "-",
    jsonl: Annotated[bool, typer.Option("--jsonl", help="Mask a corpus, a JSON object a line.")] = False,
    as_json: shared.JsonOption = False,
    no_ner: shared.NoNerOption = False,
    policy: shared.PolicyOption = None,
    private: shared.PrivateOption = None,
    block: shared.BlockOption = None,
    vault: shared.VaultOption = None,
) -> None:
    """Mask one text, or every line of a corpus."""
    if jsonl and as_json:
        raise InputError("--jsonl and --json were given together.", allowed="one of them")
    given = shared.policy_from(policy, block=block)
    detector = given.detector(deny_terms=tuple(private or ()), names=shared.usual_names(is_wanted=not no_ner))
    with opened(file) as stream, open_vault(vault) if vault is not None else nullcontext(Vault()) as kept:
        if jsonl:
            is_whole = _Corpus(detector, kept, given.policy).run(stream)
        else:
            text = shared.decoded(stream.read(), shared_name(file))
            redacted = redact(text, detector=detector, vault=kept, policy=given.policy, is_json=as_json)
            is_whole = True
    # The vault is on disk before the text is out: whoever has the text can restore it.
    if not jsonl:
        _print(redacted)
    if not is_whole:
        sys.exit(2)


def shared_name(file: str) -> str:
    """How an error calls the input."""
    return "The text on standard input" if file == "-" else f"The file {file}"


@contextmanager
def opened(file: str) -> Iterator[BinaryIO]:
    """The input as bytes.

    Raises:
        InputError: the file cannot be read.
    """
    if file == "-":
        yield sys.stdin.buffer
        return
    try:
        stream = Path(file).open("rb")  # noqa: SIM115 - closed below
    except OSError as error:
        raise InputError(f"The file {file} cannot be read ({error.strerror}).") from None
    with stream:
        yield stream


def _print(redacted: RedactedText) -> None:
    if redacted.blocked:
        raise RedactionError(
            f"The text holds {', '.join(sorted(redacted.blocked))}, which the policy keeps on this device.",
            next_step="remove it, or change the policy",
        )
    # Bytes: the text is printed as it is, without a line feed more or another line end.
    sys.stdout.buffer.write(redacted.masked.encode())
    sys.stdout.buffer.flush()
    told = ", ".join(f"{count} {kind}" for kind, count in sorted(redacted.counts.items())) or "nothing"
    Console(stderr=True, highlight=False, soft_wrap=True).print(f"masked: {told}", style="dim", markup=False)


class _Corpus:
    """Lines of JSON, each a text of its own. A value has the same placeholder in all of them."""

    def __init__(self, detector: Detector, vault: Vault, policy: Policy) -> None:
        self._detector = detector
        self._vault = vault
        self._policy = policy
        self._notes = Console(stderr=True, highlight=False, soft_wrap=True, markup=False)

    def run(self, stream: BinaryIO) -> bool:
        """Mask every line; whether all of them could be."""
        failed = 0
        for number, line in enumerate(self._shown(stream), 1):
            if not line.strip():
                continue
            try:
                done = self._masked(line)
            except (InputError, RedactionError) as error:
                failed += 1
                self._notes.print(f"Line {number}: {error}", style="red")
                continue
            sys.stdout.write(done + "\n")
        sys.stdout.flush()
        if failed:
            self._notes.print(f"{failed} lines were left out.", style="red")
        return not failed

    def _shown(self, stream: BinaryIO) -> Iterator[bytes]:
        """The lines, with a bar where there is somebody to see it and a size to compare with."""
        size = os.fstat(stream.fileno()).st_size
        columns = (TextColumn("masked"), BarColumn(), TextColumn("{task.percentage:.0f} %"), TimeRemainingColumn())
        console = Console(stderr=True)
        with Progress(*columns, console=console, disable=not (console.is_terminal and size), transient=True) as bar:
            task = bar.add_task("masked", total=size)
            for line in stream:
                yield line
                bar.advance(task, len(line))

    def _masked(self, line: bytes) -> str:
        name, text = _parsed(line)
        redacted = redact(text, detector=self._detector, vault=self._vault, policy=self._policy, remembers=False)
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
        told = {"id": name, "masked": redacted.masked, "spans": spans, "blocked": bool(redacted.blocked)}
        try:
            return json.dumps(told, ensure_ascii=False).encode().decode()
        except UnicodeEncodeError:  # a lone surrogate, which only an escape can hold
            return json.dumps(told)


def _parsed(line: bytes) -> tuple[Any, str]:
    allowed = 'an object with "id" and "text", a text, such as {"id": 1, "text": "Hello"}'
    try:
        given = json.loads(shared.decoded(line, "It"))
    except json.JSONDecodeError as error:
        raise InputError(f"It is not JSON at column {error.colno}.", allowed=allowed) from None
    except (ValueError, RecursionError):
        raise InputError("It is not JSON that can be read.", allowed=allowed) from None
    if not isinstance(given, dict) or "id" not in given or not isinstance(given.get("text"), str):
        raise InputError("It is JSON of another form.", allowed=allowed)
    return given["id"], given["text"]
