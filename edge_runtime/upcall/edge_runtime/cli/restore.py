"""``upcall restore``: the inverse of ``upcall redact``."""

from __future__ import annotations

import codecs
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from upcall.edge_runtime.cli.redact import FileArgument, opened
from upcall.edge_runtime.errors import InputError
from upcall.edge_runtime.redaction import JsonStreamRestorer, StreamRestorer, read_vault

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)

_CHUNK_BYTES = 65_536


@app.command(
    help="Put back what `upcall redact --vault FILE` masked: in the masked text, or in an answer to it. Only placeholders of "
    "that vault are replaced. The text is restored as it comes.\n\n"
    "Examples:\n\n"
    "  upcall restore --vault letter.vault answer.txt\n\n"
    "  upcall restore --vault letter.vault --json arguments.json",
)
def restore_command(
    vault: Annotated[Path, typer.Option("--vault", metavar="FILE", help="Written by: upcall redact --vault FILE")],
    file: FileArgument = "-",
    as_json: Annotated[
        bool, typer.Option("--json", help="The text is JSON, or lines of it: values are escaped as it needs.")
    ] = False,
) -> None:
    """Restore a text as it comes."""
    kept = read_vault(vault)
    restorer = JsonStreamRestorer(kept) if as_json else StreamRestorer(kept)
    with opened(file) as stream:
        for text in _decoded(stream):
            _write(restorer.feed(text))
    _write(restorer.flush())


def _decoded(stream: BinaryIO) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder("utf-8")()
    done = 0
    while True:
        chunk = stream.read1(_CHUNK_BYTES)  # type: ignore[attr-defined]  # a buffered reader: what is there, without waiting
        try:
            yield decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError:
            raise InputError(
                f"The text is not UTF-8 after byte {done:,}.", next_step="convert it, for example with iconv"
            ) from None
        done += len(chunk)
        if not chunk:
            return


def _write(text: str) -> None:
    # A lone surrogate can come from a vault of a corpus, in which it stood as an escape.
    sys.stdout.buffer.write(text.encode(errors="surrogatepass"))
    sys.stdout.buffer.flush()
