"""Presidio's side of ``benchmarks.redaction``, run by an interpreter that has presidio-analyzer, spaCy and an English model.

Reads one JSON line ``{"model": NAME or ""}``; without a model only Presidio's patterns are used. Then each line is a list of
texts, answered by ``{"cpu_s": SECONDS, "found": [[[start, end, type, score], …], …]}``. Only what that interpreter has is
imported.
"""

from __future__ import annotations

import json
import os
import sys
import time
from typing import Any

LOWEST_SCORE = 0.35
"""Presidio's own demo uses this; at 0 its weak patterns take every number for a licence."""


def open_analyzer(model: str) -> Any:
    """Presidio's default recognisers for English, with spaCy's names or without."""
    # Installed for the peer alone, so mypy finds them only where somebody has put both in one environment.
    import spacy  # type: ignore[import-not-found,unused-ignore]
    from presidio_analyzer import AnalyzerEngine, RecognizerRegistry  # type: ignore[import-not-found,unused-ignore]
    from presidio_analyzer.nlp_engine import SpacyNlpEngine  # type: ignore[import-not-found,unused-ignore]

    engine = SpacyNlpEngine()
    engine.nlp = {"en": spacy.load(model) if model else spacy.blank("en")}
    registry = RecognizerRegistry()
    registry.load_predefined_recognizers(languages=["en"])
    if not model:
        registry.remove_recognizer("SpacyRecognizer")
    return AnalyzerEngine(nlp_engine=engine, registry=registry, default_score_threshold=LOWEST_SCORE)


def main() -> None:
    """Answer until the input ends."""
    pipe = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8", buffering=1)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    analyzer = open_analyzer(json.loads(sys.stdin.readline())["model"])
    analyzer.analyze("Warm up: a@example.com", language="en")
    for line in sys.stdin:
        texts = json.loads(line)
        start = time.process_time()
        found = [analyzer.analyze(text, language="en") for text in texts]
        spent = time.process_time() - start
        spans = [[[one.start, one.end, one.entity_type, one.score] for one in listed] for listed in found]
        pipe.write(json.dumps({"cpu_s": spent, "found": spans}) + "\n")


if __name__ == "__main__":
    main()
