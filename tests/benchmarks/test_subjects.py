from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from benchmarks.machine import describe
from benchmarks.subjects import Case, ChildModel, Label, LlamaBench, MeasuringError, stored_bytes

LABEL = Label(name="scripted", settings="", is_upcall=False, bytes_per_token=None, stored_bytes=1)
SCRIPTED = [sys.executable, "-m", "tests.benchmarks.scripted_model"]


def program(path: Path, body: str) -> Path:
    path.write_text(f"#!{sys.executable}\n{body}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def test_a_child_is_asked_and_ended() -> None:
    model = ChildModel(LABEL, SCRIPTED, {"speed": 7.0})
    assert model.load_s is not None and model.load_s >= 0
    assert model.measure(Case("decode", [1, 2], 3)) == {"tokens_per_s": 7.0, "asked": 5.0}
    assert 0 < model.memory()["rss_bytes"] <= model.memory()["peak_rss_bytes"]
    model.close()


def test_a_child_may_be_asked_for_anything() -> None:
    model = ChildModel(LABEL, SCRIPTED, {"speed": 1.0})
    assert model.ask({"case": "say", "text": "\ud800é"}) == {"said": "\ud800é"}
    model.close()


def test_a_child_that_is_too_slow_is_ended() -> None:
    model = ChildModel(LABEL, SCRIPTED, {"speed": 1.0}, patience_s=20.0)
    model.patience_s = 0.2
    with pytest.raises(MeasuringError, match=r"nothing in 0\.2 s"):
        model.ask({"case": "sleep"})


def test_a_child_that_fails_says_why() -> None:
    with pytest.raises(MeasuringError, match="scripted: KeyError: 'speed'"):
        ChildModel(LABEL, SCRIPTED, {})


def test_a_child_that_dies_is_noticed() -> None:
    model = ChildModel(LABEL, SCRIPTED, {"speed": 1.0})
    with pytest.raises(MeasuringError, match="scripted: ended"):
        model.measure(Case("die"))
    model.close()


def test_a_child_that_cannot_start_says_why() -> None:
    with pytest.raises(MeasuringError, match=r"its last line: .*No module named"):
        ChildModel(LABEL, [sys.executable, "-m", "tests.benchmarks.absent_model"], {})


def test_llama_bench_is_called_with_the_lengths(tmp_path: Path) -> None:
    body = "import json, sys\nprint(json.dumps([{'avg_ts': 5, 'a': open('asked', 'w').write(' '.join(sys.argv[1:]))}]))"
    bench = LlamaBench(
        LABEL, program(tmp_path / "llama-bench", body.replace("asked", f"{tmp_path}/asked")), Path("m"), 2
    )
    assert bench.measure(Case("decode", [1] * 9, 4)) == {"tokens_per_s": 5.0}
    assert (tmp_path / "asked").read_text(encoding="utf-8") == "-m m -t 2 -r 1 -o json -p 0 -n 4 -d 9"
    assert bench.measure(Case("prefill", [1] * 9)) == {"tokens_per_s": 5.0}
    assert (tmp_path / "asked").read_text(encoding="utf-8") == "-m m -t 2 -r 1 -o json -p 9 -n 0 -d 0"


def test_llama_bench_memory_is_its_own(tmp_path: Path) -> None:
    body = "import json, time\nmade = bytes(60_000_000)\ntime.sleep(0.5)\nprint(json.dumps([{'avg_ts': 5}]))"
    bench = LlamaBench(LABEL, program(tmp_path / "llama-bench", body), Path("m"), 2)
    ours = b"1" * 300_000_000
    assert 0 < bench.memory()["peak_rss_bytes"] < len(ours)


def test_llama_bench_that_fails(tmp_path: Path) -> None:
    bench = LlamaBench(LABEL, program(tmp_path / "llama-bench", "raise SystemExit(3)"), Path("m"), 2)
    with pytest.raises(MeasuringError, match="ended with 3"):
        bench.measure(Case("prefill", [1]))


def test_stored_bytes(tmp_path: Path) -> None:
    (tmp_path / "a").write_text(json.dumps("1"), encoding="utf-8")
    (tmp_path / "b").write_bytes(b"22")
    assert (stored_bytes(tmp_path), stored_bytes(tmp_path / "b")) == (5, 2)


def test_the_machine_is_described_without_its_name() -> None:
    text = describe()
    assert "cores of" in text and "GiB of memory" in text
    assert Path("/proc/sys/kernel/hostname").read_text(encoding="utf-8").strip() not in text
