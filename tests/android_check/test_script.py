from __future__ import annotations

from pathlib import Path

import pytest

from android.check.errors import NotUnderstoodError
from android.check.script import read_script


def read(tmp_path: Path, text: str) -> object:
    path = tmp_path / "build.gradle.kts"
    path.write_text(text)

    def plain(statements: object) -> object:
        return [(s.text, None if s.body is None else plain(s.body)) for s in statements]  # type: ignore[attr-defined]  # nested as deep as the script

    return plain(read_script(path))


def test_statements_and_blocks(tmp_path: Path) -> None:
    text = """
    // a comment { of a line
    plugins { alias(libs.plugins.a) }
    /* a longer
       one } */
    kotlin {
        jvmToolchain( 17 )   // at the end
        options {
            name = "a { \\" brace }"
        }
    }
    include(
        ":core",
        ":net",
    )
    """
    assert read(tmp_path, text) == [
        ("plugins", [("alias(libs.plugins.a)", None)]),
        ("kotlin", [("jvmToolchain( 17 )", None), ("options", [('name = "a { \\" brace }"', None)])]),
        ('include( ":core", ":net", )', None),
    ]


def test_the_arrow_of_a_lambda_is_a_statement(tmp_path: Path) -> None:
    assert read(tmp_path, "all().forEach { task ->\n run()\n}") == [
        ("all().forEach", [("task ->", None), ("run()", None)])
    ]


def test_no_file_says_nothing(tmp_path: Path) -> None:
    assert read_script(tmp_path / "missing.kts") == ()


@pytest.mark.parametrize("text", ["a {", "a }", "a(", "a)", "a({ b })", '"no end', "a { b"])
def test_brackets_that_do_not_match(tmp_path: Path, text: str) -> None:
    with pytest.raises(NotUnderstoodError, match=r"build\.gradle\.kts:1"):
        read(tmp_path, text)


def test_a_refusal_names_file_line_and_text(tmp_path: Path) -> None:
    path = tmp_path / "build.gradle.kts"
    path.write_text("\n\nandroid {\n    sdk = 3\n}\n")
    (statement,) = read_script(path)
    assert f"{path}:3: not understood: android {{ ... }}" in str(statement.refusal())
    assert f"{path}:4: not understood: sdk = 3" in str(statement.block()[0].refusal())
    with pytest.raises(NotUnderstoodError):
        statement.block()[0].block()
