from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from android.check.errors import CheckError
from android.check.machine import Java
from android.check.resolver import Artefact
from android.check.signing import Signer

Program = Callable[[str, str], Path]


def signer(tmp_path: Path, java: Path) -> Signer:
    apksig = Artefact("com.android.tools.build:apksig:1", tmp_path / "apksig.jar", "1")
    kit = Java(str(java), str(java.with_name("javac")), "17")
    return Signer(kit, [apksig], tmp_path / "keys" / "debug.p12", 26)


def test_a_key_is_made_once(tmp_path: Path, program: Program) -> None:
    keytool = program("keytool", 'echo "$@" >> "$0.log"; while [ "$1" != -keystore ]; do shift; done; echo key > "$2"')
    java = program("java", 'echo "$@" >> "$0.log"')
    for _ in range(2):
        signer(tmp_path, java).sign(tmp_path / "u.apk", tmp_path / "s.apk")
    assert len(Path(f"{keytool}.log").read_text().splitlines()) == 1
    called = Path(f"{java}.log").read_text().splitlines()
    assert len(called) == 2
    assert f"Sign.java {tmp_path}/u.apk {tmp_path}/s.apk {tmp_path}/keys/debug.p12" in called[0]
    assert called[0].endswith(" 26 16384")


def test_what_fails_is_told(tmp_path: Path, program: Program) -> None:
    java = program("java", "echo the signature does not hold; exit 1")
    program("keytool", "echo no room >&2; exit 1")
    with pytest.raises(CheckError, match=r"no key can be made in .*: no room"):
        signer(tmp_path, java).sign(tmp_path / "u.apk", tmp_path / "s.apk")
    program("keytool", "exit 0")
    with pytest.raises(CheckError, match=r"s\.apk cannot be signed: the signature does not hold"):
        signer(tmp_path, java).sign(tmp_path / "u.apk", tmp_path / "s.apk")
