"""Whether a value beside a word such as "password" is one, and where it ends. Data: proto/rules/credentials.json."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import re2

from upcall.edge_runtime.redaction.limits import limits

_QUOTES = "\"'`"
_PAIRS = {")": "(", "]": "[", "}": "{", ">": "<"}
_TRAILING = ".,;:"
_LIMITS = limits("credentials")
_SHORTEST = _LIMITS["shortest"]
_SHORTEST_TOKEN = _LIMITS["shortest_token"]
_SHORTEST_QUOTED_TOKEN = _LIMITS["shortest_quoted_token"]
_LONG_WORD = _LIMITS["long_word"]  # letters of a token that is written without a digit
_DIGITS_ONLY = _LIMITS["fewest_digits_only"]
_RUN = re.compile("[A-Za-z0-9]{8,}")
_WORDS = re.compile("(?:[A-Z]?[a-z]+)+|[A-Z]+")
_TAG = re.compile("<[A-Za-z][A-Za-z _-]{0,40}>")
_HEXADECIMAL = re.compile("[0-9a-f]+|[0-9A-F]+")
_TOKEN_GOES_ON = re.compile(r"(?:[._~+/=-]{1,3}[A-Za-z0-9_-]+)+={0,2}")
# What follows a value that is not quoted: the next pair of a list, or markup.
_NEXT = re.compile(
    r""";(?=\s|$|[A-Za-z_][\w .-]{0,40}=)|,(?=\s|$|["'{\[]|[A-Za-z_][\w.-]{0,40}\s*[:=])|</|<br|&(?=[A-Za-z_][\w.]{0,40}=)"""
    r"""|(?<=[!-~])[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af]|\\[nrt"']|\|\s*$|\)\s*[;{]"""
)
# Lines that can belong to a private key: base 64, headers, an end; a mark of quoted mail or an escape may stand before them.
_LINE = r"""(?:\r?\n|\\r\\n|\\n)[ \t>|#*"'+]{0,12}(?:- ?)?"""
_KEY_LINE = re.compile(
    rf"""{_LINE}(?:-----END [A-Z0-9 ]+-----|[A-Za-z][A-Za-z-]{{2,30}}: [^\r\n\\]*|[A-Za-z0-9+/=]{{4,}})[ \t"',+]{{0,4}}"""
    rf"""|{_LINE}|[ \t]{{1,3}}[A-Za-z0-9+/=]{{16,}}|-----END [A-Z0-9 ]+-----"""
)


@dataclass(frozen=True, slots=True)
class CredentialValues:
    """What a value of a credential is not, each pattern for the whole of it.

    Args:
        references: names of a value that stands elsewhere.
        expressions: code, where the value is not quoted.
        names: identifiers and slugs, where the value belongs to a word for a token.
        samples: words that stand for a value in examples.
    """

    references: Any = field(repr=False)
    expressions: Any = field(repr=False)
    names: Any = field(repr=False)
    samples: Any = field(repr=False)

    @staticmethod
    def of(data: Mapping[str, Any]) -> CredentialValues:
        """From the parsed file.

        Raises:
            KeyError, re2.error: it does not follow its schema.
        """
        return CredentialValues(
            *map(_any_of, (data[name] for name in ("references", "expressions", "names", "samples")))
        )


def _any_of(patterns: Iterable[str]) -> Any:
    return re2.compile("|".join(f"(?:{pattern})" for pattern in patterns))


def expanded(pattern: str, words: Mapping[str, str]) -> str:
    """A pattern with ``{password}`` and the other names in it replaced by their patterns."""
    for name, words_pattern in words.items():
        pattern = pattern.replace(f"{{{name}}}", words_pattern)
    return pattern


def credential_span(
    text: str, start: int, end: int, *, scheme: str, needs: frozenset[str], values: CredentialValues
) -> Iterator[tuple[int, int]]:
    """The credential in [start, end) of a text, if it is one.

    Args:
        text: any.
        start, end: of the candidate.
        scheme: how it is judged; see the comment in credentials.json.
        needs: ``digit``, ``letter``, ``mixed`` or ``random``, which it must have whatever the scheme says.
        values: what is no credential.
    """
    if scheme == "lines":
        yield start, _end_of_key(text, end)
        return
    if scheme in ("code", "cookie", "url"):
        if scheme != "url" or _is_userinfo(text[start:end], values):
            yield start, end
        return
    if _TAG.match(text, start):  # <your password>
        return
    is_quoted = start > 0 and text[start - 1] in _QUOTES and text[end : end + 1] == text[start - 1]
    if scheme in ("raw", "header"):
        end = token_end(text, end)
    elif not is_quoted:
        start, end = _unquoted(text, start, end)
    value = text[start:end]
    is_last = text[end : end + 1] in ("", "\r", "\n")
    if _is_credential(value, scheme, is_quoted=is_quoted, is_last=is_last, values=values) and all(
        _has(value, need) for need in needs
    ):
        yield start, end


def _is_credential(value: str, scheme: str, *, is_quoted: bool, is_last: bool, values: CredentialValues) -> bool:
    if len(value) < _SHORTEST or values.references.fullmatch(value) or values.samples.fullmatch(value):
        return False
    if scheme == "raw":
        return True
    if not is_quoted and values.expressions.fullmatch(value):
        return False
    has_digit, has_letter = _has(value, "digit"), _has(value, "letter")
    if scheme == "header" and value.rstrip("=").isalpha():
        return len(value) >= _LONG_WORD and entropy(value) >= 3.0 and _WORDS.fullmatch(value.rstrip("=")) is None
    if scheme in ("token", "header"):
        if _is_random(value):
            return True
        if values.names.fullmatch(value):
            return is_quoted and value.isalpha() and value.islower() and len(value) >= _LONG_WORD
        shortest = _SHORTEST_QUOTED_TOKEN if is_quoted and entropy(value) >= 2.3 else _SHORTEST_TOKEN
        return has_digit and has_letter and len(value) >= shortest and entropy(value) >= 2.3
    if scheme == "option":
        return has_digit or _has(value, "mixed")
    if value.isalpha() and value.isascii():  # a word: only where it stands alone, or in quotation marks
        return value.islower() and len(value) >= (8 if is_quoted else 6) and (is_quoted or is_last)
    if value.isdigit():
        return len(value) >= _DIGITS_ONLY
    if " " in value:  # a phrase in quotation marks, or prose beside the word
        return is_quoted and (has_digit or len(value.split()) >= 4)
    return entropy(value) >= 1.5


def _has(value: str, need: str) -> bool:
    if need == "digit":
        return any("0" <= character <= "9" for character in value)
    if need == "letter":
        return any(map(str.isalpha, value))
    if need == "random":
        return _is_random(value)
    if need == "random_or_hex":
        return _is_random(value) or _is_hexadecimal(value)
    return not value.isalpha()


def _is_random(value: str) -> bool:
    """Whether a run in it is drawn rather than written: upper case, lower case and digits change places all the time."""
    for run in _RUN.findall(value):
        digits = sum("0" <= character <= "9" for character in run)
        if (
            not _HEXADECIMAL.fullmatch(run)
            and digits >= 2
            and _changes(run) >= (0.3 if len(run) >= 12 else 0.5)
            and entropy(run) >= 2.5
        ):
            return True
    return False


def _is_hexadecimal(value: str) -> bool:
    runs = (run for run in _RUN.findall(value) if len(run) >= 24 and _HEXADECIMAL.fullmatch(run))
    return any(4 <= sum(map(str.isdigit, run)) < len(run) for run in runs)


def _changes(value: str) -> float:
    """Share of neighbours of different kinds: digit, upper case, lower case. A capital begins a word and counts half."""
    kinds = ["0" if character.isdigit() else "A" if character.isupper() else "a" for character in value]
    pairs = list(pairwise(kinds))
    return sum(0.5 if pair == ("A", "a") else 1.0 for pair in pairs if pair[0] != pair[1]) / max(1, len(pairs))


def _unquoted(text: str, start: int, end: int) -> tuple[int, int]:
    """The value without what only stands beside it: the next pair of a list, markup, punctuation of the sentence."""
    following = _NEXT.search(text, start + 1, min(len(text), end + 40))
    if following and following.start() < end:
        end = following.start()
    while end > start + 1 and (text[end - 1] in _TRAILING or _closes_nothing(text[start:end])):
        end -= 1
    return start, end


def _closes_nothing(value: str) -> bool:
    opening = _PAIRS.get(value[-1])
    return opening is not None and value.count(value[-1]) > value.count(opening)


def token_end(text: str, end: int) -> int:
    """Where a token ends whose pattern stopped early: the rest of it, after a full stop or a hyphen, is as private."""
    goes_on = _TOKEN_GOES_ON.match(text, end)
    if goes_on is None or not any("0" <= character <= "9" for character in goes_on[0]):
        return end
    return goes_on.end()


def _end_of_key(text: str, end: int) -> int:
    """The end of the last line that can belong to a private key whose head ends at ``end``."""
    last = end
    while (line := _KEY_LINE.match(text, end)) is not None and line.end() > end:
        end = line.end()
        if any(map(str.isalnum, line[0])):
            last = line.start() + len(line[0].rstrip("\"',+ \t\r\n"))
        if "-----END" in line[0]:
            break
    return last


def _is_userinfo(value: str, values: CredentialValues) -> bool:
    """Whether ``name:password@host`` holds a password: neither a port nor a reference."""
    name, _, rest = value.partition(":")
    password = rest.rpartition("@")[0]
    port, _, _ = password.partition("/")
    is_port = bool(name) and port.isdigit() and len(port) <= 5 and ("/" in password)
    return (
        bool(password)
        and not is_port
        and not values.references.fullmatch(password)
        and not values.samples.fullmatch(password)
    )


def entropy(value: str) -> float:
    """Shannon entropy of the characters of a text, bits for each character, ≥ 0. The text is not empty."""
    return -sum(count / len(value) * math.log2(count / len(value)) for count in Counter(value).values())
