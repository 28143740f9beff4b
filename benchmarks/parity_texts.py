"""Texts on which two runtimes must agree: public ones, the same as JSON and as code, and ones that hardly anybody writes."""

from __future__ import annotations

import base64
import json
import random
import urllib.parse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks import pii_data
from benchmarks.pii_data import Marked

SHARES = {
    "sentences": 0.25,
    "prompts": 0.1,
    "tweets": 0.1,
    "other languages": 0.1,
    "odd Unicode": 0.2,
    "JSON": 0.125,
    "code": 0.125,
}
"""Of each kind, among all texts."""
_VECTORS = Path(__file__).parents[1] / "proto/vectors/names.json"
_IDENTIFIERS = frozenset({"EMAIL_ADDRESS", "PHONE_NUMBER", "CREDIT_CARD", "IBAN_CODE", "IP_ADDRESS", "US_SSN"})
_ODD = (
    *("\u00ad", "\u200b", "\u200d", "\u2060", "\ufeff", "\u202e", "\u0000", "\u0007", "\u0085", "\u00a0", "\u2028"),
    *(
        "\u0301",
        "\u0338",
        "\u20e3",
        "\ufe0f",
        "\u1160",
        "\u0e33",
        "\u0d4d",
        "\u3099",
        "\u0345",
    ),  # join what stands before
    *("İ", "ı", "ß", "ẞ", "ſ", "Σ", "ς", "ǅ", "ŉ", "ﬃ", "K", "Ω"),  # whose cases are of other lengths
    *("٣", "۷", "७", "㊷", "⅖", "²", "𝟗", "𝔄", "𝒳", "Ａ", "０", "＠", "．"),  # read as digits and letters
    *("а", "е", "о", "Α", "Ꮯ", "՛", "‐", "−", "–", "／", "⁄"),  # look like Latin ones
    *("漢字", "かな", "한글", "שלום", "مرحبا", "สวัสดี", "ខ្មែរ", "नमस्ते", "Привет", "γειά", "ქართული", "አማርኛ"),
    *("🙂", "👩‍👩‍👧", "🇫🇷", "🏴\U000e0067\U000e0062\U000e007f", "1️⃣", "\U0001f9ff", "\U0001fae8"),
    *(
        "\u0378",
        "\ufffe",
        "\ue000",
        "\U000f0000",
        "\U0010ffff",
        "\U00016d63",
        "\U0001c0ff",
    ),  # private, new, none at all
    *("\ud800", "\udc00", "\udfff"),
    *("[[EMAIL_1_k7]]", "[[PERSON_1_ab]]", "[[", "]]", "_k7]]", "［［EMAIL_1_k7］］"),
    *("&#64;", "&amp;", "%40", "\\u0040", "\\n", "=40", "<b>", "`", "\r\n", "\t", "\v", "\x1c"),
)


@dataclass(frozen=True, slots=True)
class Text:
    """One text, with a decision to take beside it.

    Args:
        kind: a key of ``SHARES``.
        text: may hold lone surrogates.
        is_json: it is one JSON value.
        circumstances: of the decision: strategy, score, threshold, quality level and the fields of ``DeviceState``.
    """

    kind: str
    text: str
    is_json: bool = False
    circumstances: dict[str, Any] = field(default_factory=dict)


def texts(folder: Path, *, count: int, seed: int) -> list[Text]:
    """So many texts of all kinds, the same ones for the same seed.

    Args:
        folder: of the public texts, see ``pii_data.folder``.
        count: at least one of each kind is given.
        seed: of the choice.
    """
    rng = random.Random(seed)  # noqa: S311 - a choice to repeat, no secret
    dev = pii_data.prompts(folder / pii_data.DEV)
    marked = [*dev, *pii_data.other_templates(pii_data.prompts(folder / pii_data.LARGE), dev)]
    languages = [case["text"] for case in json.loads(_VECTORS.read_text(encoding="utf-8"))["detect"]]
    public = [one.text for one in marked]
    numbers = [one.text for one in marked if any(label in _IDENTIFIERS for _, _, label in one.spans)] or public
    sources: dict[str, Callable[[], str]] = {
        "sentences": lambda: rng.choice(public),
        "prompts": _chosen(rng, list(pii_data.chats(marked))),
        "tweets": _chosen(rng, [one.text for one in pii_data.tweets(folder / pii_data.TWEETS)]),
        "other languages": _chosen(rng, languages),
        "odd Unicode": lambda: odd(rng.choice(rng.choice((public, numbers, numbers, languages))), rng),
        "JSON": lambda: document(rng.choice(marked), rng),
        "code": lambda: code(rng.choice(marked), rng),
    }
    return [
        Text(kind, source(), kind == "JSON", circumstances(rng))
        for kind, source in sources.items()
        for _ in range(max(1, round(SHARES[kind] * count)))
    ]


def odd(text: str, rng: random.Random) -> str:
    """The text with some odd characters put in, in place of others or around them; sometimes in another case or encoding."""
    for _ in range(rng.randint(1, 6)):
        place = rng.randint(0, len(text))
        strange = rng.choice(_ODD) if rng.random() < 0.8 else chr(rng.randrange(0x110000))
        text = text[:place] + strange + text[place + rng.choice((0, 0, 1)) :]
    return rng.choice(_REWRITINGS)(text) if rng.random() < 0.4 else text


def _full_width(text: str) -> str:
    return "".join(chr(ord(one) + 0xFEE0) if "!" <= one <= "~" else one for one in text)


_REWRITINGS: Sequence[Callable[[str], str]] = (
    str.upper,
    str.lower,
    str.swapcase,
    _full_width,
    lambda text: "".join(one + "\u200b" for one in text),
    lambda text: " ".join(text),
    lambda text: base64.b64encode(text.encode(errors="surrogatepass")).decode("ascii"),
    lambda text: urllib.parse.quote(text.encode(errors="surrogatepass")),
    lambda text: json.dumps(json.dumps(text)),
    lambda text: "".join(f"&#{ord(one)};" for one in text),
)


def document(marked: Marked, rng: random.Random) -> str:
    """A JSON value with the text and its private words in it, written in one of several ways."""
    fields: dict[str, Any] = {label.lower(): marked.text[start:end] for start, end, label in marked.spans}
    value: dict[str, Any] = {
        "message": marked.text,
        "customer": {**fields, "active": rng.choice((True, None)), "since": rng.randint(1990, 2026)},
        "phone": rng.randint(2_000_000_000, 9_999_999_999),
        "card": [4111111111111111, 1.5e-7, -0, rng.randint(0, 9)],
        rng.choice(list(fields.values()) or ["key"]): odd(rng.choice(["é", "ab", "x y"]), rng),
    }
    if rng.random() < 0.3:
        value["arguments"] = json.dumps(fields, ensure_ascii=rng.random() < 0.5)
    return json.dumps(value, ensure_ascii=rng.random() < 0.5, indent=rng.choice((None, None, 2, "\t")))


def code(marked: Marked, rng: random.Random) -> str:
    """A question about a piece of code, a table or a log in which the private words stand."""
    words = [marked.text[start:end] for start, end, _ in marked.spans] or ["nobody"]
    pairs = list(zip([label.lower() for _, _, label in marked.spans] or ["value"], words, strict=True))
    pieces: Sequence[Callable[[], Iterator[str]]] = (
        lambda: (f"{name} = {word!r}  # {marked.text}" for name, word in pairs),
        lambda: iter([f"INSERT INTO people ({', '.join(name for name, _ in pairs)})", f"VALUES ({words!r});"]),
        lambda: (f"export {name.upper()}='{word}'" for name, word in pairs),
        lambda: (f"{name}: {word}" for name, word in pairs),
        lambda: (f"| {name} | {word} |" for name, word in [("field", "value"), ("---", "---"), *pairs]),
        lambda: iter([";".join(name for name, _ in pairs), *[";".join(words)] * 3]),
        lambda: (f'<td class="{name}">{word}</td>' for name, word in pairs),
        lambda: (
            f"2026-03-0{rng.randint(1, 9)}T10:22:31Z INFO user={word} id={rng.getrandbits(64):x}" for word in words
        ),
    )
    lines = list(rng.choice(pieces)())
    return "\n".join([rng.choice(("What does this do?", "Fix the bug:", "Explique ce code :")), "```", *lines, "```"])


def circumstances(rng: random.Random) -> dict[str, Any]:
    """Those of a decision, every field sometimes unknown."""

    def perhaps(value: object) -> object:
        return value if rng.random() < 0.7 else None

    return {
        "strategy": rng.choice(("local", "cloud", "cascade", "cascade", "cascade")),
        "score": perhaps(-rng.random() * 2),
        "threshold": perhaps(-rng.random() * 2),
        "quality_level": perhaps(rng.choice((0.0, 1.0, rng.random(), rng.random()))),
        "battery_percent": perhaps(rng.uniform(0, 100)),
        "is_charging": perhaps(rng.random() < 0.3),
        "thermal": perhaps(rng.choice(("none", "light", "moderate", "severe", "critical"))),
        "network": perhaps(rng.choice(("offline", "metered", "unmetered", "unmetered"))),
        "free_memory_bytes": perhaps(rng.randrange(1 << 30)),
    }


def _chosen(rng: random.Random, given: Sequence[str]) -> Callable[[], str]:
    return lambda: rng.choice(given)
