from __future__ import annotations

from benchmarks.masked_answers import Answer, Task, read_tasks, rows, strange_placeholders
from upcall.edge_runtime.redaction import Detector, Vault, redact


def task(expect: list[str] | dict[str, str], *, absent: tuple[str, ...] = ()) -> Task:
    return Task(name="extract 1", prompt="?", private=(), expect=expect, absent=absent)


def test_right_and_wrong() -> None:
    assert task(["a", "b"]).is_right("b, a.")
    assert not task(["a", "b"]).is_right("a")
    assert not task(["a"], absent=("b",)).is_right("ab")
    assert task({"n": "1", "m": "x"}).is_right('Sure: ```json\n{"m": "x", "n": 1}\n```')
    for answer in ('{"n": 1}', '{"n": 1, "m": "x", "o": 2}', "no object", "{broken}", "[1]"):
        assert not task({"n": "1", "m": "x"}).is_right(answer)


def test_what_reads_as_a_placeholder_and_is_none() -> None:
    assert strange_placeholders("Hello [[EMAIL_9_k7]]") == 1
    assert strange_placeholders("[EMAIL_1] and IBAN_1_k and TYPE_1_xx") == 3
    assert strange_placeholders("[[GREETING_5_yy]], [[reminder]]") == 2
    assert strange_placeholders("EMAIL is a word, and so is a[1]") == 0


def test_rows() -> None:
    one, other = task(["a"]), Task(name="json 1", prompt="?", private=(), expect=["b"], absent=("c",))
    found = {
        "cloud, masked": [
            (one, Answer("a", masked=1, restored=1, has_left=True)),
            (other, Answer("x", masked=2, strange=1)),
        ],
        "cloud, not masked": [(one, Answer("a")), (other, Answer("b"))],
    }
    by_name = {row.figure: row for row in rows(found)}
    kept = by_name["answers right without masks that are right with them"]
    assert (kept.value, kept.unit, kept.holds) == (0.5, "share of 2", False)
    assert by_name["right answers, cloud, masked"].value == 0.5
    assert by_name["right answers, cloud, not masked, json"].value == 1.0
    copied = by_name["answers that must repeat every value, with every placeholder copied"]
    assert (copied.value, copied.unit) == (1.0, "share of 1")
    strange = by_name["placeholders changed or made up by the cloud"]
    assert (strange.value, strange.unit) == (1, "beside 3 sent")


def test_every_private_value_of_the_tasks_is_masked() -> None:
    _, tasks = read_tasks()
    assert len(tasks) >= 40 and len({task.name for task in tasks}) == len(tasks)
    for given in tasks:
        masked = redact(given.prompt, detector=Detector(deny_terms=given.private), vault=Vault()).masked
        assert "[[" in masked, given.name
        for value in given.private:
            assert value not in masked
