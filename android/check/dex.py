"""Files of bytecode for Android: their classes, and which of their methods are native.

Source: https://source.android.com/docs/core/runtime/dex-format
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from android.check.errors import CheckError

_MAGIC = re.compile(rb"dex\n0(3[5-9]|40)\0")
_NATIVE = 0x100
_CLASS_DEFINITION_BYTES = 32


@dataclass(frozen=True, slots=True, order=True)
class Method:
    """A method.

    Args:
        of: its class, with slashes.
        name: its own.
        descriptor: types of its parameters and of what it gives, as JNI writes them.
    """

    of: str
    name: str
    descriptor: str


@dataclass(frozen=True, slots=True)
class Dex:
    """What a file defines.

    Args:
        classes: their names, with slashes.
        natives: methods that a native library must bring.
    """

    classes: frozenset[str]
    natives: tuple[Method, ...]


def read_dex(name: str, content: bytes) -> Dex:
    """Read a file. Raises CheckError where it is no bytecode of a version that is known, or damaged."""
    if not _MAGIC.match(content):
        raise CheckError(f"{name} is no bytecode of a version that the check knows")
    try:
        return _Reader(content).read()
    except (struct.error, IndexError, ValueError) as error:
        raise CheckError(f"{name} is damaged: {error}") from error


class _Reader:
    def __init__(self, content: bytes) -> None:
        self._content = content
        (_, self._strings, _, self._types, _, self._protos, _, _, _, self._methods, self._count, self._classes) = (
            struct.unpack_from("<12I", content, 56)
        )

    def read(self) -> Dex:
        classes, natives = set(), []
        for number in range(self._count):
            at = self._classes + number * _CLASS_DEFINITION_BYTES
            kind, data = self._u4(at), self._u4(at + 24)
            classes.add(self._type(kind)[1:-1])
            natives += [self._method(one) for one in self._natives(data)] if data else []
        return Dex(frozenset(classes), tuple(natives))

    def _natives(self, at: int) -> Iterator[int]:
        numbers = self._leb128(at)
        static_fields, fields, direct, virtual = (next(numbers) for _ in range(4))
        for _ in range(2 * (static_fields + fields)):
            next(numbers)
        for count in (direct, virtual):
            method = 0
            for _ in range(count):
                method += next(numbers)
                flags = next(numbers)
                next(numbers)
                if flags & _NATIVE:
                    yield method

    def _method(self, number: int) -> Method:
        of, proto, name = struct.unpack_from("<HHI", self._content, self._methods + number * 8)
        _, result, parameters = struct.unpack_from("<III", self._content, self._protos + proto * 12)
        types = ""
        if parameters:
            count = self._u4(parameters)
            types = "".join(map(self._type, struct.unpack_from(f"<{count}H", self._content, parameters + 4)))
        return Method(self._type(of)[1:-1], self._string(name), f"({types}){self._type(result)}")

    def _type(self, number: int) -> str:
        return self._string(self._u4(self._types + number * 4))

    def _string(self, number: int) -> str:
        at = self._u4(self._strings + number * 4)
        while self._content[at] & 0x80:  # its length, which its end tells too
            at += 1
        at += 1
        return self._content[at : self._content.index(b"\0", at)].decode(errors="surrogateescape")

    def _u4(self, at: int) -> int:
        return int.from_bytes(self._content[at : at + 4], "little")

    def _leb128(self, at: int) -> Iterator[int]:
        while True:
            value = shift = 0
            while True:
                byte = self._content[at]
                at += 1
                value |= (byte & 0x7F) << shift
                shift += 7
                if not byte & 0x80:
                    break
            yield value
