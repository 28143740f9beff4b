"""What a machine without a phone can tell of the native libraries of an application."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from android.check.elf import SharedLibrary

PAGE_BYTES = 16 * 1024
"""Of a page on newer phones: a library for smaller pages cannot be loaded there."""
SYSTEM = frozenset(
    {
        *("libEGL", "libGLESv1_CM", "libGLESv2", "libGLESv3", "libOpenMAXAL", "libOpenSLES", "libaaudio", "libandroid"),
        *("libc", "libcamera2ndk", "libdl", "libjnigraphics", "liblog", "libm", "libmediandk", "libnativewindow"),
        *("libstdc++", "libvulkan", "libz"),
    }
)
"""Libraries that Android 8 lets every application use. Source: https://developer.android.com/ndk/guides/stable_apis"""
COLLECTORS = (
    "events.data.microsoft.com",
    "vortex.data.microsoft.com",
    "dc.services.visualstudio.com",
    "firebaselogging",
    "app-measurement.com",
    "google-analytics.com",
    "crashlytics.com",
    "sentry.io",
    "bugsnag.com",
)
"""Hosts of services that collect what an application is used for: no library may hold one."""


def library_problems(libraries: Sequence[SharedLibrary], *, abi: str) -> list[str]:
    """What is wrong with the libraries for one kind of processor."""
    by_name = {library.name: library for library in libraries}
    found = []
    for library in libraries:
        if library.abi != abi:
            found.append(f"{library.name} is for {library.abi}, in the folder of {abi}")
        if library.alignment % PAGE_BYTES:
            found.append(f"{library.name} is for pages of {library.alignment} bytes at most: 16 KB are wanted")
        found += [
            f"{library.name} needs {name}, which is neither there nor a part of Android"
            for name in library.needed
            if name not in by_name and name.removesuffix(".so") not in SYSTEM
        ]
        found += _unresolved(library, by_name)
        found += [f"{library.name} holds the address {host}" for host in COLLECTORS if host.encode() in library.content]
    return found


def version_problems(library: SharedLibrary, version: str) -> list[str]:
    """Whether a library tells the version that it must be of."""
    if f"\0{version}\0".encode() in library.content:
        return []
    return [f"{library.name} does not say that it is {version}"]


def _unresolved(library: SharedLibrary, by_name: Mapping[str, SharedLibrary]) -> list[str]:
    """Symbols of C++ that nothing brings: Android's own libraries export those of C alone, which cannot be looked up here."""
    brought: set[str] = set()
    for name in library.needed:
        if name in by_name:
            brought |= by_name[name].exported
    missing = sorted(name for name in library.imported - brought if name.startswith("_Z"))
    if not missing:
        return []
    return [f"{library.name} needs {len(missing)} symbols that no library exports, {missing[0]} among them"]
