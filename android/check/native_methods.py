"""Whether every native method of an application is in one of its libraries.

A virtual machine looks for ``Java_CLASS_METHOD`` among exported symbols; a library may also register methods when it is loaded,
by class, name and types. Registering cannot be seen without running the library, but what it registers stands in it as texts,
which is as much as a machine without Android can tell.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from android.check.dex import Method
from android.check.elf import SharedLibrary

_ESCAPES = {"/": "_", "_": "_1", ";": "_2", "[": "_3"}
_ON_LOAD = "JNI_OnLoad"


def missing_natives(methods: Iterable[Method], libraries: Sequence[SharedLibrary]) -> list[Method]:
    """Those that no library exports, and none seems to register."""
    exported = frozenset[str]().union(*(library.exported for library in libraries))
    registering = [library for library in libraries if _ON_LOAD in library.exported]
    return sorted(
        method
        for method in methods
        if not exported.intersection(symbols(method)) and not any(_registers(one, method) for one in registering)
    )


def symbols(method: Method) -> tuple[str, str]:
    """The names under which a virtual machine looks for a method: without its types, and with them."""
    short = f"Java_{_mangled(method.of)}_{_mangled(method.name)}"
    return short, f"{short}__{_mangled(method.descriptor[1 : method.descriptor.index(')')])}"


def _registers(library: SharedLibrary, method: Method) -> bool:
    is_named = library.holds_text(method.of) or library.holds_text(f"L{method.of};")
    return is_named and library.holds_text(method.name) and library.holds_text(method.descriptor)


def _mangled(text: str) -> str:
    return re.sub(
        r"[^A-Za-z0-9]",
        lambda found: _ESCAPES.get(found[0]) or f"_0{ord(found[0]):04x}",
        text,
    )
