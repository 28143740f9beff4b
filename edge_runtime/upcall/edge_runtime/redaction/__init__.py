"""Keeps private text on the device: finds it, masks it before a question leaves, restores it in the answer."""

from upcall.edge_runtime.redaction.detector import Detector
from upcall.edge_runtime.redaction.entities import EntityType, Span
from upcall.edge_runtime.redaction.messages import (
    PLACEHOLDER_INSTRUCTION,
    RedactedMessages,
    redact_messages,
    sent_sha256,
)
from upcall.edge_runtime.redaction.policy import Action, Policy
from upcall.edge_runtime.redaction.rules import Rules, load_rules
from upcall.edge_runtime.redaction.stream import StreamRestorer
from upcall.edge_runtime.redaction.vault import Vault

__all__ = [
    "PLACEHOLDER_INSTRUCTION",
    "Action",
    "Detector",
    "EntityType",
    "Policy",
    "RedactedMessages",
    "Rules",
    "Span",
    "StreamRestorer",
    "Vault",
    "load_rules",
    "redact_messages",
    "sent_sha256",
]
