from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema
import pytest

from benchmarks import results
from benchmarks.results import Row

HIT = Row(
    figure="speed", value=123.4567891, unit="tok/s", target="≥ the peer", holds=True, peer="other", peer_value=100.0
)
MISS = Row(figure="size", value=95.6, unit="MB", target="≤ 95", holds=False, note="a | b")
FREE = Row(figure="error", value=5.4e-5, unit="logit")


def written(folder: Path, *rows: Row) -> dict[str, Any]:
    results.write("made", command="python -m benchmarks.made", machine="2 cores", rows=rows, folder=folder)
    return results.read_all(folder)


def test_what_is_written_is_read_and_in_the_format(tmp_path: Path) -> None:
    content = written(tmp_path, HIT, MISS, FREE)["made"]
    assert set(content) == {"command", "date", "machine", "rows"}
    assert content["rows"][0]["value"] == 123.457
    assert content["rows"][2]["value"] == 5.4e-5
    results.check(content)


def test_misses_are_listed_and_marked(tmp_path: Path) -> None:
    page = results.page(written(tmp_path, HIT, MISS, FREE))
    assert "1 of 2 targets hold.\nMissed:\n\n- made: size is 95.6 MB; target ≤ 95\n" in page
    assert "| size | 95.6 MB | ≤ 95 | **no** |  |  | a \\| b |" in page
    assert "| speed | 123 tok/s | ≥ the peer | yes | other | 100 tok/s |  |" in page
    assert "| error | 0.0000540 logit |  |  |  |  |  |" in page


def test_a_missed_peer_is_named(tmp_path: Path) -> None:
    row = Row(figure="speed", value=10, unit="tok/s", target="≥ the peer", holds=False, peer="other", peer_value=20)
    assert "- made: speed is 10.0 tok/s; target ≥ the peer (other: 20.0 tok/s)\n" in results.page(
        written(tmp_path, row)
    )


def test_no_results_say_so() -> None:
    assert "No target was measured yet." in results.page({})


@pytest.mark.parametrize(
    "wrong",
    [
        {"holds": None},
        {"target": None},
        {"target": "fast"},
        {"peer_value": None},
        {"peer": None},
        {"value": "123"},
        {"extra": 1},
    ],
)
def test_other_formats_are_refused(tmp_path: Path, wrong: dict[str, object]) -> None:
    content = written(tmp_path, HIT)["made"]
    content["rows"][0] |= wrong
    with pytest.raises(jsonschema.ValidationError):
        results.check(content)


def test_commands_say_nothing_of_the_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("UPCALL_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    arguments = ["--bundle", f"{tmp_path}/home/bundles/a", "--x", "/opt/peers/llama-bench", "./here/b", "--n", "5"]
    line = results.command_line("benchmarks.engines", arguments)
    assert line == "python -m benchmarks.engines --bundle $UPCALL_HOME/bundles/a --x llama-bench here/b --n 5"


def test_targets() -> None:
    assert results.at_most(95.0, 95.0) == ("≤ 95", True)
    assert results.at_most(3.0, 3.1) == ("≤ 3", False)
    assert results.at_least(300_000.0, 300_000.0) == ("≥ 300,000", True)
    assert results.at_least(1_000_000.0, 999_999.0) == ("≥ 1,000,000", False)
    assert results.times_the_peer(1.4, 140.0, 100.0) == ("≥ 1.4 × the peer", True)
    assert results.times_the_peer(1, 99.0, 100.0) == ("≥ the peer", False)
