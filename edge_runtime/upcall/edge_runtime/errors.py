"""Every error that a user may see: what was given, what is allowed, what to do next.

    UpcallError                exit code 1
    ├── InputError                      2    a prompt, option or file that the user gave
    ├── MissingExtraError               3    a part of Upcall that is not installed
    ├── ModelError                      4    a model cannot be found, downloaded, verified or read
    ├── BundleError                     5    a bundle is damaged, incomplete, edited or of another version
    ├── EngineError                     6    the engine on the device
    ├── EscalationError                 7    the cloud gave no whole answer; says why by its reason
    ├── RedactionError                  8    a detector failed, or a policy keeps a text on the device
    ├── OutputError                     9    what was made cannot be written
    └── PhoneError                     10    a phone cannot be reached, refuses, or lacks something

No message carries text of a prompt, an answer or a secret.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import ModuleType
from typing import ClassVar


class UpcallError(Exception):
    """Base of all errors that Upcall raises on purpose.

    ``name`` is a stable word for programs and vectors, ``exit_code`` what a command ends with.

    Args:
        problem: what is wrong, with what was given.
        allowed: what would have been right; left out where that is obvious.
        next_step: what the user can do now.
    """

    name: ClassVar[str] = "upcall"
    exit_code: ClassVar[int] = 1

    def __init__(self, problem: str, *, allowed: str = "", next_step: str = "") -> None:
        self.problem = problem
        self.allowed = allowed
        self.next_step = next_step
        parts = [problem, f"Allowed: {allowed}" if allowed else "", f"Next: {next_step}" if next_step else ""]
        super().__init__("\n".join(part for part in parts if part))


class InputError(UpcallError):
    """A prompt, option or file that the user gave is not acceptable."""

    name = "input"
    exit_code = 2


class ModelError(UpcallError):
    """A model cannot be found, downloaded, verified or read."""

    name = "model"
    exit_code = 4


class BundleFault(StrEnum):
    """What is wrong with a bundle, in the words of proto/vectors/bundle.json."""

    MISSING = "missing"
    """There is no folder."""
    MANIFEST = "manifest"
    """The manifest is missing, no plain file, too large or unreadable."""
    VERSION = "version"
    PATH = "path"
    """A listed path leads outside, or is not written in its one way."""
    LISTING = "listing"
    """A file is listed twice, or no model or tokenizer is."""
    LINK = "link"
    EXTRA = "extra"
    LACKING = "lacking"
    SIZE = "size"
    HASH = "hash"
    HEADS = "heads"
    THRESHOLD = "threshold"
    RUNTIME = "runtime"
    """It asks for a newer runtime than there is, or for what is no version."""
    MODEL = "model"
    """The bundle's bytes are whole, but its model or tokenizer does not work here."""


class BundleError(UpcallError):
    """A bundle is damaged, incomplete, edited or of another version.

    Args:
        fault: what is wrong, for programs.
    """

    name = "bundle"
    exit_code = 5

    def __init__(
        self, problem: str, *, fault: BundleFault = BundleFault.MODEL, allowed: str = "", next_step: str = ""
    ) -> None:
        super().__init__(problem, allowed=allowed, next_step=next_step)
        self.fault = fault


class EngineError(UpcallError):
    """The engine on the device failed."""

    name = "engine"
    exit_code = 6


class RedactionError(UpcallError):
    """A detector failed, so nothing may leave the device."""

    name = "redaction"
    exit_code = 8


class EscalationReason(StrEnum):
    """Why the cloud gave no whole answer."""

    UNAVAILABLE = "unavailable"
    DEADLINE = "deadline"
    REFUSED = "refused"
    """The service found private content, or a bad request."""
    UNAUTHENTICATED = "unauthenticated"
    INTERRUPTED = "interrupted"
    """The stream broke."""
    INTERNAL = "internal"


class EscalationError(UpcallError):
    """The cloud did not give a whole answer.

    Args:
        reason: why, for programs.
    """

    name = "escalation"
    exit_code = 7

    def __init__(self, problem: str, *, reason: EscalationReason, allowed: str = "", next_step: str = "") -> None:
        super().__init__(problem, allowed=allowed, next_step=next_step)
        self.reason = reason


class OutputError(UpcallError):
    """What was made cannot be written."""

    name = "output"
    exit_code = 9


class PhoneError(UpcallError):
    """A phone cannot be reached, refuses what is asked of it, or lacks something."""

    name = "phone"
    exit_code = 10


class MissingExtraError(UpcallError):
    """A part of Upcall that is installed on demand is not there."""

    name = "missing_extra"
    exit_code = 3


def check_type(what: str, value: object, *kinds: type) -> None:
    """Refuse a value of a type that nothing can be made of, before something inside trips over it.

    Args:
        what: the subject of the message, such as "The text".
        value: anything. A bool is no number.
        kinds: the types that are right.

    Raises:
        InputError: the value is of another type; its content is not told.
    """
    if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
        names = " or ".join("None" if kind is type(None) else kind.__name__ for kind in kinds)
        raise InputError(f"{what} is of type {type(value).__name__}.", allowed=names)


def check_texts(what: str, values: object) -> tuple[str, ...]:
    """The texts of a list. One text by itself is refused, as its letters would be taken for the list.

    Args:
        what: the subject of the message, such as "The deny list".
        values: an iterable of str.

    Raises:
        InputError: it is of another type, or holds something else.
    """
    if isinstance(values, str | bytes | Mapping) or not isinstance(values, Iterable):
        raise InputError(
            f"{what} is of type {type(values).__name__}.", allowed='a list of texts, such as ["Project Heron"]'
        )
    texts = tuple(values)
    for text in texts:
        check_type(f"An entry of {what[0].lower()}{what[1:]}", text, str)
    return texts


def require(module: str, *, extra: str) -> ModuleType:
    """Import a heavy dependency, or say which extra brings it.

    Raises:
        MissingExtraError: the module is not installed.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise MissingExtraError(
            f"The Python package '{module.partition('.')[0]}' is not installed.",
            next_step=f"pip install 'upcall[{extra}]'",
        ) from error
