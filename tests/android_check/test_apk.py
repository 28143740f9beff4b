from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from android.check.apk import assemble, java_resources, native_libraries
from android.check.errors import CheckError
from android.check.reproducible_zip import write_zip


def jar(path: Path, parts: Mapping[str, str]) -> Path:
    write_zip(path, {name: text.encode() for name, text in parts.items()})
    return path


def linked(path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("AndroidManifest.xml", "m" * 100, zipfile.ZIP_DEFLATED)
        archive.writestr("resources.arsc", "t" * 100, zipfile.ZIP_DEFLATED)
        archive.writestr("res/raw/song.mp3", "s" * 100, zipfile.ZIP_STORED)
    return path


def test_an_apk_holds_all_of_it(tmp_path: Path) -> None:
    bytecode = jar(tmp_path / "code.zip", {"classes.dex": "d" * 100, "classes2.dex": "e" * 100, "kept.txt": "k"})
    library = tmp_path / "libx.so"
    library.write_bytes(b"x" * 100)
    apk = tmp_path / "a.apk"
    jars = [jar(tmp_path / "a.jar", {"rules/a.json": "{}", "A.class": "c"}), bytecode]
    assemble(
        apk, resources=linked(tmp_path / "r"), bytecode=bytecode, jars=jars, natives={"lib/x86_64/libx.so": library}
    )
    with zipfile.ZipFile(apk) as archive:
        stored = {entry.filename: entry.compress_type == zipfile.ZIP_STORED for entry in archive.infolist()}
    assert stored == {
        "AndroidManifest.xml": False,
        "classes.dex": False,
        "classes2.dex": False,
        "kept.txt": False,
        "lib/x86_64/libx.so": True,
        "res/raw/song.mp3": True,
        "resources.arsc": True,
        "rules/a.json": False,
    }
    before = apk.read_bytes()
    assemble(apk, resources=tmp_path / "r", bytecode=bytecode, jars=jars, natives={"lib/x86_64/libx.so": library})
    assert apk.read_bytes() == before


def test_an_apk_without_bytecode_or_with_two_of_a_name_is_refused(tmp_path: Path) -> None:
    empty, code = jar(tmp_path / "e.zip", {"a.txt": "a"}), jar(tmp_path / "c.zip", {"classes.dex": "d"})
    resources = linked(tmp_path / "r")
    with pytest.raises(CheckError, match="holds no bytecode"):
        assemble(tmp_path / "a", resources=resources, bytecode=empty, jars=[], natives={})
    with pytest.raises(CheckError, match=r"has its own: res/raw/song\.mp3"):
        jars = [jar(tmp_path / "j", {"res/raw/song.mp3": "other"})]
        assemble(tmp_path / "a", resources=resources, bytecode=code, jars=jars, natives={})


def test_only_what_classes_read_is_taken_of_jars(tmp_path: Path) -> None:
    wanted = {"rules/patterns.json": "{}", "META-INF/services/a.B": "c.D\n", "com/x/data/Metadata_US": "us"}
    others = {
        "A.class": "",
        "META-INF/MANIFEST.MF": "",
        "META-INF/proguard/a.pro": "",
        "META-INF/androidx.core.version": "",
        "META-INF/services/": "",
        "kotlin/kotlin.kotlin_builtins": "",
        "META-INF/core.kotlin_module": "",
        "google/protobuf/any.proto": "",
        "commonMain/default/manifest": "",
        "DebugProbesKt.bin": "",
        "LICENSE.txt": "",
        "ai/onnxruntime/native/linux-x64/libonnxruntime.so": "",
    }
    assert java_resources([jar(tmp_path / "a", wanted | others)]) == {
        name: text.encode() for name, text in wanted.items()
    }


def test_services_are_joined_and_other_differences_refused(tmp_path: Path) -> None:
    one = jar(tmp_path / "one.jar", {"META-INF/services/a.B": "c.D", "same": "x"})
    two = jar(tmp_path / "two.jar", {"META-INF/services/a.B": "e.F\n", "same": "x"})
    assert java_resources([one, two]) == {"META-INF/services/a.B": b"c.D\ne.F\n", "same": b"x"}
    with pytest.raises(CheckError, match=r"three\.jar brings another same"):
        java_resources([one, jar(tmp_path / "three.jar", {"same": "y"})])


def test_libraries_of_the_processors_asked_for(tmp_path: Path) -> None:
    for aar, abi, name, content in (
        ("one", "arm64-v8a", "liba.so", b"a"),
        ("one", "x86", "liba.so", b"a32"),
        ("two", "arm64-v8a", "libb.so", b"b"),
        ("two", "arm64-v8a", "liba.so", b"a"),
        ("three", "arm64-v8a", "liba.so", b"other"),
    ):
        path = tmp_path / aar / "jni" / abi / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    found = native_libraries([tmp_path / "one", tmp_path / "two"], ["arm64-v8a", "x86_64"])
    assert found.keys() == {"lib/arm64-v8a/liba.so", "lib/arm64-v8a/libb.so"}
    with pytest.raises(CheckError, match=r"three brings another liba\.so than one"):
        native_libraries([tmp_path / "one", tmp_path / "three"], ["arm64-v8a"])


def test_a_zip_keeps_no_time(tmp_path: Path) -> None:
    write_zip(tmp_path / "deep" / "a.zip", {"b": b"2", "a": b"1"}, deflated=["a"])
    with zipfile.ZipFile(io.BytesIO((tmp_path / "deep" / "a.zip").read_bytes())) as archive:
        assert [(entry.filename, entry.date_time[0]) for entry in archive.infolist()] == [("a", 1980), ("b", 1980)]
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["a.zip"]
