from __future__ import annotations

import math

import pytest

from upcall.edge_runtime.redaction.credentials import entropy


@pytest.mark.parametrize(("value", "bits"), [("a", 0.0), ("aaaa", 0.0), ("ab", 1.0), ("abcd", 2.0), ("aab", 0.9183)])
def test_entropy(value: str, bits: float) -> None:
    assert math.isclose(entropy(value), bits, abs_tol=1e-4)
