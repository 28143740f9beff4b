from __future__ import annotations

from pathlib import Path

from android.check.keep_rules import write_rules
from android.check.reproducible_zip import write_zip


def jar(path: Path, **parts: str) -> Path:
    write_zip(path, {f"META-INF/{name.replace('__', '/')}": text.encode() for name, text in parts.items()})
    return path


def test_all_rules_stand_in_one_file_with_their_sources(tmp_path: Path) -> None:
    own, linked = tmp_path / "own.pro", tmp_path / "linked.pro"
    own.write_text("-keep class own")
    linked.write_text("-keep class linked")
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    (tmp_path / "one" / "proguard.txt").write_text("-keep class aar")
    jars = [jar(tmp_path / "plain.jar", proguard__a="-keep class plain")]
    out = tmp_path / "new" / "rules.pro"
    write_rules(out, own=[own], linked=linked, aars=[tmp_path / "one", tmp_path / "two"], jars=jars)
    text = out.read_text()
    assert "native <methods>" in text
    for rule in ("own", "linked", "aar", "plain"):
        assert f"-keep class {rule}\n" in text
    assert "# plain.jar, META-INF/proguard/a\n-keep class plain" in text


def test_rules_for_r8_count_more_than_those_for_every_shrinker(tmp_path: Path) -> None:
    linked, out = tmp_path / "linked.pro", tmp_path / "rules.pro"
    linked.write_text("")
    both = tmp_path / "both.jar"
    write_zip(
        both,
        {
            "META-INF/com.android.tools/r8-from-1.6.0/a.pro": b"-keep class newer",
            "META-INF/com.android.tools/r8-upto-1.6.0/a.pro": b"-keep class older",
            "META-INF/com.android.tools/r8/b.pro": b"-keep class always",
            "META-INF/com.android.tools/proguard/a.pro": b"-keep class other",
            "META-INF/proguard/a.pro": b"-keep class legacy",
        },
    )
    write_rules(out, own=[], linked=linked, aars=[], jars=[both])
    text = out.read_text()
    assert "class newer" in text
    assert "class always" in text
    for absent in ("older", "other", "legacy"):
        assert f"class {absent}" not in text
