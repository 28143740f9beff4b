"""What the block ``android`` of an application says, and the block ``ksp`` beside it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from android.check.errors import CheckError
from android.check.script import Statement

_VARIANT_FOLDERS = ("debug", "release", "androidTest", "testDebug", "testRelease")
_DEFAULT_RULES = 'getDefaultProguardFile("proguard-android-optimize.txt")'


@dataclass
class Application:
    """An application for Android.

    Args:
        namespace: package of its R class.
        application_id: by which phones know it.
        compile_sdk: level of Android that it is compiled against.
        min_sdk: oldest level that it runs on.
        target_sdk: level that it was made for.
        version_code: number that grows with each release.
        version_name: shown to users.
        has_compose: its sources hold composable functions.
        locales: languages whose texts are kept of libraries; all where none is named.
        abis: kinds of processor whose native libraries it brings.
        is_minified: R8 shrinks the release.
        is_shrunk: unused resources are left out of the release.
        rules: files for R8, beside its own default ones.
        processor_options: of code generators.
        test_heap: most memory of its tests.
        test_properties: system properties of its tests.
    """

    namespace: str = ""
    application_id: str = ""
    compile_sdk: int = 0
    min_sdk: int = 0
    target_sdk: int = 0
    version_code: int = 0
    version_name: str = ""
    has_compose: bool = False
    locales: tuple[str, ...] = ()
    abis: tuple[str, ...] = ()
    is_minified: bool = False
    is_shrunk: bool = False
    rules: tuple[str, ...] = ()
    processor_options: dict[str, str] = field(default_factory=dict)
    test_heap: str = "512m"
    test_properties: dict[str, str] = field(default_factory=dict)


def read_application(statement: Statement, folder: Path) -> Application:
    """The block ``android``. Raises NotUnderstoodError, and CheckError for what is missing or of a variant only."""
    found = Application()
    _read(statement, found, _ANDROID)
    required = ("namespace", "application_id", "compile_sdk", "min_sdk", "target_sdk", "version_code", "version_name")
    if missing := [name for name in required if not getattr(found, name)]:
        raise CheckError(f"{statement.path}: the block android does not say {', '.join(missing)}")
    for name in _VARIANT_FOLDERS:
        if (folder / "src" / name).exists():
            raise CheckError(
                f"{folder / 'src' / name}: the check knows the source sets main and test only",
                "decide while the app runs, by ApplicationInfo.FLAG_DEBUGGABLE, or test with Robolectric in src/test",
            )
    return found


def read_processing(statement: Statement, application: Application) -> None:
    """The block ``ksp``; raises NotUnderstoodError."""
    for line in statement.block():
        if not (match := line.match(r'arg\("([\w.]+)", "([^"\\]*)"\)')):
            raise line.refusal()
        application.processor_options[match[1]] = match[2].replace("$projectDir", str(statement.path.parent))


_Reader = Callable[[Application, re.Match[str]], None]
_Blocks = Mapping[str, "dict[str, _Reader] | _Blocks"]


def _read(statement: Statement, found: Application, known: Mapping[str, object]) -> None:
    for line in statement.block():
        inner = known.get(line.text)
        if isinstance(inner, dict) and line.body is not None:
            _read(line, found, inner)
            continue
        for pattern, reader in known.items():
            if callable(reader) and line.body is None and (match := line.match(pattern)):
                reader(found, match)
                break
        else:
            raise line.refusal()


def _text(name: str) -> _Reader:
    return lambda found, match: setattr(found, name, match[1])


def _number(name: str) -> _Reader:
    return lambda found, match: setattr(found, name, int(match[1]))


def _is_true(name: str) -> _Reader:
    return lambda found, match: setattr(found, name, match[1] == "true")


def _names(name: str) -> _Reader:
    return lambda found, match: setattr(found, name, tuple(re.findall(r'"([^"]+)"', match[1])))


def _rules(found: Application, match: re.Match[str]) -> None:
    found.rules = tuple(re.findall(r'"([^"]+)"', match[1]))


def _property(found: Application, match: re.Match[str]) -> None:
    found.test_properties[match[1]] = match[2]


def _nothing(found: Application, match: re.Match[str]) -> None:
    """What the check does anyway."""


_ANDROID: dict[str, object] = {
    r'namespace = "([\w.]+)"': _text("namespace"),
    r"compileSdk = (\d+)": _number("compile_sdk"),
    "defaultConfig": {
        r'applicationId = "([\w.]+)"': _text("application_id"),
        r"minSdk = (\d+)": _number("min_sdk"),
        r"targetSdk = (\d+)": _number("target_sdk"),
        r"versionCode = (\d+)": _number("version_code"),
        r'versionName = "([\w.-]+)"': _text("version_name"),
        "ndk": {r"abiFilters \+= listOf\((.+)\)": _names("abis")},
    },
    "androidResources": {r"localeFilters \+= listOf\((.+)\)": _names("locales")},
    "buildFeatures": {r"compose = (true)": _is_true("has_compose")},
    "buildTypes": {
        "release": {
            r"isMinifyEnabled = (true)": _is_true("is_minified"),
            r"isShrinkResources = (true)": _is_true("is_shrunk"),
            rf"proguardFiles\({re.escape(_DEFAULT_RULES)}, (.+)\)": _rules,
        },
    },
    "testOptions": {
        "unitTests": {
            r"isIncludeAndroidResources = (true)": _nothing,
            "all": {
                r'it\.maxHeapSize = "(\d+[mg])"': _text("test_heap"),
                r'it\.systemProperty\("([\w.]+)", "([^"\\$]*)"\)': _property,
            },
        },
    },
}
