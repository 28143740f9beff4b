from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.refusals import refused
from upcall.edge_runtime.redaction import EntityType, StreamRestorer, Vault

SUITE = json.loads((Path(__file__).parents[2] / "proto/vectors/restore.json").read_text())


def _vault(case: dict[str, Any]) -> Vault:
    vault = Vault(nonce=case["nonce"])
    for text in case.get("reserved", ()):
        vault.reserve(text)
    for given in case["minted"]:
        vault.placeholder(EntityType(given["entity_type"]), given["value"])
    return vault


@pytest.mark.parametrize("case", SUITE["restore"], ids=lambda case: case["name"])
def test_restore(case: dict[str, Any]) -> None:
    vault = _vault(case)
    assert vault.restore("".join(case["chunks"])) == case["expect"]
    restorer = StreamRestorer(vault)
    assert "".join([*map(restorer.feed, case["chunks"]), restorer.flush()]) == case["expect"]
    assert restorer.restored_count == case["restored_count"]


@pytest.mark.parametrize("case", SUITE["altered"], ids=lambda case: case["name"])
def test_altered(case: dict[str, Any]) -> None:
    restorer = StreamRestorer(_vault(case))
    for chunk in case["chunks"]:
        restorer.feed(chunk)
    restorer.flush()
    assert restorer.altered_count == case["altered_count"]


@pytest.mark.parametrize("case", SUITE["nonce_error"], ids=lambda case: case["name"])
def test_nonce_error(case: dict[str, Any]) -> None:
    with refused(case["error"]):
        Vault(nonce=case["nonce"])
