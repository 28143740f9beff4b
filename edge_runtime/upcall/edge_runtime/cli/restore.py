"""``upcall restore``: the inverse of ``upcall redact``."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Annotated, BinaryIO

import typer
from rich.console import Console

from upcall.edge_runtime.cli.commands import command_app, help_with_examples
from upcall.edge_runtime.cli.output import write
from upcall.edge_runtime.cli.redact import FileArgument, opened
from upcall.edge_runtime.errors import InputError
from upcall.edge_runtime.redaction import JsonStreamRestorer, StreamRestorer, read_vault
from upcall.edge_runtime.redaction.placeholders import find_placeholders

app = command_app()

_CHUNK_BYTES = 65_536


@app.command(
    help=help_with_examples(
        "Put back what `upcall redact --vault FILE` masked: in the masked text, or in an answer to it. Only "
        "placeholders of that vault are replaced. The text is restored as it comes.",
        "upcall restore --vault letter.vault answer.txt",
        "upcall restore --vault letter.vault --json arguments.json",
    ),
)
def restore_command(
    vault: Annotated[Path, typer.Option("--vault", metavar="FILE", help="Written by: upcall redact --vault FILE")],
    file: FileArgument = "-",
    as_json: Annotated[
        bool, typer.Option("--json", help="The text is JSON, or lines of it: values are escaped as it needs.")
    ] = False,
) -> None:
    """Restore a text as it comes."""
    with opened(file) as stream:
        texts = _decoded(stream)
        first = next(texts)  # in a pipeline the vault is written before the first byte comes through it
        restorer = _restorer(vault, as_json=as_json)
        for text in chain((first,), texts):
            if any(restorer.is_unknown(minted) for minted in _placeholders(text)):
                restorer.take(read_vault(vault))  # it has grown meanwhile
            write(_encoded(restorer.feed(text)))
    write(_encoded(restorer.flush()))
    if restorer.altered_count:
        Console(stderr=True, highlight=False, soft_wrap=True, markup=False).print(
            f"{restorer.altered_count} placeholders of this vault came back altered and were not restored.",
            style="yellow",
        )


def _restorer(vault: Path, *, as_json: bool) -> StreamRestorer:
    kept = read_vault(vault)
    return JsonStreamRestorer(kept) if as_json else StreamRestorer(kept)


def _placeholders(text: str) -> Iterator[str]:
    return (minted for _, _, minted in find_placeholders(text))


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


def _encoded(text: str) -> bytes:
    # A lone surrogate can come from a vault of a corpus, in which it stood as an escape.
    return text.encode(errors="surrogatepass")
