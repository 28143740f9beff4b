"""NAME=VALUE on the command line."""

from __future__ import annotations

import pytest

from upcall.edge_runtime.errors import InputError
from upcall.routing.cli.pairs import named_numbers, named_texts


@pytest.mark.parametrize("given", ["a", "a=", "a=-1", "a=nan", "a=inf", "=1", "a=one"])
def test_numbers_of_another_form(given: str) -> None:
    with pytest.raises(InputError, match="NAME=NUMBER"):
        named_numbers([given], option="--cost")


def test_numbers() -> None:
    assert named_numbers(["a=b=1", "c=0"], option="--cost") == {"a=b": 1.0, "c": 0.0}
    assert named_numbers(None, option="--cost") == {}
    with pytest.raises(InputError, match="one of a, b"):
        named_numbers(["c=1"], option="--cost", names=("a", "b"))


def test_texts() -> None:
    assert named_texts(["a=host:1", "b=x=y"], option="--tier", form="NAME=HOST:PORT") == {"a": "host:1", "b": "x=y"}
    for given in (["a"], ["=x"], ["a="], ["a=1", "a=2"]):
        with pytest.raises(InputError, match="--tier"):
            named_texts(given, option="--tier", form="NAME=HOST:PORT")
