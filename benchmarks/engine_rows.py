"""Turns runs of engines into rows of results: medians, targets, what the memory would allow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from benchmarks.results import Row, at_most, times_the_peer
from benchmarks.spread import Spread, spread
from benchmarks.subjects import Label

DECODE_TARGET, PREFILL_TARGET = 1.4, 2.0
"""Best engine against the best peer."""
MAX_SESSION_OVERHEAD_PERCENT = 3.0


@dataclass
class Measured:
    """All runs of one engine.

    Args:
        label: who it is.
        load_s: None where it cannot be told apart.
        runs: tokens a second, by figure such as "decode 128 tokens".
        overhead_percent: of every session.
        memory: ``rss_bytes`` and ``peak_rss_bytes`` after the runs.
    """

    label: Label
    load_s: float | None = None
    runs: dict[str, list[float]] = field(default_factory=dict)
    overhead_percent: list[float] = field(default_factory=list)
    memory: Mapping[str, float] = field(default_factory=dict)

    def add(self, figure: str, figures: Mapping[str, float]) -> None:
        """Keep one run."""
        self.runs.setdefault(figure, []).append(figures["tokens_per_s"])
        if "overhead_percent" in figures:
            self.overhead_percent.append(figures["overhead_percent"])

    def speed(self, figure: str) -> Spread:
        """Tokens a second."""
        return spread(self.runs[figure])


def rows(
    measured: Sequence[Measured],
    *,
    threads: int,
    bandwidth: float,
    others_percent: float,
    decode: str,
    prefills: Sequence[str],
    ratio_peer: str,
) -> list[Row]:
    """Everything that is shown: targets first, then each engine in each figure.

    Args:
        measured: in the order to show.
        threads: that each had.
        bandwidth: of memory copies, bytes/s.
        others_percent: processor time that other programs took.
        decode: name of the figure that the bandwidth limits.
        prefills: names of those that it does not.
        ratio_peer: name of the peer that the ONNX engine shall not be slower than.
    """
    listed = [*_against_best_peer(measured, decode, DECODE_TARGET)]
    for prefill in prefills:
        listed += _against_best_peer(measured, prefill, PREFILL_TARGET)
    for figure in (decode, *prefills):
        listed += _onnx_against(measured, figure, ratio_peer)
    listed += _sessions(measured)
    for figure in dict.fromkeys(figure for entry in measured for figure in entry.runs):
        for entry in measured:
            if figure in entry.runs:
                speed = entry.speed(figure)
                note = f"{speed}; {entry.label.settings}; {threads} threads"
                listed.append(Row(figure=f"{figure}, {entry.label.name}", value=speed.median, unit="tok/s", note=note))
    listed += _bandwidth(measured, decode, threads=threads, bandwidth=bandwidth)
    for entry in measured:
        listed += _costs(entry)
    note = "the less, the more the figures above mean"
    return [*listed, Row(figure="processor time of other programs", value=others_percent, unit="%", note=note)]


def _best(entries: Sequence[Measured], figure: str) -> Measured | None:
    return max(
        (entry for entry in entries if figure in entry.runs), key=lambda entry: entry.speed(figure).median, default=None
    )


def _against_best_peer(measured: Sequence[Measured], figure: str, factor: float) -> Iterator[Row]:
    ours = _best([entry for entry in measured if entry.label.is_upcall], figure)
    peer = _best([entry for entry in measured if not entry.label.is_upcall], figure)
    if ours is not None and peer is not None:
        yield _compared(f"{figure}, best engine: {ours.label.name}", ours, peer, figure, factor)


def _onnx_against(measured: Sequence[Measured], figure: str, peer_name: str) -> Iterator[Row]:
    ours = _best([entry for entry in measured if entry.label.name.startswith("Upcall ONNX")], figure)
    peer = _best([entry for entry in measured if entry.label.name == peer_name], figure)
    if ours is not None and peer is not None:
        yield _compared(f"{figure}, ONNX engine", ours, peer, figure, 1)


def _compared(name: str, ours: Measured, peer: Measured, figure: str, factor: float) -> Row:
    own, other = ours.speed(figure), peer.speed(figure)
    target, holds = times_the_peer(factor, own.median, other.median)
    note = f"{own.median / other.median:.2f} × the peer; medians; {own}; peer {other}"
    return Row(
        figure=name,
        value=own.median,
        unit="tok/s",
        target=target,
        holds=holds,
        peer=peer.label.name,
        peer_value=other.median,
        note=note,
    )


def _sessions(measured: Sequence[Measured]) -> Iterator[Row]:
    for entry in measured:
        if entry.overhead_percent:
            share = spread(entry.overhead_percent)
            target, holds = at_most(MAX_SESSION_OVERHEAD_PERCENT, share.median)
            note = f"{share}; time of Session.ask's decode that is not in Engine.forward"
            name = f"session overhead, {entry.label.name}"
            yield Row(figure=name, value=share.median, unit="%", target=target, holds=holds, note=note)


def _bandwidth(measured: Sequence[Measured], decode: str, *, threads: int, bandwidth: float) -> Iterator[Row]:
    note = f"numpy, {threads} threads, bytes read and written together; the best of 8 copies"
    yield Row(figure="memory bandwidth of copies", value=bandwidth / 1e9, unit="GB/s", note=note)
    for entry in measured:
        if decode in entry.runs and entry.label.bytes_per_token is not None:
            limit = bandwidth / entry.label.bytes_per_token
            note = f"of {limit:,.0f} tok/s, if each token reads {entry.label.bytes_per_token / 1e6:,.1f} MB once"
            share = 100 * entry.speed(decode).median / limit
            yield Row(figure=f"share of the bandwidth limit, {entry.label.name}", value=share, unit="%", note=note)


def _costs(entry: Measured) -> Iterator[Row]:
    name = entry.label.name
    if entry.load_s is not None:
        note = "imports included, files in the page cache"
        yield Row(figure=f"load, {name}", value=entry.load_s, unit="s", note=note)
    peak = entry.memory["peak_rss_bytes"] / 1e6
    note = f"peak {peak:,.0f} MB" if "rss_bytes" in entry.memory else "the peak"
    resident = entry.memory.get("rss_bytes", entry.memory["peak_rss_bytes"]) / 1e6
    yield Row(
        figure=f"resident memory, {name}", value=resident, unit="MB", note=f"{note}; whole process after the runs"
    )
    size = entry.label.stored_bytes / 1e6
    note = "bundle with tokenizer" if entry.label.is_upcall else "model files"
    yield Row(figure=f"stored size, {name}", value=size, unit="MB", note=note)
