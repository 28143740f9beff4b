"""Every vector suite has a strict schema and holds to it."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

PROTO = Path(__file__).parents[2] / "proto"


@pytest.mark.parametrize("suite", sorted(path.stem for path in (PROTO / "vectors").glob("*.json")))
def test_suite_matches_its_schema(suite: str) -> None:
    schema = json.loads((PROTO / "schema" / f"{suite}.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(json.loads((PROTO / "vectors" / f"{suite}.json").read_text()), schema)


def _objects(schema: object) -> list[dict[str, object]]:
    if isinstance(schema, list):
        return [found for part in schema for found in _objects(part)]
    if not isinstance(schema, dict):
        return []
    own = [schema] if schema.get("type") == "object" else []
    return own + [found for part in schema.values() for found in _objects(part)]


@pytest.mark.parametrize("path", sorted((PROTO / "schema").glob("*.json")), ids=lambda path: path.stem)
def test_schemas_refuse_unknown_keys(path: Path) -> None:
    for part in _objects(json.loads(path.read_text())):
        assert part.get("additionalProperties") is not None, part
