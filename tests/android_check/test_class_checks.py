from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from android.check.class_checks import lost_classes, uploader_problems
from android.check.dex import Dex, read_dex
from tests.android_check.bytecode import SAMPLE
from tests.android_check.libraries import build_library, read


def test_uploaders_are_found() -> None:
    fine = ["ai/onnxruntime/OrtSession", "dev/upcall/app/benchmark/Telemetry", "com/google/firebird/Database"]
    assert uploader_problems(fine) == []
    assert uploader_problems([*fine, "ai/onnxruntime/telemetry/HttpClient"]) == [
        "1 classes of ai.onnxruntime.telemetry, which sends away what the application is used for"
    ]
    assert len(uploader_problems(["io/sentry/Hub", "com/google/firebase/A", "com/google/firebase/b/C"])) == 2


def test_classes_that_native_code_looks_for_are_kept(tmp_path: Path) -> None:
    whole = read_dex("classes.dex", SAMPLE)
    library = read(build_library(tmp_path, "liba", 'const char *of = "Ldev/upcall/Sample$Inner;";'))
    assert lost_classes([whole], [whole], [library]) == []
    without = replace(whole, classes=whole.classes - {"dev/upcall/Sample$Inner"})
    assert lost_classes([whole], [without], [library]) == [
        "R8 left out or renamed dev.upcall.Sample$Inner, for which a native library looks"
    ]
    assert lost_classes([whole], [replace(whole, classes=whole.classes - {"dev/upcall/Sample"})], [library]) == []
    assert lost_classes([whole], [Dex(frozenset(), ())], [library]) == []  # nothing native is left
