"""The manifest of an application, merged with those of its libraries by Android's own merger."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

from android.check.aars import Aar
from android.check.application import Application
from android.check.errors import CheckError
from android.check.resolver import Artefact, class_path

_MAIN = "com.android.manifmerger.Merger"


def merge_manifests(
    own: Path, aars: Sequence[Aar], application: Application, *, java: str, merger: Sequence[Artefact], out: Path
) -> None:
    """Write the merged manifest.

    Args:
        own: the application's.
        aars: its libraries, the more important first.
        application: that tells package, levels and version.
        java: command of the virtual machine.
        merger: class path of the merger.
        out: file to write.

    Raises CheckError where the manifests contradict each other.
    """
    text = own.read_text(encoding="utf-8")
    if re.search(r"<manifest\b[^>]*\bpackage=", text):
        raise CheckError(f"{own} names its package, which is the namespace of build.gradle.kts", "delete the attribute")
    if "extractNativeLibs" in text:
        raise CheckError(f"{own} says extractNativeLibs, which Android's plugin of Gradle does", "delete the attribute")
    named = out.with_name("own-manifest.xml")
    text = re.sub(r"<manifest\b", f'<manifest package="{application.namespace}"', text, count=1)
    # As Android's plugin of Gradle does: native libraries are mapped from the APK, not copied out of it.
    _ = named.write_text(re.sub(r"<application\b", '<application android:extractNativeLibs="false"', text, count=1))
    properties = {
        "MIN_SDK_VERSION": application.min_sdk,
        "TARGET_SDK_VERSION": application.target_sdk,
        "PACKAGE": application.application_id,
        "VERSION_CODE": application.version_code,
        "VERSION_NAME": application.version_name,
    }
    command = [java, "-cp", class_path(merger), _MAIN, "--main", str(named), "--out", str(out)]
    command += ["--libs", ":".join(str(aar.manifest) for aar in aars), "--remove-tools-declarations"]
    for name, value in properties.items():
        command += ["--property", f"{name}={value}"]
    out.unlink(missing_ok=True)
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode or not out.is_file():
        raise CheckError(f"the manifests cannot be merged:\n{(done.stdout + done.stderr).strip()[-4000:]}")
