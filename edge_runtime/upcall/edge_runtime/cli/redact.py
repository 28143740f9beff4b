"""``upcall redact``: what would leave of a text."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Annotated, BinaryIO

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from upcall.edge_runtime.cli import options as shared
from upcall.edge_runtime.cli.commands import command_app, help_with_examples
from upcall.edge_runtime.cli.output import write
from upcall.edge_runtime.errors import InputError, RedactionError
from upcall.edge_runtime.redaction import Detector, Policy, RedactedText, Vault, open_vault, redact
from upcall.edge_runtime.redaction.corpus import Corpus, CorpusCounts, decoded
from upcall.edge_runtime.redaction.names.scripts import unread_letters

app = command_app()

FileArgument = Annotated[
    str, typer.Argument(metavar="[FILE]", help="UTF-8; - reads standard input.", show_default=False)
]


@app.command(
    help=help_with_examples(
        "Mask a text and print what would leave the device; nothing leaves. With --jsonl, mask a corpus: each "
        'line is an object with "id" and "text", and for each, in the same order, comes one with "id", "masked", '
        '"spans" (start, end, type, score, detector; in code points of the text) and "blocked". A line that is '
        "none is told on standard error, and the others go on. A whole text is read into memory, a corpus line by "
        "line.\n\nExit code 0 when all was masked, 2 when a line or an option is wrong, 8 when the policy keeps the "
        "text, or a line of the corpus, on this device.",
        "upcall redact letter.txt",
        "upcall redact --vault letter.vault letter.txt | ask-somebody | upcall restore --vault letter.vault",
        "upcall redact --jsonl --no-ner --policy policy.json corpus.jsonl > masked.jsonl",
    ),
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
    _end_cleanly()
    with opened(file) as stream, open_vault(vault) if vault is not None else nullcontext(Vault()) as kept:
        if jsonl:
            counts = _mask_corpus(stream, detector, kept, given.policy)
        else:
            text = decoded(stream.read(), shared_name(file))
            text = text.removeprefix("\ufeff") if as_json else text
            _tell_unread(text, detector)
            redacted = redact(text, detector=detector, vault=kept, policy=given.policy, is_json=as_json)
    # The vault is on disk before the text is out: whoever has the text can restore it.
    if not jsonl:
        _print(redacted)
    elif counts.failed:
        sys.exit(InputError.exit_code)
    elif counts.blocked:
        sys.exit(RedactionError.exit_code)


def _end_cleanly() -> None:
    """A closed terminal or a request to end is like Ctrl-C: the vault is written on the way out."""

    def end(number: int, _: object) -> None:
        raise SystemExit(128 + number)

    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name) and threading.current_thread() is threading.main_thread():
            signal.signal(getattr(signal, name), end)


def _tell_unread(text: str, detector: Detector) -> None:
    """Say once that names in letters which the name model does not read are not found."""
    if detector.names is not None and (count := unread_letters(text)):
        _notes().print(
            f"{count:,} letters are of scripts that the name model does not read: names in them are found by cues only.",
            style="yellow",
        )


def _notes() -> Console:
    return Console(stderr=True, highlight=False, soft_wrap=True, markup=False)


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
        if sys.stdin is None:
            raise InputError("Standard input is closed.", next_step="name a file, or give it a text")
        yield sys.stdin.buffer
        return
    try:
        stream = Path(file).open("rb")  # noqa: SIM115 - closed below
    except OSError as error:
        raise InputError(f"The file {file} cannot be read ({error.strerror}).") from None
    except ValueError:
        raise InputError("The name of the file holds a character that no name has.") from None
    with stream:
        yield stream


def _print(redacted: RedactedText) -> None:
    if redacted.is_blocked:
        letters = f"{redacted.unread_letters:,} letters of scripts that the name model does not read"
        raise RedactionError(
            f"The text holds {', '.join(sorted(redacted.blocked)) or letters}, which the policy keeps on this device.",
            next_step="remove it, or change the policy",
        )
    # Bytes: the text is printed as it is, without a line feed more or another line end.
    write(redacted.masked.encode())
    told = ", ".join(f"{count} {kind}" for kind, count in sorted(redacted.counts.items())) or "nothing"
    _notes().print(f"masked: {told}", style="dim")


def _mask_corpus(stream: BinaryIO, detector: Detector, vault: Vault, policy: Policy) -> CorpusCounts:
    """Mask every line of a stream, and say which were left out."""
    notes = _notes()
    corpus = Corpus(
        detector,
        vault,
        policy,
        write=lambda text: write(text.encode()),
        on_error=lambda number, error: notes.print(f"Line {number}: {error}", style="red"),
    )
    counts = corpus.mask(_shown(stream))
    if counts.failed:
        notes.print(f"{counts.failed} lines were left out.", style="red")
    return counts


def _shown(stream: BinaryIO) -> Iterator[bytes]:
    """The lines, with a bar where there is somebody to see it and a size to compare with."""
    size = os.fstat(stream.fileno()).st_size
    columns = (TextColumn("masked"), BarColumn(), TextColumn("{task.percentage:.0f} %"), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=not (console.is_terminal and size), transient=True) as bar:
        task = bar.add_task("masked", total=size)
        for line in stream:
            yield line
            bar.advance(task, len(line))
