"""Files on the phone, on either side of the app's wall: hashed, listed and removed by the phone's own tools."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from upcall.deploy.adb import Phone
from upcall.deploy.contract import PACKAGE

_BATCH = 40
"""Paths in one command, so that its line stays short enough for adb."""
_HASH_TIMEOUT_S = 600.0
_HASHES = 'for file do if [ -f "$file" ]; then sha256sum < "$file"; else echo absent; fi; done'
_LIST = 'if [ -d "$1" ]; then cd "$1" && find . -type f -print0; fi'
_JOIN = 'umask 022; cat "$1" >> "$2" && rm -f "$1"'
_JOIN_TIMEOUT_S = 120.0


def append(phone: Phone, content: bytes, path: str) -> None:
    """Send a piece and have the phone join it to a file, which is made where there is none.

    Raises:
        PhoneError: the phone went away or is full; the file then still is a beginning of what it shall be.
    """
    piece = f"{path}.piece"
    phone.send(content, piece)
    phone.call("sh", "-c", _JOIN, "sh", piece, path, what="join the pieces of a file", timeout_s=_JOIN_TIMEOUT_S)


class RemoteFolder:
    """A folder on the phone.

    Args:
        phone: it is on.
        path: of the folder; of the app's own side, from the app's folder.
        is_app: whether it is on the app's side, where only ``run-as`` comes.
    """

    def __init__(self, phone: Phone, path: str, *, is_app: bool) -> None:
        self.phone = phone
        self.path = path
        self._before = ("run-as", PACKAGE) if is_app else ()

    def at(self, name: str) -> str:
        """The path of a file in it."""
        return f"{self.path}/{name}"

    def script(self, script: str, *arguments: str, what: str, timeout_s: float = 60.0) -> bytes:
        """Run a shell script there; its arguments are ``$1`` and so on. Gives what it wrote.

        Raises:
            PhoneError: it ended with an error; ``what`` says what it was for.
        """
        words = (*self._before, "sh", "-c", script, "sh", *arguments)
        return self.phone.call(*words, what=what, timeout_s=timeout_s).out

    def sha256(self, names: Sequence[str]) -> list[str | None]:
        """The hash of each file; None where there is none."""
        found: list[str | None] = []
        for batch in _batches(names):
            out = self.script(_HASHES, *map(self.at, batch), what="hash files", timeout_s=_HASH_TIMEOUT_S)
            words = [line.split()[0] for line in out.decode("ascii", errors="replace").splitlines() if line.strip()]
            found += [None if word == "absent" else word for word in words]
        return found

    def size(self, name: str) -> int:
        """The bytes of a file; 0 where there is none."""
        out = self.script('if [ -f "$1" ]; then stat -c %s "$1"; else echo 0; fi', self.at(name), what="read a size")
        return int(out)

    def names(self) -> list[str]:
        """Every file in it and below, by its path from it."""
        out = self.script(_LIST, self.path, what="list files")
        return [name.decode(errors="surrogateescape").removeprefix("./") for name in out.split(b"\0") if name]

    def remove(self, names: Sequence[str]) -> None:
        """Remove files; one that is not there is no fault."""
        for batch in _batches(names):
            self.script('rm -f -- "$@"', *map(self.at, batch), what="remove files")


def _batches(names: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(names), _BATCH):
        yield names[start : start + _BATCH]
