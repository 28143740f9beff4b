"""Fuzzes masking and restoring, guided by coverage, for as long as it is let.

    pip install 'upcall[fuzz]'
    python -m tests.fuzz.redaction --minutes 60 --corpus corpus/

What it finds is written to CORPUS/failures and shown; ``--replay FILE`` runs one again.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["upcall.edge_runtime.redaction"]):
    from tests.fuzz.properties import CHECKS, FRAGMENTS

_MAX_PIECES = 12
_MAX_BYTES = 512


def case(data: bytes) -> tuple[int, str, list[int]]:
    """Bytes as a check, a text of fragments and any characters, and places to cut it."""
    given = atheris.FuzzedDataProvider(data)
    number = given.ConsumeIntInRange(0, len(CHECKS) - 1)
    cuts = [given.ConsumeIntInRange(0, 120) for _ in range(given.ConsumeIntInRange(0, 4))]
    pieces: list[str] = []
    while given.remaining_bytes() and len(pieces) < _MAX_PIECES:
        if given.ConsumeBool():
            pieces.append(FRAGMENTS[given.ConsumeIntInRange(0, len(FRAGMENTS) - 1)])
        else:
            pieces.append(given.ConsumeUnicode(given.ConsumeIntInRange(0, 8)))
    text = "".join(pieces)
    # As a JSON text most of what comes is none: quoted, all of it is.
    if number == 1 and given.remaining_bytes() % 2 == 0:
        text = '{"key": ["' + text.replace("\\", "").replace('"', "") + '", 4111111111111111]}'
    return number, text, cuts


def run(data: bytes) -> None:
    """Check one input; an exception is a finding."""
    number, text, cuts = case(data)
    CHECKS[number](text, cuts)


def main() -> None:
    """Run until the time is over or something is found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=60.0, help="how long, default 60")
    parser.add_argument("--corpus", type=Path, required=True, help="folder of inputs to begin with and to add to")
    parser.add_argument("--replay", type=Path, help="run this one input and show it")
    parser.add_argument("--seed", type=int, default=1, help="of the mutations, default 1; 0 takes the time")
    given = parser.parse_args()
    if given.replay is not None:
        data = given.replay.read_bytes()
        print(ascii(case(data)))
        run(data)
        return
    failures = given.corpus / "failures"
    failures.mkdir(parents=True, exist_ok=True)
    options = [
        f"-max_total_time={round(given.minutes * 60)}",
        f"-max_len={_MAX_BYTES}",
        f"-seed={given.seed}",
        f"-artifact_prefix={failures}/",
        "-len_control=0",  # long inputs from the start
        "-print_final_stats=1",
        "-timeout=20",
        "-rss_limit_mb=2048",
    ]
    atheris.Setup([sys.argv[0], *options, str(given.corpus)], run)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
