"""How an answer is graded: the last number, the first word or the whole text must be the right one."""

from __future__ import annotations

import re

_NUMBER = re.compile(r"-?\d[\d,]*(?:\.\d+)?")
_WORD = re.compile(r"[^\W\d_]+")


def last_number_in(text: str) -> str | None:
    """The last number of a text without its commas, None where it has none."""
    numbers = _NUMBER.findall(text)
    return numbers[-1].replace(",", "") if numbers else None


def first_word(text: str, answer: str) -> bool:
    """Whether the first word of the text is the answer, whatever its case."""
    word = _WORD.search(text)
    return word is not None and word[0].lower() == answer.lower()


def last_number(text: str, answer: str) -> bool:
    """Whether the last number of the text is the answer; commas and a fraction of zero do not count."""
    number = last_number_in(text)
    return number is not None and re.sub(r"\.0+$", "", number) == answer


def same_text(text: str, answer: str) -> bool:
    """Whether the text is the answer, whatever its case, and quotes and full stops at its ends."""
    return text.strip(" \n'\"`.").lower() == answer.strip(" \n'\"`.").lower()


def is_right(text: str, answer: str) -> bool:
    """Whether the last number of the text (for an answer that is a number) or its first word is the answer."""
    return last_number(text, answer) if answer.isdecimal() else first_word(text, answer)


_GRADERS = {
    "sst2": first_word,
    "trec": first_word,
    "boolq": first_word,
    "addition": last_number,
    "gsm8k": last_number,
    "extraction": same_text,
}


def grade(task: str, text: str, answer: str) -> float:
    """1 for a right answer to a question of a task, else 0."""
    return float(_GRADERS[task](text, answer))
