"""What the check says when it ends early."""

from __future__ import annotations

from pathlib import Path


class CheckError(Exception):
    """The project is not as it must be, or this machine lacks something.

    Args:
        problem: what is wrong.
        next_step: what to do now; empty where that is obvious.
    """

    def __init__(self, problem: str, next_step: str = "") -> None:
        super().__init__(f"{problem}\nNext: {next_step}" if next_step else problem)


class NotUnderstoodError(CheckError):
    """A Gradle file says something that the check cannot follow.

    Args:
        path: of the file.
        line: counted from 1.
        text: what stands there.
    """

    def __init__(self, path: Path, line: int, text: str) -> None:
        super().__init__(
            f"{path}:{line}: not understood: {text}",
            "write it more plainly, or teach android/check what it means: both builds must do the same",
        )
