"""How much private text the redactor leaves, what else it takes, how fast it is, and whether disguises deceive it."""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import Console

from benchmarks import everyday, pii_attacks, pii_data, results
from benchmarks.machine import OtherPrograms, describe
from benchmarks.pii_data import TWEET_GROUPS, Marked
from benchmarks.pii_scores import Found, Scores, f1, recall, score
from benchmarks.pii_subjects import Presidio, Subject, Upcall
from benchmarks.results import Row, at_least, at_most
from upcall.edge_runtime.errors import UpcallError
from upcall.edge_runtime.opening import open_names
from upcall.edge_runtime.redaction import EntityType

MAX_LEAK = 0.03
MAX_OVER = 0.05
MIN_SPEED = {"rules": 300_000.0, "rules + names": 45_000.0}
MAX_LATENCY_MS = 30.0
_SAMPLES = 60  # of each checksum type, right ones; as many are wrong
_LATENCY_TEXTS = 60
_REPETITIONS = 3  # of the timed texts; the best counts, as other programs only ever slow it
_DESCRIPTION = """Measure redaction on public texts with private words marked.

Writes benchmarks/results/redaction.json and RESULTS.md: Upcall with and without the name model (which must be pulled), beside
Presidio with its patterns alone and with spaCy, on the same texts in the same run. Leave the machine alone meanwhile. Takes
about 3 minutes."""
_EXAMPLES = """examples:
  UPCALL_DATA=~/pii python -m benchmarks.redaction
  python -m benchmarks.redaction --data ~/pii --presidio-python ~/presidio/bin/python --spacy-model en_core_web_sm

The data folder holds presidio-research/ (synth_dataset_v2_dev.json and generated_large.json of the repository of that name,
MIT) and wnut17/ (emerging.test.annotated, CC-BY-4.0). For the peer, make a virtual environment with presidio-analyzer, spacy
and a small English model."""
_console = Console(stderr=True, highlight=False, soft_wrap=True)


def main() -> None:
    """Measure, write the results."""
    given = _arguments()
    try:
        _run(given)
    except UpcallError as error:
        sys.exit(str(error))


def _run(given: argparse.Namespace) -> None:
    folder = pii_data.folder(given.data)
    names = open_names()
    others = OtherPrograms()
    own = (Upcall("rules + names", names), Upcall("rules", None))
    subjects: list[Subject] = [*own]
    if given.presidio_python is not None:
        subjects.append(Presidio("Presidio, patterns", given.presidio_python, ""))
        if given.spacy_model:
            subjects.append(Presidio("Presidio + spaCy", given.presidio_python, given.spacy_model))
    try:
        listed = [*_found(folder, subjects), *everyday.rows(own[0]), *_numbers(own)]
    finally:
        for subject in subjects:
            subject.close()
    note = "the less, the more the times above mean"
    listed.append(Row(figure="processor time of other programs", value=others.share(), unit="%", note=note))
    for row in listed:
        peer = f"{row.peer} {row.peer_value:,.4g}" if row.peer_value is not None else ""
        _console.print(f"{row.value:12,.4g} {row.unit:10} {row.figure}  {row.target or ''} {peer}", markup=False)
    if not given.dry_run:
        command = results.command_line("benchmarks.redaction", sys.argv[1:])
        results.publish("redaction", command=command, machine=describe(), rows=listed)


def _found(folder: Path, subjects: Sequence[Subject]) -> Iterator[Row]:
    """On marked texts: what is left, what else is taken, how fast."""
    dev = pii_data.prompts(folder / pii_data.DEV)
    held_out = pii_data.other_templates(pii_data.prompts(folder / pii_data.LARGE), dev)
    sets = {"dev": dev, "other templates": held_out}
    for name, marked in sets.items():
        scored = {subject.name: score(marked, subject.find([one.text for one in marked])) for subject in subjects}
        yield from _quality(name, subjects[0].name, scored)
        if name == "dev":
            for subject in subjects:
                yield from _types(subject.name, scored[subject.name])
    yield from _speed(list(pii_data.chats(dev)), subjects)
    tweets = pii_data.tweets(folder / pii_data.TWEETS)
    for subject in subjects:
        yield from _tweets(tweets, subject)


def _numbers(own: Sequence[Upcall]) -> Iterator[Row]:
    """On numbers made here: check digits and disguises."""
    with_names, rules = own
    yield from _checksums(rules)  # the model's own guesses at identifiers have no check digits
    yield from _attacks(with_names)


def _quality(name: str, own: str, scored: dict[str, Scores]) -> Iterator[Row]:
    """Leak and over-redaction; the targets are those of our whole redactor."""
    for subject, sums in scored.items():
        leak, is_tight = at_most(MAX_LEAK, sums.leak)
        over, is_sparing = at_most(MAX_OVER, sums.over)
        is_ours = subject == own
        title = f"{name}, {subject}"
        yield Row(
            figure=f"{title}: core characters left",
            value=sums.leak,
            unit="1",
            target=leak if is_ours else None,
            holds=is_tight if is_ours else None,
            note=f"{sums.core_characters:,} characters in {sums.texts:,} prompts",
        )
        yield Row(
            figure=f"{title}: over-redaction",
            value=sums.over,
            unit="1",
            target=over if is_ours else None,
            holds=is_sparing if is_ours else None,
            note=f"of redacted characters; {sums.over_of_plain:.3f} of all that are not marked",
        )
        yield Row(figure=f"{title}: prompts with any leak", value=sums.leaking, unit="1")
        yield Row(figure=f"{title}: core spans wholly left", value=sums.wholly_leaked, unit="1")


def _types(name: str, sums: Scores) -> Iterator[Row]:
    for kind in sorted(sums.overlap):
        strict, loose = sums.strict[kind], sums.overlap[kind]
        if loose["real"]:
            note = f"strict {f1(strict):.3f}; {loose['real']} marked, {loose['given']} found"
            yield Row(figure=f"dev, {name}: F1 by overlap, {kind}", value=f1(loose), unit="1", note=note)


def _speed(chats: Sequence[str], subjects: Sequence[Subject]) -> Iterator[Row]:
    for subject in subjects:
        spent = min(subject.timed(chats) for _ in range(_REPETITIONS))
        value = sum(map(len, chats)) / spent
        bound = MIN_SPEED.get(subject.name)
        target, holds = at_least(bound, value) if bound else (None, None)
        yield Row(
            figure=f"{subject.name}: characters per processor second",
            value=value,
            unit="char/s",
            target=target,
            holds=holds,
            note=f"{len(chats)} prompts of {pii_data.CHAT_CHARACTERS} characters, best of {_REPETITIONS}",
        )
    for subject in subjects:
        if isinstance(subject, Upcall):
            taken = []
            for text in chats[:_LATENCY_TEXTS]:
                start = time.perf_counter()
                subject.detector.find(text)
                taken.append(1e3 * (time.perf_counter() - start))
            value = statistics.median(taken)
            target, holds = at_most(MAX_LATENCY_MS, value)
            yield Row(
                figure=f"{subject.name}: one prompt of {pii_data.CHAT_CHARACTERS} characters",
                value=value,
                unit="ms",
                target=target,
                holds=holds,
                note=f"median of {len(taken)}; the slowest {max(taken):.1f} ms",
            )


def _tweets(marked: Sequence[Marked], subject: Subject) -> Iterator[Row]:
    found = subject.find([one.text for one in marked])
    over = score(marked, found)
    for name, value in recall(marked, found, TWEET_GROUPS).items():
        note = f"touched counts; {over.over:.3f} of redacted characters and {over.over_of_plain:.3f} of unmarked ones are over"
        yield Row(figure=f"WNUT-17, {subject.name}: {name} found", value=value, unit="1", note=note)


def _checksums(subject: Upcall) -> Iterator[Row]:
    """F1 of exact spans among right values and values with one wrong character."""
    counts: dict[EntityType, dict[str, int]] = {}
    for sample in pii_attacks.samples(_SAMPLES, seed=1):
        start, end = len(sample.before), len(sample.before) + len(sample.value)
        given = [span for span in subject.detector.find(sample.text) if span.entity_type == sample.kind]
        right = sum((span.start, span.end) == (start, end) for span in given) if sample.is_right else 0
        sums = counts.setdefault(sample.kind, {"right": 0, "hit": 0, "real": 0, "given": 0})
        sums["right"] += right
        sums["hit"] += right
        sums["real"] += sample.is_right
        sums["given"] += len(given)
    for kind, sums in counts.items():
        note = f"{sums['real']} right values, as many with a wrong check; {sums['right']} found exactly, {sums['given']} in all"
        value = f1(sums)
        yield Row(
            figure=f"checksum types, {subject.name}: strict F1, {kind}",
            value=value,
            unit="1",
            target="≥ 1",
            holds=value == 1,
            note=note,
        )


def _attacks(subject: Upcall) -> Iterator[Row]:
    right = [sample for sample in pii_attacks.samples(_SAMPLES, seed=2) if sample.is_right]
    for transform in pii_attacks.TRANSFORMS:
        shares = {}
        for kind in dict.fromkeys(sample.kind for sample in right):
            if transform not in pii_attacks.UNSUITED.get(kind, ()):
                hidden = [pii_attacks.disguised(sample, transform) for sample in right if sample.kind == kind]
                shares[kind] = sum(_is_covered(subject, sample) for sample in hidden) / len(hidden)
        worst = min(shares.values())
        note = ", ".join(f"{kind} {share:.2f}" for kind, share in shares.items())
        yield Row(
            figure=f"disguise, {transform}: wholly masked, worst type",
            value=worst,
            unit="1",
            target="≥ 1",
            holds=worst == 1,
            note=note,
        )
    emails = list(pii_attacks.look_alike_emails(_SAMPLES, seed=3))
    value = sum(_is_covered(subject, sample) for sample in emails) / len(emails)
    yield Row(
        figure="disguise, look-alike letters in e-mail: wholly masked",
        value=value,
        unit="1",
        target="≥ 1",
        holds=value == 1,
    )


def _is_covered(subject: Upcall, sample: pii_attacks.Sample) -> bool:
    """Whether every character of the value that is not a space is in some finding."""
    found: list[Found] = [(span.start, span.end, span.entity_type) for span in subject.detector.find(sample.text)]
    start = len(sample.before)
    places = (start + index for index, character in enumerate(sample.value) if not character.isspace())
    return all(any(low <= place < high for low, high, _ in found) for place in places)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.redaction",
        description=_DESCRIPTION,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--data", type=Path, help=f"folder of the texts [${pii_data.DATA_VARIABLE}]")
    parser.add_argument("--presidio-python", type=Path, help="interpreter that has presidio-analyzer [no peer]")
    parser.add_argument("--spacy-model", default="", help="spaCy model of that interpreter [patterns only]")
    parser.add_argument("--dry-run", action="store_true", help="measure, show and write nothing")
    return parser.parse_args()


if __name__ == "__main__":
    main()
