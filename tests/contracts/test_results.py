"""RESULTS.md is what the measured files give, and they are in the one format."""

from __future__ import annotations

import json
import re

import jsonschema
import pytest

from benchmarks import results

ALL = results.read_all()


def test_the_page_is_generated() -> None:
    message = "Next: python -m benchmarks.results"
    assert results.PAGE.read_text(encoding="utf-8") == results.page(ALL), message


@pytest.mark.parametrize("name", sorted(ALL))
def test_each_file_is_in_the_format(name: str) -> None:
    results.check(ALL[name])


@pytest.mark.parametrize("name", sorted(ALL))
def test_nothing_says_on_whose_machine(name: str) -> None:
    path = re.compile(r"(?:^|[\s=\"'`])(?:/|~/|[A-Z]:\\)\w")
    texts = [ALL[name]["command"], ALL[name]["machine"], *(row["note"] for row in ALL[name]["rows"])]
    assert not [text for text in texts if path.search(text)]


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(json.loads(results.SCHEMA.read_text(encoding="utf-8")))
