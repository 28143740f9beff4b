"""Whether the Kotlin runtime does what Python's does: tokens, findings, masks, restored text, decisions, answers."""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks import parity_texts, pii_data, results, runtimes
from benchmarks.machine import describe
from benchmarks.parity_model import EDGE_FACTORS
from benchmarks.results import Row, at_least, at_most
from benchmarks.runtimes import KOTLIN, PYTHON
from benchmarks.subjects import ChildModel, MeasuringError
from upcall.edge_runtime.errors import UpcallError

TOLERANCE = 1e-4
KNIFE_EDGE = 0.05
"""Of logits: where the likeliest token led by less, another one is no fault."""
MIN_TEXTS, MIN_PROMPTS = 500, 20
NEW_TOKENS = 32
OF_TEXTS = {
    "ids": "token ids of the prompt",
    "rules": "spans of the rules",
    "names": "spans of the name model",
    "messages": "masked messages",
    "digest": "digest of the masked messages",
    "answer": "answer restored as a stream",
    "masked": "masked text",
    "spans": "spans of the masked text",
    "restored": "restored text",
    "arguments": "masked text restored as a stream of JSON",
    "decision": "decision for a score",
}
OF_ANSWERS = {
    "ids": "token ids of the prompts to answer",
    "tokens": f"greedy answers of {NEW_TOKENS} tokens",
    "scores": "scores of greedy answers",
}
_FOLLOWS_NAMES = frozenset(OF_TEXTS) - {"ids", "rules", "decision"}
_SHOWN = 3  # differences of each part
_DESCRIPTION = f"""Compare the Kotlin runtime with the Python one, text by text: public ones, JSON, code, odd Unicode.

Ends in 1 where they differ, but for knife edges: names that Python itself would find otherwise if the model were 1 % surer
or less sure, and greedy tokens that led by less than {KNIFE_EDGE} logits. Writes benchmarks/results/kotlin_parity.json and
RESULTS.md. Needs what `make android` needs, and the name model (`upcall pull rampart`). Takes about 3 minutes, and some more
where the Kotlin modules are not compiled yet; the machine may do other things meanwhile."""
_EXAMPLES = f"""examples:
  python -m benchmarks.kotlin_parity --data ~/pii --python ~/ort126/bin/python
  UPCALL_DATA=~/pii python -m benchmarks.kotlin_parity --texts 2000 --seed 1 --dry-run   # other texts

{runtimes.HOW_TO_MAKE_PYTHON}
The data folder is that of `python -m benchmarks.redaction --help`."""
_console = Console(stderr=True, highlight=False, soft_wrap=True)


class Verdict(StrEnum):
    """What comes of comparing one part of one text."""

    EQUAL = "equal"
    EDGE = "knife edge"
    DIFFERENT = "different"


@dataclass
class Comparison:
    """All verdicts on one part.

    Args:
        counts: how many texts have each.
        differences: what Python and Kotlin gave where they differ.
    """

    counts: Counter[Verdict] = field(default_factory=Counter)
    differences: list[tuple[str, Any, Any]] = field(default_factory=list)

    def add(self, about: str, python: Any, kotlin: Any, verdict: Verdict) -> None:
        """Keep one verdict."""
        self.counts[verdict] += 1
        if verdict is Verdict.DIFFERENT:
            self.differences.append((about, python, kotlin))


def main() -> None:
    """Compare, write the results; ends in 1 with what differs."""
    given = _arguments()
    try:
        is_equal = _run(given)
    except (UpcallError, MeasuringError) as error:
        sys.exit(str(error))
    if not is_equal:
        sys.exit(1)


def _run(given: argparse.Namespace) -> bool:
    bundle = runtimes.check(given)
    texts = parity_texts.texts(pii_data.folder(given.data), count=given.texts, seed=given.seed)
    answerable = [text.text for text in texts if text.kind != "odd Unicode"]
    prompts = answerable[:: max(1, len(answerable) // given.prompts)][: given.prompts]
    subjects: dict[str, ChildModel] = {}
    try:
        module, arguments = "benchmarks.parity_model", ("parity",)
        for name, subject in runtimes.start(given, bundle, module=module, arguments=arguments):
            subjects[name] = subject
        python, kotlin = subjects[PYTHON], subjects[KOTLIN]
        engines = {name: subject.ask({"case": "version"})["onnxruntime"] for name, subject in subjects.items()}
        of_texts = compare_texts(python, kotlin, texts)
        of_answers = compare_answers(python, kotlin, prompts)
    finally:
        for subject in subjects.values():
            subject.close()
    _show({**_titled(OF_TEXTS, of_texts), **_titled(OF_ANSWERS, of_answers)})
    listed = rows(of_texts, of_answers, kinds=Counter(text.kind for text in texts), engines=engines)
    if not given.dry_run:
        command = results.command_line("benchmarks.kotlin_parity", sys.argv[1:])
        results.publish("kotlin_parity", command=command, machine=describe(), rows=listed)
    return not any(one.differences for one in (*of_texts.values(), *of_answers.values()))


def compare_texts(python: ChildModel, kotlin: ChildModel, texts: Sequence[parity_texts.Text]) -> dict[str, Comparison]:
    """Every part of every text."""
    found = {part: Comparison() for part in OF_TEXTS}
    for number, text in enumerate(texts):
        request = {
            "case": "text",
            "text": text.text,
            "is_json": text.is_json,
            "circumstances": text.circumstances,
        }
        given, answered = python.ask(request), kotlin.ask(request)
        is_edge = not alike(given["names"], answered["names"]) and _is_edge(python, text.text)
        for part, comparison in found.items():
            verdict = text_verdict(part, given[part], answered[part], is_edge=is_edge)
            comparison.add(f"{text.kind} {number}: {text.text!r}", given[part], answered[part], verdict)
    return found


def _is_edge(python: ChildModel, text: str) -> bool:
    return bool(python.ask({"case": "edge", "text": text})["is_edge"])


def compare_answers(python: ChildModel, kotlin: ChildModel, prompts: Sequence[str]) -> dict[str, Comparison]:
    """Greedy answers, and the scores of those that are equal."""
    found = {part: Comparison() for part in OF_ANSWERS}
    for prompt in prompts:
        request = {"case": "answer", "text": prompt, "new_tokens": NEW_TOKENS}
        given, answered = python.ask(request), kotlin.ask(request)
        found["ids"].add(prompt, given["ids"], answered["ids"], _verdict(given["ids"], answered["ids"]))
        verdict = answer_verdict(given["tokens"], answered["tokens"], given["margins"])
        found["tokens"].add(prompt, given["text"], answered["text"], verdict)
        if given["tokens"] == answered["tokens"]:  # other answers have other scores
            scores = _verdict(given["scores"], answered["scores"])
            found["scores"].add(prompt, given["scores"], answered["scores"], scores)
    return found


def alike(one: Any, other: Any) -> bool:
    """Whether two parts are equal, numbers with a fraction but for ``TOLERANCE``."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(alike(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(alike, one, other))
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=0, abs_tol=TOLERANCE)
    return type(one) is type(other) and bool(one == other)


def _verdict(python: Any, kotlin: Any) -> Verdict:
    return Verdict.EQUAL if alike(python, kotlin) else Verdict.DIFFERENT


def text_verdict(part: str, python: Any, kotlin: Any, *, is_edge: bool) -> Verdict:
    """The verdict on one part of a text.

    Args:
        part: a key of ``OF_TEXTS``.
        python: what the one gave.
        kotlin: what the other gave.
        is_edge: the names of this text differ at a knife edge, and so must what follows from them.
    """
    verdict = _verdict(python, kotlin)
    is_excused = verdict is Verdict.DIFFERENT and is_edge and part in _FOLLOWS_NAMES
    return Verdict.EDGE if is_excused else verdict


def answer_verdict(python: Sequence[int], kotlin: Sequence[int], margins: Sequence[float]) -> Verdict:
    """The verdict on a greedy answer: only where the two part first is there anything to excuse.

    Args:
        python: tokens of the one.
        kotlin: tokens of the other.
        margins: by how many logits each of Python's led.
    """
    if list(python) == list(kotlin):
        return Verdict.EQUAL
    parting = next(
        (place for place, (one, other) in enumerate(zip(python, kotlin, strict=False)) if one != other), None
    )
    return Verdict.EDGE if parting is not None and margins[parting] < KNIFE_EDGE else Verdict.DIFFERENT


def rows(
    of_texts: Mapping[str, Comparison],
    of_answers: Mapping[str, Comparison],
    *,
    kinds: Mapping[str, int],
    engines: Mapping[str, str],
) -> list[Row]:
    """How many differ, part by part.

    Args:
        of_texts: by the keys of ``OF_TEXTS``.
        of_answers: by those of ``OF_ANSWERS``.
        kinds: how many texts there are of each kind.
        engines: version of ONNX Runtime of ``KOTLIN`` and ``PYTHON``.
    """
    listed = [
        _compared(
            of_texts["ids"], "texts", MIN_TEXTS, note=", ".join(f"{count} {kind}" for kind, count in kinds.items())
        ),
        _compared(of_answers["ids"], "answers", MIN_PROMPTS, note="of the same texts but for odd Unicode"),
    ]
    versions = f"ONNX Runtime {engines[KOTLIN]}, Python's {engines[PYTHON]}"
    notes = {"names": f"edge: names change if the model is surer by {EDGE_FACTORS[-1] - 1:.0%} or less; {versions}"}
    listed += [_row(OF_TEXTS[part], one, "texts", notes.get(part, "")) for part, one in of_texts.items()]
    notes = {
        "tokens": f"edge: the token led by less than {KNIFE_EDGE} logits; {versions}",
        "scores": f"by over {TOLERANCE:g}",
    }
    listed += [_row(OF_ANSWERS[part], one, "answers", notes.get(part, "")) for part, one in of_answers.items()]
    return listed


def _compared(comparison: Comparison, unit: str, least: int, *, note: str) -> Row:
    count = comparison.counts.total()
    target, holds = at_least(least, count)
    return Row(figure=f"{unit} compared", value=count, unit=unit, target=target, holds=holds, note=note)


def _row(title: str, comparison: Comparison, unit: str, note: str) -> Row:
    counts = comparison.counts
    target, holds = at_most(0, counts[Verdict.DIFFERENT])
    told = f"of {counts.total()}; {counts[Verdict.EDGE]} more at knife edges"
    return Row(
        figure=f"differ in {title}",
        value=counts[Verdict.DIFFERENT],
        unit=unit,
        target=target,
        holds=holds,
        note=f"{told}; {note}" if note else told,
    )


def _titled(titles: Mapping[str, str], comparisons: Mapping[str, Comparison]) -> dict[str, Comparison]:
    return {titles[part]: comparison for part, comparison in comparisons.items()}


def _show(comparisons: Mapping[str, Comparison]) -> None:
    table = Table("Part", *Verdict)
    for title, comparison in comparisons.items():
        table.add_row(title, *(str(comparison.counts[verdict]) for verdict in Verdict))
    _console.print(table)
    for title, comparison in comparisons.items():
        for line in _first_differences(title, comparison):
            _console.print(line, markup=False)


def _first_differences(title: str, comparison: Comparison) -> Iterator[str]:
    for about, python, kotlin in comparison.differences[:_SHOWN]:
        yield f"\n{title} differ: {ascii(about)[1:-1]}\n  Python  {json.dumps(python)}\n  Kotlin  {json.dumps(kotlin)}"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.kotlin_parity",
        description=_DESCRIPTION,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    runtimes.add_options(parser)
    parser.add_argument("--texts", type=runtimes.positive, default=640, metavar="N", help="about so many [640]")
    parser.add_argument("--prompts", type=runtimes.positive, default=32, metavar="N", help="of them, to answer [32]")
    parser.add_argument("--seed", type=int, default=0, help="of the choice of texts [0]")
    parser.add_argument("--dry-run", action="store_true", help="compare, show and write nothing")
    return parser.parse_args()


if __name__ == "__main__":
    main()
