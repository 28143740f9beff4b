"""Which of two versions is higher, as Gradle orders them."""

from __future__ import annotations

import re

_SPECIAL = {"dev": -6, "rc": -4, "snapshot": -3, "final": -2, "ga": -1, "release": 0, "sp": 1}
_UNKNOWN = -5
_RANGE = re.compile(r"^[\[(]\s*([^,\])]*)\s*(?:,[^\])]*)?[\])]$")


def key(version: str) -> tuple[tuple[int, int, str], ...]:
    """What to compare versions by: numbers by value and above words, ``1.0-rc`` below ``1.0``, ``1.0.1`` above it."""
    parts = []
    for part in re.findall(r"\d+|[A-Za-z]+", version):
        if part.isdigit():
            parts.append((3, int(part), ""))
        else:
            word = part.lower()
            parts.append((1, _SPECIAL.get(word, _UNKNOWN), "" if word in _SPECIAL else word))
    return (*parts, (2, 0, ""))


def highest(*versions: str) -> str:
    """The highest of some versions; an empty one says nothing."""
    return max(versions, key=lambda version: (bool(version), key(version)), default="")


def least(version: str) -> str:
    """A version, or the lower end of a range: ``[1.2]`` and ``[1.2,2)`` both ask for 1.2 at least."""
    match = _RANGE.match(version)
    return match[1].strip() if match else version
