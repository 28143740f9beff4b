"""Every error that a user may see: what was given, what is allowed, what to do next.

No message carries text of a prompt, an answer or a secret.
"""

from __future__ import annotations

import importlib
from types import ModuleType


class UpcallError(Exception):
    """Base of all errors that Upcall raises on purpose.

    Args:
        problem: what is wrong, with what was given.
        allowed: what would have been right; left out where that is obvious.
        next_step: what the user can do now.
    """

    def __init__(self, problem: str, *, allowed: str = "", next_step: str = "") -> None:
        self.problem = problem
        self.allowed = allowed
        self.next_step = next_step
        parts = [problem, f"Allowed: {allowed}" if allowed else "", f"Next: {next_step}" if next_step else ""]
        super().__init__("\n".join(part for part in parts if part))


class InputError(UpcallError):
    """A prompt, option or file that the user gave is not acceptable."""


class ModelError(UpcallError):
    """A model cannot be found, downloaded, verified or read."""


class BundleError(UpcallError):
    """A bundle is damaged, incomplete, edited or of another version."""


class EngineError(UpcallError):
    """The engine on the device failed."""


class RedactionError(UpcallError):
    """A detector failed, so nothing may leave the device."""


class EscalationError(UpcallError):
    """The cloud did not give a whole answer.

    Args:
        reason: a stable word for programs: ``unavailable``, ``deadline``, ``refused`` (the service found private content or a
            bad request), ``unauthenticated``, ``interrupted`` (the stream broke) or ``internal``.
    """

    def __init__(self, problem: str, *, reason: str, allowed: str = "", next_step: str = "") -> None:
        super().__init__(problem, allowed=allowed, next_step=next_step)
        self.reason = reason


class MissingExtraError(UpcallError):
    """A part of Upcall that is installed on demand is not there."""


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
