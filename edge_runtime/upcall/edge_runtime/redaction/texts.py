"""Single texts: masked, and restored. What ``upcall redact`` and ``upcall restore`` do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from upcall.edge_runtime.errors import check_type
from upcall.edge_runtime.redaction.detector import Detector
from upcall.edge_runtime.redaction.documents import PlainText, counted
from upcall.edge_runtime.redaction.entities import EntityType, Span
from upcall.edge_runtime.redaction.json_text import JsonText
from upcall.edge_runtime.redaction.masking import Masking
from upcall.edge_runtime.redaction.policy import Policy
from upcall.edge_runtime.redaction.stream import JsonStreamRestorer
from upcall.edge_runtime.redaction.vault import Vault


@dataclass(frozen=True, slots=True)
class RedactedText:
    """What may leave of a text, with what was found in it; or nothing at all.

    Args:
        masked: as it would be sent; empty when something is blocked.
        spans: what was masked, or found when something is blocked: in order, in code points of the text as given.
        blocked: types found whose policy is to stay on the device.
        counts: distinct values masked, by type.
        vault: restores it. Private.
        unread_letters: how many letters of scripts that the name model does not read keep the text here; 0 where the policy
            allows them.
    """

    masked: str = field(repr=False)
    spans: tuple[Span, ...]
    blocked: frozenset[EntityType]
    counts: Mapping[EntityType, int]
    vault: Vault
    unread_letters: int = 0

    @property
    def is_blocked(self) -> bool:
        """Whether the policy keeps the text on the device."""
        return bool(self.blocked or self.unread_letters)


def redact(
    text: str,
    *,
    detector: Detector | None = None,
    vault: Vault | None = None,
    policy: Policy | None = None,
    is_json: bool = False,
    remembers: bool = True,
) -> RedactedText:
    """Mask everything private in a text. ``restore`` with the same vault gives it back.

    Args:
        text: any text, also one that is not valid Unicode.
        detector: what is private; by default the rules of this version. ``Detector(names=open_names())`` finds names, too
            (``upcall.edge_runtime.opening``).
        vault: to go on with, so that a value keeps its placeholder; by default a new one.
        policy: what to do with a finding; by default all are masked.
        is_json: the text is one JSON value and stays valid JSON: strings and keys are masked in pieces, a number as a whole,
            which becomes a string until it is restored.
        remembers: also mask what the vault already holds, wherever it stands.

    Raises:
        InputError: the text is to be JSON and is not, or something is of another type.
        RedactionError: a rule failed, or masking came to no end; nothing may be sent.
    """
    check_type("The text", text, str)
    check_type("The detector", detector, Detector, type(None))
    check_type("The vault", vault, Vault, type(None))
    check_type("The policy", policy, Policy, type(None))
    vault = Vault() if vault is None else vault
    document = JsonText(text) if is_json else PlainText(text)
    masking = Masking(
        [document],
        detector=Detector() if detector is None else detector,
        vault=vault,
        policy=policy or Policy(),
        remembers=remembers,
    )
    blocked = masking.run()
    spans = masking.spans(0)
    if blocked or masking.unread_letters:
        return RedactedText("", spans, blocked, {}, vault, masking.unread_letters)
    return RedactedText(document.sent(), spans, frozenset(), counted(masking.masked()), vault)


def restore(text: str, vault: Vault, *, is_json: bool = False) -> str:
    """The text with every placeholder of the vault replaced by its value; all else is left as it is.

    Args:
        text: masked, or an answer to what was.
        vault: that masked it.
        is_json: the text is JSON: values are escaped as its strings need it, and what was a bare number is one again. A value
            that was written with other escapes than JSON needs comes back equal, though not to the byte.

    Raises:
        InputError: something is of another type.
    """
    check_type("The text", text, str)
    check_type("The vault", vault, Vault)
    if not is_json:
        return vault.restore(text)
    restorer = JsonStreamRestorer(vault)
    return restorer.feed(text) + restorer.flush()
