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
from upcall.edge_runtime.redaction.policy_file import PolicyFile, read_policy
from upcall.edge_runtime.redaction.rules import Rules, load_rules
from upcall.edge_runtime.redaction.stream import JsonStreamRestorer, StreamRestorer
from upcall.edge_runtime.redaction.texts import RedactedText, redact, restore
from upcall.edge_runtime.redaction.vault import Vault
from upcall.edge_runtime.redaction.vault_file import open_vault, read_vault

__all__ = [
    "PLACEHOLDER_INSTRUCTION",
    "Action",
    "Detector",
    "EntityType",
    "JsonStreamRestorer",
    "Policy",
    "PolicyFile",
    "RedactedMessages",
    "RedactedText",
    "Rules",
    "Span",
    "StreamRestorer",
    "Vault",
    "load_rules",
    "open_vault",
    "read_policy",
    "read_vault",
    "redact",
    "redact_messages",
    "restore",
    "sent_sha256",
]
