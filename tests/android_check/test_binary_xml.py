from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from android.check.binary_xml import parse_tree, read_xml
from android.check.errors import CheckError

SPACE = "http://schemas.android.com/apk/res/android"
TREE = f"""N: android={SPACE} (line=2)
  E: manifest (line=2)
    A: {SPACE}:versionCode(0x0101021b)=1
    A: package="dev.upcall.app" (Raw: "dev.upcall.app")
      E: application (line=9)
        A: {SPACE}:label(0x01010001)="says "hi" (twice)" (Raw: "says "hi" (twice)")
        A: {SPACE}:theme(0x01010000)=@0x7f010000
          E: activity (line=20)
            A: {SPACE}:exported(0x01010010)=true
      E: uses-sdk (line=0)
"""
CONFIGURATION = """E: network-security-config (line=2)
    E: base-config (line=3)
      A: cleartextTrafficPermitted=false
    E: domain-config (line=5)
        E: domain (line=6)
          A: includeSubdomains=false
            T: '127.0.0.1'
"""


def test_a_tree() -> None:
    manifest = parse_tree(TREE)
    assert manifest.name == "manifest"
    assert manifest.attributes == {"versionCode": "1", "package": "dev.upcall.app"}
    assert [child.name for child in manifest.children] == ["application", "uses-sdk"]
    application = manifest.children[0]
    assert application.attributes == {"label": 'says "hi" (twice)', "theme": "@0x7f010000"}
    assert [one.attributes for one in manifest.all("activity")] == [{"exported": "true"}]


def test_texts_between_ends() -> None:
    configuration = parse_tree(CONFIGURATION)
    assert [one.text for one in configuration.all("domain")] == ["127.0.0.1"]
    assert [one.name for one in configuration.children] == ["base-config", "domain-config"]


def test_what_is_not_understood_is_refused() -> None:
    for text in ("", "E: a (line=1)\nE: b (line=2)\n", "E: a (line=1)\n  C: comment\n", "E: a\n", "nonsense\n"):
        with pytest.raises(CheckError, match="aapt2 printed"):
            parse_tree(text)


def test_an_apk_is_read_by_aapt2(
    tmp_path: Path, program: Callable[[str, str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = program(
        "aapt2",
        'test "$*" = "dump xmltree --file res/a.xml x.apk" || { echo no file >&2; exit 1; }; echo "E: a (line=1)"',
    )
    monkeypatch.setenv("PATH", f"{path.parent}:{os.environ['PATH']}")
    assert read_xml(Path("x.apk"), "res/a.xml").name == "a"
    with pytest.raises(CheckError, match=r"no readable res/b\.xml: no file"):
        read_xml(Path("x.apk"), "res/b.xml")
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    with pytest.raises(CheckError, match="apt-get install aapt"):
        read_xml(Path("x.apk"), "res/a.xml")
