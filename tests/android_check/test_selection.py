from __future__ import annotations

from collections.abc import Iterable, Mapping

import pytest

from android.check.descriptions import Description, File, Need, Side
from android.check.errors import CheckError
from android.check.selection import select


class Modules:
    """Knows these modules, and remembers which it was asked for."""

    def __init__(self, **needs: str) -> None:
        """``a_1="b:2 c:3 >d:4"``: version 1 of a needs b 2 and c 3, and d 4 at least where anything needs d."""
        self.asked: list[str] = []
        self._known: dict[str, Description] = {}
        for name, text in needs.items():
            module, _, version = name.partition("_")
            words = text.split()
            constraints = tuple((f"g:{m}", v) for m, v in (word[1:].split(":") for word in words if word[0] == ">"))
            side = Side(
                tuple(need(word) for word in words if word[0] != ">"),
                constraints,
                (File(f"g:{module}", version, "aar"),),
            )
            api = Side(tuple(need(word) for word in words if word[0] not in ">~"), (), side.files)
            self._known[f"g:{module}:{version}"] = Description(api, side, Side(constraints=constraints))

    def of(self, coordinates: Iterable[str]) -> Mapping[str, Description]:
        wanted = list(coordinates)
        self.asked += wanted
        return {one: self._known[one] for one in wanted if one in self._known}


def need(word: str) -> Need:
    """``b:2!c`` needs b 2 without c; ``~b:2`` only while it runs."""
    word, *excluded = word.removeprefix("~").split("!")
    module, _, version = word.partition(":")
    return Need(f"g:{module}", version, frozenset(f"g:{name}" for name in excluded))


def versions(modules: Modules, *roots: str, is_compiling: bool = False) -> dict[str, str]:
    chosen = select([need(root) for root in roots], modules, is_compiling=is_compiling)
    return {module.removeprefix("g:"): version for module, version in chosen.versions.items()}


def test_the_highest_that_anything_asks_for() -> None:
    modules = Modules(a_1="b:1 c:1", b_1="", b_2="d:1", c_1="b:2", d_1="")
    assert versions(modules, "a:1") == {"a": "1", "b": "2", "c": "1", "d": "1"}


def test_what_only_an_old_version_needs_is_left_out() -> None:
    modules = Modules(a_1="b:1 c:1", b_1="old:1", b_2="", c_1="b:2", old_1="")
    chosen = select([need("a:1")], modules)
    assert chosen.files == tuple(
        File(f"g:{name}", version, "aar") for name, version in (("a", "1"), ("b", "2"), ("c", "1"))
    )


def test_an_old_version_that_cannot_be_had_does_no_harm() -> None:
    assert versions(Modules(a_1="b:1 c:1", b_2="", c_1="b:2"), "a:1")["b"] == "2"


def test_constraints_raise_what_is_there_and_bring_nothing_along() -> None:
    modules = Modules(a_1="b:1 >b:2 >other:9", b_1="", b_2="")
    assert versions(modules, "a:1") == {"a": "1", "b": "2"}


def test_a_platform_says_versions_that_are_left_open() -> None:
    modules = Modules(bom_1=">a:2 >b:3", a_2="b:1", b_3="")
    chosen = select([Need("g:bom", "1", is_platform=True), Need("g:a", "")], modules)
    assert chosen.versions == {"g:a": "2", "g:b": "3"}


def test_no_version_at_all() -> None:
    with pytest.raises(CheckError, match="nothing says which version of g:a is meant"):
        versions(Modules(), "a")


def test_what_cannot_be_had() -> None:
    with pytest.raises(CheckError, match="cannot be had: g:b:7"):
        versions(Modules(a_1="b:7"), "a:1")


def test_exclusions_hold_for_all_that_comes_by_one_way() -> None:
    modules = Modules(a_1="b:1", b_1="c:1", c_1="", d_1="c:1")
    assert versions(modules, "a:1!c") == {"a": "1", "b": "1"}
    assert versions(modules, "a:1!c", "d:1") == {"a": "1", "b": "1", "d": "1", "c": "1"}


def test_what_compiles_is_given_the_versions_that_run() -> None:
    modules = Modules(a_1="b:1 ~c:1", b_1="", b_2="", c_1="b:2")
    running = select([need("a:1")], modules)
    assert versions(modules, "a:1", is_compiling=True) == {"a": "1", "b": "1"}
    compiling = select([need("a:1")], modules, is_compiling=True, at_least=running.versions)
    assert compiling.versions == {"g:a": "1", "g:b": "2"}


def test_a_guess_saves_questions_and_changes_nothing() -> None:
    graph = {"a_1": "b:1 c:1", "b_1": "", "b_2": "d:1", "b_9": "x:1", "c_1": "b:2", "d_1": "", "x_1": ""}
    plain = Modules(**graph)
    chosen = select([need("a:1")], plain)
    assert "g:b:1" in plain.asked
    right, wrong = Modules(**graph), Modules(**graph)
    assert select([need("a:1")], right, guess=chosen.versions) == chosen
    assert "g:b:1" not in right.asked
    assert select([need("a:1")], wrong, guess={"g:b": "9", "g:elsewhere": "1"}) == chosen


def test_modules_may_need_each_other() -> None:
    assert versions(Modules(a_1="b:1", b_1="a:1"), "a:1") == {"a": "1", "b": "1"}
