"""What one user wants masked, in a file: actions by type, and the user's own words."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from upcall.edge_runtime.errors import InputError
from upcall.edge_runtime.redaction.detector import Detector, NameFinder
from upcall.edge_runtime.redaction.entities import EntityType
from upcall.edge_runtime.redaction.policy import Action, Policy

_LISTS = ("deny_terms", "allow_terms", "phone_regions")
_KEYS = ("actions", "unread_script", *_LISTS)


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyFile:
    """The contents of a policy file.

    Args:
        policy: an action for each type, what is not named is masked; and one for texts in scripts that no names are found in.
        deny_terms: the user's own words, always private.
        allow_terms: values that are never private, such as the names of public figures.
        phone_regions: ISO 3166 codes whose national telephone numbers are looked for; None takes those of the rules.
    """

    policy: Policy = field(default_factory=Policy)
    deny_terms: tuple[str, ...] = field(default=(), repr=False)
    allow_terms: tuple[str, ...] = field(default=(), repr=False)
    phone_regions: tuple[str, ...] | None = None

    def detector(self, *, deny_terms: tuple[str, ...] = (), names: NameFinder | None = None) -> Detector:
        """A detector with the lists of the file.

        Args:
            deny_terms: more of the user's own words.
            names: finds names and addresses beside the rules; by default nothing does.

        Raises:
            InputError: a term or a region is not acceptable, or a term is both denied and allowed.
            RedactionError: the rules cannot be read.
        """
        return Detector(
            deny_terms=(*self.deny_terms, *deny_terms),
            allow_terms=self.allow_terms,
            phone_regions=self.phone_regions,
            names=names,
        )


def read_policy(path: Path) -> PolicyFile:
    """Read a policy file: a JSON object such as ``{"actions": {"SECRET": "block"}, "allow_terms": ["Ada Lovelace"]}``.

    Raises:
        InputError: it cannot be read, is not JSON, or holds what a policy does not.
    """
    try:
        given = json.loads(path.read_text(encoding="utf-8-sig"), object_pairs_hook=_once)
    except OSError as error:
        raise InputError(
            f"The policy {path} cannot be read ({error.strerror}).", next_step="give a file that exists"
        ) from None
    except UnicodeDecodeError as error:
        raise InputError(
            f"The policy {path} is not UTF-8 at byte {error.start}.", next_step="save it as UTF-8"
        ) from None
    except json.JSONDecodeError as error:
        raise InputError(
            f"The policy {path} is not JSON at line {error.lineno}, column {error.colno}.",
            allowed='a JSON object, such as {"actions": {"SECRET": "block"}}',
        ) from None
    except RecursionError:
        raise InputError(f"The policy {path} is nested too deeply.") from None
    except ValueError:  # a number of more digits than any list or action can need
        raise InputError(f"The policy {path} holds a number that is too long.") from None
    return parse_policy(given)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose keys stand there once: of two actions for one type, neither can be meant more.

    Raises:
        InputError: a key stands there twice.
    """
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        kind = f"'{twice}'" if twice in (*_KEYS, *EntityType) else "A key"
        raise InputError(f"{kind} stands twice in the policy.", next_step="keep the one that is meant")
    return found


def parse_policy(given: Any) -> PolicyFile:
    """Check the contents of a policy file.

    Raises:
        InputError: a key, type, action or list is not what a policy holds.
    """
    unknown = sorted(set(given) - set(_KEYS)) if isinstance(given, dict) else []
    if not isinstance(given, dict) or unknown:
        raise InputError(
            f"The policy holds an unknown key: {unknown[0]!r:.40}." if unknown else "The policy is not a JSON object.",
            allowed=", ".join(_KEYS),
            next_step='write, for example, {"actions": {"SECRET": "block"}}',
        )
    actions = given.get("actions", {})
    if not isinstance(actions, dict):
        raise InputError("The actions of the policy are not an object.", allowed='such as {"SECRET": "block"}')
    lists = {name: _texts(name, given[name]) for name in _LISTS if name in given}
    policy = Policy.parse(actions, unread_script=given.get("unread_script", Action.ALLOW))
    return PolicyFile(policy=policy, **lists)


def _texts(name: str, given: object) -> tuple[str, ...]:
    if not isinstance(given, list) or not all(isinstance(item, str) for item in given):
        raise InputError(f"The {name} of the policy are not a list of texts.", allowed='such as ["Project Heron"]')
    return tuple(given)
