"""Classes that must not be in an application, and those that must."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from android.check.dex import Dex
from android.check.elf import SharedLibrary

UPLOADERS = (
    "ai/onnxruntime/telemetry/",
    "com/adjust/sdk/",
    "com/amplitude/",
    "com/appsflyer/",
    "com/bugsnag/",
    "com/crashlytics/",
    "com/datadog/",
    "com/facebook/appevents/",
    "com/flurry/",
    "com/google/android/datatransport/",
    "com/google/android/gms/analytics/",
    "com/google/android/gms/measurement/",
    "com/google/firebase/",
    "com/instabug/",
    "com/microsoft/appcenter/",
    "com/microsoft/applications/",
    "com/mixpanel/",
    "com/newrelic/",
    "com/onesignal/",
    "com/posthog/",
    "com/segment/analytics/",
    "com/umeng/",
    "com/yandex/metrica/",
    "io/branch/",
    "io/embrace/",
    "io/fabric/",
    "io/sentry/",
)
"""Packages that send what an application is used for to those who make them."""


def uploader_problems(classes: Collection[str]) -> list[str]:
    """Classes of UPLOADERS, by package: names as they were before R8."""
    found = {prefix: [name for name in classes if name.startswith(prefix)] for prefix in UPLOADERS}
    return [
        f"{len(names)} classes of {prefix.rstrip('/').replace('/', '.')}, which sends away what the application is used for"
        for prefix, names in found.items()
        if names
    ]


def lost_classes(whole: Sequence[Dex], shrunk: Sequence[Dex], libraries: Sequence[SharedLibrary]) -> list[str]:
    """Classes that R8 took or renamed though a native library looks for them by name.

    Only packages with native methods are looked at, before R8 and after it.
    """
    packages = {_package(method.of) for dex in shrunk for method in dex.natives}
    kept = {name for dex in shrunk for name in dex.classes}
    gone = {name for dex in whole for name in dex.classes if _package(name) in packages} - kept
    asked = sorted(
        name for name in gone if any(one.holds_text(name) or one.holds_text(f"L{name};") for one in libraries)
    )
    return [f"R8 left out or renamed {name.replace('/', '.')}, for which a native library looks" for name in asked]


def _package(name: str) -> str:
    return name.rpartition("/")[0]
