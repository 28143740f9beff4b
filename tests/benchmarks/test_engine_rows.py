from __future__ import annotations

from benchmarks.engine_rows import Measured, rows
from benchmarks.results import Row
from benchmarks.subjects import Label

DECODE, PREFILL = "decode 128 tokens", "prefill 512 tokens"
MEMORY = {"rss_bytes": 2e8, "peak_rss_bytes": 3e8}


def measured(name: str, *, is_upcall: bool = False, decode: float, prefill: float) -> Measured:
    label = Label(name=name, settings="as ever", is_upcall=is_upcall, bytes_per_token=10**8, stored_bytes=96 * 10**6)
    entry = Measured(label, load_s=1.5, memory=MEMORY)
    for factor in (0.5, 1.0, 1.1):
        entry.add(DECODE, {"tokens_per_s": factor * decode})
        entry.add(PREFILL, {"tokens_per_s": factor * prefill})
    return entry


def listed(*entries: Measured) -> dict[str, Row]:
    made = rows(
        entries,
        threads=2,
        bandwidth=2e10,
        others_percent=1.0,
        decode=DECODE,
        prefills=[PREFILL],
        ratio_peer="onnxruntime-genai",
    )
    return {row.figure: row for row in made}


ONNX = measured("Upcall ONNX", is_upcall=True, decode=100, prefill=900)
PTE = measured("Upcall ExecuTorch", is_upcall=True, decode=150, prefill=800)
GENAI = measured("onnxruntime-genai", decode=101, prefill=300)
LLAMA = measured("llama.cpp", decode=90, prefill=500)


def test_the_best_are_compared_figure_by_figure() -> None:
    found = listed(ONNX, PTE, GENAI, LLAMA)
    decode = found[f"{DECODE}, best engine: Upcall ExecuTorch"]
    assert (decode.value, decode.peer, decode.peer_value) == (150, "onnxruntime-genai", 101)
    assert (decode.target, decode.holds) == ("≥ 1.4 × the peer", True)
    prefill = found[f"{PREFILL}, best engine: Upcall ONNX"]
    assert (prefill.peer, prefill.target, prefill.holds) == ("llama.cpp", "≥ 2 × the peer", False)


def test_onnx_is_compared_with_genai() -> None:
    found = listed(ONNX, PTE, GENAI, LLAMA)
    assert found[f"{DECODE}, ONNX engine"].holds is False
    assert found[f"{PREFILL}, ONNX engine"].holds is True


def test_without_peers_nothing_is_compared() -> None:
    assert all(row.target is None for row in listed(ONNX).values())


def test_session_overhead_has_a_target() -> None:
    entry = measured("Upcall ONNX", is_upcall=True, decode=100, prefill=900)
    entry.add("decode in Session.ask", {"tokens_per_s": 95, "overhead_percent": 3.5})
    row = listed(entry)["session overhead, Upcall ONNX"]
    assert (row.value, row.target, row.holds) == (3.5, "≤ 3", False)


def test_share_of_the_bandwidth() -> None:
    row = listed(ONNX)["share of the bandwidth limit, Upcall ONNX"]
    assert row.value == 50.0  # 100 of 2e10 / 1e8 tokens a second
    assert "200 tok/s" in row.note


def test_range_and_settings_stand_in_the_note() -> None:
    note = listed(ONNX)[f"{DECODE}, Upcall ONNX"].note
    assert note == "50 to 110 in 3 runs; as ever; 2 threads"


def test_costs() -> None:
    found = listed(ONNX)
    assert found["load, Upcall ONNX"].value == 1.5
    assert (found["resident memory, Upcall ONNX"].value, found["stored size, Upcall ONNX"].value) == (200, 96)
