"""Speed of the Kotlin runtime beside Python's: engine, tokenizer, rules, names and decision, in one sitting."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from rich.console import Console

from benchmarks import pii_data, results, runtimes
from benchmarks.machine import OtherPrograms, describe
from benchmarks.results import Row, at_least, at_most, times_the_peer
from benchmarks.runtimes import KOTLIN, PYTHON
from benchmarks.spread import spread
from benchmarks.subjects import Case, ChildModel, MeasuringError
from upcall.edge_runtime.errors import UpcallError
from upcall.edge_runtime.language_model.chat_template import Piece
from upcall.edge_runtime.language_model.tokenizer import Tokenizer
from upcall.export.checks.samples import prose

PROMPT_LENGTHS = (128, 512)
NEW_TOKENS = 128
ENGINE_FACTOR = 0.95
MIN_CHARACTERS_PER_S = {"tokenize": 1_000_000.0, "rules": 300_000.0}
MAX_NAMES_MS, MAX_DECISION_US = 30.0, 100.0
_TEXTS = 200
_WARM_UPS = 8  # of code that Java compiles meanwhile, a little better each time
_REST_S = 0.4  # engines let their threads spin for a while after a run, which would slow the next one's
_DESCRIPTION = """Measure the Kotlin runtime on this machine's Java beside the Python one, on one bundle with as many threads.

Each runs in a process of its own. After a round that does not count, which also lets Java compile, they are measured in
turns; medians and ranges go to benchmarks/results/kotlin.json, then RESULTS.md is written. Leave the machine alone
meanwhile. Needs what `make android` needs, and the name model (`upcall pull rampart`). On 2 idle cores and with 5 runs about
4 minutes, and some more where the Kotlin modules are not compiled yet."""
_EXAMPLES = f"""examples:
  python -m benchmarks.kotlin --data ~/pii --python ~/ort126/bin/python
  UPCALL_DATA=~/pii python -m benchmarks.kotlin --repetitions 1 --dry-run   # does it run? writes nothing

{runtimes.HOW_TO_MAKE_PYTHON}
The data folder is that of `python -m benchmarks.redaction --help`; prompts of 300 characters are made of it."""
_TITLES = {
    "tokenize": "tokenizer",
    "rules": "rules, one thread",
    "names": f"rules and names, one prompt of {pii_data.CHAT_CHARACTERS} characters",
    "decide": "one decision",
}
_console = Console(stderr=True, highlight=False, soft_wrap=True)


@dataclass
class Runs:
    """All that was measured of one runtime.

    Args:
        load_s: until it could be asked; the Kotlin one was compiled before.
        engine: version of ONNX Runtime.
        values: of every run, by figure.
    """

    load_s: float
    engine: str
    values: dict[str, list[float]] = field(default_factory=dict)

    def median(self, figure: str) -> float:
        """The median of a figure."""
        return spread(self.values[figure]).median


def main() -> None:
    """Measure, write the results."""
    given = _arguments()
    try:
        _run(given)
    except (UpcallError, MeasuringError) as error:
        sys.exit(str(error))


def _run(given: argparse.Namespace) -> None:
    bundle = runtimes.check(given)
    dev = pii_data.prompts(pii_data.folder(given.data) / pii_data.DEV)
    texts = list(pii_data.chats(dev))[:_TEXTS]
    ids = Tokenizer(bundle.tokenizer).encode([Piece(prose(), is_template=False)])
    others = OtherPrograms()
    subjects: dict[str, ChildModel] = {}
    try:
        for name, subject in runtimes.start(
            given, bundle, module="benchmarks.runtime_model", arguments=(), texts=texts
        ):
            subjects[name] = subject
        runs = _measure(subjects, cases(ids), repetitions=given.repetitions)
    finally:
        for subject in subjects.values():
            subject.close()
    listed = rows(runs, texts=len(texts), threads=given.threads, others_percent=others.share())
    for row in listed:
        peer = f"{row.peer} {row.peer_value:,.4g}" if row.peer_value is not None else ""
        _console.print(f"{row.value:12,.4g} {row.unit:7} {row.figure}  {row.target or ''}  {peer}", markup=False)
    if not given.dry_run:
        command = results.command_line("benchmarks.kotlin", sys.argv[1:])
        results.publish("kotlin", command=command, machine=describe(), rows=listed)


def cases(ids: Sequence[int]) -> dict[str, Case]:
    """What is measured, by the name of its figure."""
    listed = {f"prefill {length} tokens": Case("prefill", ids[:length]) for length in PROMPT_LENGTHS}
    listed[f"decode {NEW_TOKENS} tokens"] = Case("decode", ids[: PROMPT_LENGTHS[0]], NEW_TOKENS)
    for name in ("tokenize", "rules", "names", "decide"):
        listed[name] = Case(name)
    return listed


def _measure(subjects: Mapping[str, ChildModel], listed: Mapping[str, Case], *, repetitions: int) -> dict[str, Runs]:
    """Round after round, case after case, both in turns; who begins changes from round to round."""
    runs = {
        name: Runs(subject.load_s or 0.0, subject.ask({"case": "version"})["onnxruntime"])
        for name, subject in subjects.items()
    }
    for round_number in range(repetitions + 1):
        names = list(subjects)[:: 1 if round_number % 2 else -1]
        for figure, case in listed.items():
            for name in names:
                time.sleep(_REST_S)
                is_compiled = bool(round_number or case.tokens)  # engines are native code
                for _ in range(1 if is_compiled else _WARM_UPS):
                    (value,) = subjects[name].measure(case).values()
                if round_number:  # the first one warms caches, and Java's compiler
                    runs[name].values.setdefault(figure, []).append(value)
                about = f"run {round_number} of {repetitions}" if round_number else "warm-up"
                _console.print(f"{about:12} {value:14,.4g}  {figure}, {name}", markup=False)
    return runs


def rows(runs: Mapping[str, Runs], *, texts: int, threads: int, others_percent: float) -> list[Row]:
    """Everything that is shown.

    Args:
        runs: of ``KOTLIN`` and ``PYTHON``.
        texts: how many were read.
        threads: of the engine.
        others_percent: processor time that other programs took.
    """
    kotlin, python = runs[KOTLIN], runs[PYTHON]
    of_texts = f"{texts} prompts of {pii_data.CHAT_CHARACTERS} characters"
    listed = []
    for figure in kotlin.values:
        own, other = kotlin.median(figure), python.median(figure)
        if figure in MIN_CHARACTERS_PER_S:
            unit, (target, holds), note = "char/s", at_least(MIN_CHARACTERS_PER_S[figure], own), of_texts
        elif figure == "names":
            unit, (target, holds), note = "ms", at_most(MAX_NAMES_MS, own), f"one prompt; median of {of_texts}"
        elif figure == "decide":
            unit, (target, holds), note = "µs", at_most(MAX_DECISION_US, own), "one decision, quality level and device"
        else:
            unit, (target, holds) = "tok/s", times_the_peer(ENGINE_FACTOR, own, other)
            note = f"{own / other:.2f} × the peer; {threads} threads; {_engines(kotlin, python)}"
        spreads = f"{spread(kotlin.values[figure])}; peer {spread(python.values[figure])}"
        listed.append(
            Row(
                figure=_TITLES.get(figure, figure),
                value=own,
                unit=unit,
                target=target,
                holds=holds,
                peer=PYTHON,
                peer_value=other,
                note=f"{note}; {spreads}",
            )
        )
    note = "bundle and name model verified; Java's own start and compilation are not in it, Python's imports are"
    listed.append(Row(figure="load", value=kotlin.load_s, unit="s", peer=PYTHON, peer_value=python.load_s, note=note))
    note = "the less, the more the figures above mean"
    return [*listed, Row(figure="processor time of other programs", value=others_percent, unit="%", note=note)]


def _engines(kotlin: Runs, python: Runs) -> str:
    if kotlin.engine == python.engine:
        return f"ONNX Runtime {kotlin.engine} in both"
    return f"ONNX Runtime {kotlin.engine}, the peer's {python.engine}"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.kotlin",
        description=_DESCRIPTION,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    runtimes.add_options(parser)
    parser.add_argument("--repetitions", type=runtimes.positive, default=5, metavar="N", help="that count [5]")
    parser.add_argument("--dry-run", action="store_true", help="measure, show and write nothing")
    return parser.parse_args()


if __name__ == "__main__":
    main()
