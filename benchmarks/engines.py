"""Speed, memory and load time of the device's engines, beside other programs on the same weights, threads and sitting."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console

from benchmarks import lineup, results
from benchmarks.engine_rows import Measured, rows
from benchmarks.machine import OtherPrograms, copy_bandwidth, describe
from benchmarks.subjects import Case, MeasuringError, Subject
from upcall.edge_runtime.errors import UpcallError
from upcall.edge_runtime.language_model.chat_template import Piece
from upcall.edge_runtime.language_model.engine import MAX_LOGIT_ROWS
from upcall.edge_runtime.language_model.tokenizer import Tokenizer
from upcall.edge_runtime.processors import physical_cores
from upcall.export.checks.samples import prose

PROMPT_LENGTHS = (128, 512)
NEW_TOKENS = 128
_DECODE = f"decode {NEW_TOKENS} tokens"
_QUESTION_CHARACTERS = 450  # about 128 tokens with the template
_REST_S = 0.4  # engines let their threads spin for a while after a run, which would slow the next one's
_DESCRIPTION = """Measure prefill and decode of the 135M model in every engine that is given, beside llama.cpp and transformers.

Every engine runs in a process of its own. After one run that does not count, the runs are interleaved, so that what else
the machine does meets all alike; medians and ranges go to benchmarks/results/engines.json, then RESULTS.md is written.
Leave the machine alone meanwhile. Linux only. On 2 idle cores and with 5 runs about 3 minutes, and half a minute more for
each further engine; a run is given up after 3 minutes. Nothing is downloaded."""
_EXAMPLES = """examples:
  python -m benchmarks.engines
  python -m benchmarks.engines --bundle ~/.cache/upcall/bundles/A --bundle ~/.cache/upcall/bundles/B
  python -m benchmarks.engines --llama-bench ./llama-bench --llama-model ./q4_0.gguf
  python -m benchmarks.engines --genai-python ./genai/bin/python --genai-model ./genai_int4
  python -m benchmarks.engines --repetitions 1 --peers '' --dry-run   # does it run? writes nothing

llama.cpp for this processor, from its source:
  cmake -B build -DCMAKE_BUILD_TYPE=Release -DGGML_NATIVE=ON && cmake --build build --target llama-bench llama-quantize
  build/bin/llama-quantize --allow-requantize --pure SmolLM2-135M-Instruct.Q4_1.gguf q4_0.gguf q4_0
onnxruntime-genai, in an environment of its own, from the same weights as a Hugging Face folder:
  pip install onnxruntime-genai 'transformers>=5' torch onnx onnx-ir
  python -m onnxruntime_genai.models.builder -i HF_FOLDER -o genai_int4 -p int4 -e cpu \\
    --extra_options int4_block_size=32 int4_accuracy_level=4
"""
_console = Console(stderr=True, highlight=False, soft_wrap=True)


def main() -> None:
    """Measure, write the results."""
    given = _arguments()
    try:
        _run(given)
    except (UpcallError, MeasuringError) as error:
        sys.exit(str(error))


def _run(given: argparse.Namespace) -> None:
    lineup.check(given)
    tokenizer = Tokenizer(lineup.bundles(given)[0].tokenizer)
    cases = _cases(tokenizer.encode([Piece(prose(), is_template=False)]))
    bandwidth = copy_bandwidth(given.threads)
    _console.print(f"memory copies {bandwidth / 1e9:.1f} GB/s")
    others = OtherPrograms()
    subjects: list[Subject] = []
    try:
        for subject in lineup.start(given, question=prose()[:_QUESTION_CHARACTERS]):
            subjects.append(subject)
            _console.print(f"loaded   {subject.label.name}", markup=False)
        measured = _measure(subjects, cases, repetitions=given.repetitions)
    finally:
        for subject in subjects:
            subject.close()
    listed = rows(
        measured,
        threads=given.threads,
        bandwidth=bandwidth,
        others_percent=others.share(),
        decode=_DECODE,
        prefills=[figure for figure, case in cases.items() if case.name == "prefill"],
        ratio_peer=lineup.GENAI,
    )
    for row in listed:
        _console.print(f"{row.value:12,.4g} {row.unit:6} {row.figure}  {row.target or ''}", markup=False)
    if not given.dry_run:
        command = results.command_line("benchmarks.engines", sys.argv[1:])
        results.publish("engines", command=command, machine=describe(), rows=listed)


def _cases(ids: Sequence[int]) -> dict[str, Case]:
    """What is measured, by the name of its figure."""
    cases = {f"prefill {length} tokens": Case("prefill", ids[:length]) for length in PROMPT_LENGTHS}
    cases[_DECODE] = Case("decode", ids[: PROMPT_LENGTHS[0]], NEW_TOKENS)
    # A draft of seven tokens is checked so: what it costs beside as many single steps bounds what drafts can win.
    cases[f"passes of {MAX_LOGIT_ROWS} tokens with the logits of each"] = Case(
        "check", ids[: PROMPT_LENGTHS[0]], NEW_TOKENS
    )
    cases[f"decode {NEW_TOKENS} tokens in Session.ask"] = Case("session", new_tokens=NEW_TOKENS)
    return cases


def _measure(subjects: Sequence[Subject], cases: Mapping[str, Case], *, repetitions: int) -> list[Measured]:
    """Round after round, in every round each subject once in each case; who begins turns from round to round."""
    pairs = [(subject, Measured(subject.label, subject.load_s)) for subject in subjects]
    for round_number in range(repetitions + 1):
        turn = round_number % len(pairs)
        for subject, measured in pairs[turn:] + pairs[:turn]:
            for figure, case in cases.items():
                if case.name not in subject.cases:
                    continue
                time.sleep(_REST_S)
                run = subject.measure(case)
                if round_number:  # the first one warms caches and allocators
                    measured.add(figure, run)
                _console.print(
                    f"{f'run {round_number} of {repetitions}' if round_number else 'warm-up':10} "
                    f"{run['tokens_per_s']:8,.1f} tok/s  {figure}, {subject.label.name}",
                    markup=False,
                )
    for subject, measured in pairs:
        measured.memory = subject.memory()
    return [measured for _, measured in pairs]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.engines",
        description=_DESCRIPTION,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--bundle", type=Path, action="append", metavar="DIR", help="device bundle; repeatable [the default one]")
    add(
        "--peers",
        type=_names,
        default=list(lineup.PEERS),
        metavar="NAMES",
        help="of " + ",".join(lineup.PEERS) + " [all]",
    )
    add("--llama-bench", type=Path, metavar="FILE", help="llama.cpp's benchmark program, built for this processor")
    add("--llama-model", type=Path, action="append", default=[], metavar="GGUF", help="for it; repeatable")
    add("--genai-python", type=Path, metavar="FILE", help="interpreter that has onnxruntime-genai")
    add("--genai-model", type=Path, metavar="DIR", help="for it, from its model builder")
    add("--threads", type=_positive, default=physical_cores(), metavar="N", help="of each engine [physical cores]")
    add("--repetitions", type=_positive, default=5, metavar="N", help="that count [5]")
    add("--dry-run", action="store_true", help="measure, show and write nothing")
    return parser.parse_args()


def _names(text: str) -> list[str]:
    return [name for name in text.split(",") if name]


def _positive(text: str) -> int:
    if (number := int(text)) < 1:
        raise argparse.ArgumentTypeError(f"{number} is not 1 or more")
    return number


if __name__ == "__main__":
    main()
