"""Options of the form NAME=VALUE."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from upcall.edge_runtime.errors import InputError


def named_texts(given: Iterable[str] | None, *, option: str, form: str) -> dict[str, str]:
    """NAME=VALUE, each name once.

    Args:
        given: as on the command line.
        option: its name, for errors.
        form: what is allowed, for errors.

    Raises:
        InputError: one is of another form, or a name comes twice.
    """
    found: dict[str, str] = {}
    for one in given or ():
        name, sign, value = one.partition("=")
        if not (name and sign and value):
            raise InputError(f"{option} is '{one[:60]}'.", allowed=form)
        if name in found:
            raise InputError(f"{option} names '{name[:60]}' twice.", allowed="every name once")
        found[name] = value
    return found


def named_numbers(given: Iterable[str] | None, *, option: str, names: Collection[str] = ()) -> dict[str, float]:
    """NAME=NUMBER, each number 0 or more. A name may hold an equals sign itself.

    Args:
        given: as on the command line.
        option: its name, for errors.
        names: those that are known; none means that any will do.

    Raises:
        InputError: one is of another form, or its name is unknown.
    """
    found = {}
    for one in given or ():
        name, sign, text = one.rpartition("=")
        try:
            number = float(text)
        except ValueError:
            number = -1.0
        if not sign or not name or not 0 <= number < float("inf") or (names and name not in names):
            known = f"one of {', '.join(names)}" if names else "a name"
            raise InputError(f"{option} is '{one[:60]}'.", allowed=f"NAME=NUMBER: {known}, and a number, 0 or more")
        found[name] = number
    return found
