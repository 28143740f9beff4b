"""What every function on identity numbers must do: its tests, for the modules that hold some."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Collection
from random import Random

Check = Callable[[str], bool]


def has_an_answer_to_any_text(check: Check, example: str) -> None:
    for text in ("", "0", "A", "-", example[:-1], example + "1", "0" * 9, "1" * 10, "9" * 11, "Z" * 16):
        assert check(text) in (True, False)


def sees_one_wrong_character(check: Check, right: str, *, most: float) -> None:
    """Every position is tried with every digit: most changes must be refused, by the checksum or the shape."""
    others = {right[:i] + digit + right[i + 1 :] for i in range(len(right)) for digit in "0123456789"} - {right}
    assert sum(map(check, others)) <= len(others) * most


def agrees_with_python_stdnum(
    name: str, check: Check, example: str, *, module: str, wider: Collection[str], narrower: Collection[str]
) -> None:
    """On texts near the example; ``wider`` and ``narrower`` name those that differ from the oracle on purpose."""
    oracle = importlib.import_module(f"stdnum.{module}")
    random = Random(name)
    for _ in range(4_000):
        characters = list(example)
        for _ in range(random.choice((1, 2, 2, 3))):
            place = random.randrange(len(characters))
            characters[place] = random.choice("0123456789" if characters[place].isdigit() else "ABCDEFGHJKLMPRSTWXYZ")
        text = "".join(characters)
        ours, theirs = check(text), oracle.is_valid(text)
        assert ours == theirs or (ours and name in wider) or (theirs and name in narrower), text
