"""Signatures of APKs, by Android's own library, with a key that is made on this machine and never leaves it."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from android.check.errors import CheckError
from android.check.library_checks import PAGE_BYTES
from android.check.machine import Java
from android.check.resolver import Artefact, class_path

_LAUNCHER = Path(__file__).with_name("Sign.java")
# As Android's plugin of Gradle does for debug builds: such a key protects nothing, and a store signs anew.
_ALIAS, _PASSWORD, _NAME = "androiddebugkey", "android", "CN=Android Debug,O=Android,C=US"


@dataclass(frozen=True, slots=True)
class Signer:
    """What signs.

    Args:
        java: the development kit.
        apksig: class path of Android's library for signatures.
        keys: the file of the key, made where it is not there.
        min_sdk: oldest level of Android.
    """

    java: Java
    apksig: Sequence[Artefact]
    keys: Path
    min_sdk: int

    def sign(self, unsigned: Path, signed: Path) -> None:
        """Write the signed APK, aligned for the loader, and verify it. Raises CheckError where that fails."""
        self._require_key()
        command = [self.java.java, "-cp", class_path(self.apksig), str(_LAUNCHER), str(unsigned), str(signed)]
        command += [str(self.keys), _PASSWORD, _ALIAS, str(self.min_sdk), str(PAGE_BYTES)]
        _run(command, f"{signed.name} cannot be signed")

    def _require_key(self) -> None:
        if self.keys.is_file():
            return
        self.keys.parent.mkdir(parents=True, exist_ok=True)
        command = [str(Path(self.java.javac).with_name("keytool")), "-genkeypair", "-keystore", str(self.keys)]
        command += ["-storetype", "PKCS12", "-storepass", _PASSWORD, "-alias", _ALIAS, "-dname", _NAME]
        command += ["-keyalg", "RSA", "-keysize", "2048", "-validity", "10000"]
        _run(command, f"no key can be made in {self.keys}")


def _run(command: Sequence[str], problem: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise CheckError(f"{problem}: {(done.stdout + done.stderr).strip()[-2000:]}")
