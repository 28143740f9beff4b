"""``card.md``: what a person should know about a bundle, made from its manifest and nothing else."""

from __future__ import annotations

from collections.abc import Iterable

from upcall.edge_runtime.bundle import SIGNALS, STAGES
from upcall.edge_runtime.decision.confidence import Signal
from upcall.protocol.v1 import bundle_pb2

_SIGNALS = {
    Signal.MEAN_LOG_PROB: "mean log-probability of the answer's tokens",
    Signal.MIN_LOG_PROB: "least log-probability of the answer's tokens",
    Signal.ROUTER_POST: "log-probability that the answer is right, as the router head says,",
    Signal.ROUTER_PRE: "log-probability that the answer will be right, as the router head says before it,",
}


def write_card(manifest: bundle_pb2.BundleManifest) -> str:
    """Markdown."""
    model, shape = manifest.model, manifest.shape
    lines = [
        f"# {model.id}, {manifest.recipe}",
        "",
        f"A device bundle of Upcall. Weights: {model.revision}, licence {model.licence}. Made {manifest.created_at}.",
        "",
        f"{shape.layer_count} layers, hidden size {shape.hidden_size}, vocabulary {shape.vocabulary_size:,}, context "
        f"{shape.context_length:,} tokens.",
        "",
        *_runtimes(manifest),
        "## When it calls the cloud",
        "",
        *_threshold(manifest.threshold),
        "",
        *(_head(head) for head in manifest.router_heads),
        "",
        "## Checks",
        "",
        *_table(manifest.checks),
        "",
        "## Figures",
        "",
        *_table(manifest.figures),
        "",
        "## Made with",
        "",
        *(f"- {name} {version}" for name, version in sorted(manifest.tool_versions.items())),
    ]
    return "\n".join(lines) + "\n"


def _runtimes(manifest: bundle_pb2.BundleManifest) -> list[str]:
    least = [f"{name} {version}" for name, version in sorted(manifest.least_runtime_versions.items())]
    return [f"Runs on {', '.join(least)} or later.", ""] if least else []


def _threshold(threshold: bundle_pb2.Threshold) -> list[str]:
    own, signal = threshold.calibration, _SIGNALS[SIGNALS[threshold.signal]]
    target = f" (target {own.target_kept_accuracy:.0%})" if own.target_kept_accuracy else ""  # or a loss was promised
    return [
        f"When the {signal} is below {threshold.value:.4f} nats. Calibrated on {own.question_count} "
        f"questions of `{own.set_name}`: this model answers {own.local_accuracy:.0%} of them right; the signal tells right "
        f"from wrong with an AUROC of {own.auroc:.2f}; at the threshold it keeps {own.kept_share:.0%} of the questions and "
        f"answers {own.kept_accuracy:.0%} of those right{target}. Everyday questions of other kinds may "
        "differ.",
    ]


def _head(head: bundle_pb2.RouterHead) -> str:
    if head.HasField("revision"):
        return f"- `{STAGES[head.stage].method}`: a trained router head, {head.revision}."
    return f"- `{STAGES[head.stage].method}`: no router head was trained; it passes on `{head.identity_of}`."


def _table(rows: Iterable[bundle_pb2.Measurement]) -> list[str]:
    body = [f"| {row.name} | {row.value:.4g} | {row.unit} | {row.bound} |" for row in rows]
    return ["| what | value | unit | bound |", "|---|---|---|---|", *body]
