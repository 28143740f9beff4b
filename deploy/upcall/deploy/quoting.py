"""Words for a shell on the phone: whatever a question or a file name holds arrives as it is, and none of it is obeyed."""

from __future__ import annotations

import shlex

from upcall.edge_runtime.errors import InputError

MAX_LINE_BYTES = 60_000
"""The adb protocol gives a command's length in four hexadecimal digits, and what goes before it counts too."""


def shell_line(*words: str) -> str:
    """One line that a POSIX shell reads as exactly these words.

    Raises:
        InputError: no argument of a program can hold it (NUL, half a surrogate pair), or the line is too long for adb.
    """
    for word in words:
        if "\0" in word:
            raise InputError("The text holds a NUL character, which no command can be given.")
        try:
            word.encode()
        except UnicodeEncodeError:
            raise InputError("The text holds half of a character (a lone surrogate).", allowed="Unicode text") from None
    line = shlex.join(words)
    if (size := len(line.encode())) > MAX_LINE_BYTES:
        raise InputError(
            f"The command for the phone takes {size:,} bytes.",
            allowed=f"{MAX_LINE_BYTES:,}",
            next_step="shorten the question or the names of files",
        )
    return line
