from __future__ import annotations

from pathlib import Path

import pytest

from upcall.edge_runtime.errors import InputError
from upcall.edge_runtime.redaction import Action, EntityType, Policy, PolicyFile, read_policy


def _read(tmp_path: Path, text: str) -> PolicyFile:
    path = tmp_path / "policy.json"
    path.write_text(text, encoding="utf-8")
    return read_policy(path)


def test_all_of_it(tmp_path: Path) -> None:
    given = _read(
        tmp_path,
        '{"actions": {"SECRET": "block", "EMAIL": "allow"}, "deny_terms": ["Heron"], "allow_terms": ["192.0.2.1"],'
        ' "phone_regions": ["DE"]}',
    )
    assert given.policy == Policy({EntityType.SECRET: Action.BLOCK, EntityType.EMAIL: Action.ALLOW})
    detector = given.detector(deny_terms=("Kite",))
    text = "Heron and kite at 192.0.2.1, 030 1234567"
    found = [(text[span.start : span.end], span.entity_type) for span in detector.find(text)]
    assert found[:2] == [("Heron", EntityType.CUSTOM), ("kite", EntityType.CUSTOM)]
    assert all(entity_type is not EntityType.IP_ADDRESS for _, entity_type in found)
    assert "Heron" not in repr(given)


def test_an_empty_one_masks_everything(tmp_path: Path) -> None:
    assert _read(tmp_path, "{}") == PolicyFile()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "not JSON at line 1, column 1"),
        ("[]", "not a JSON object"),
        ('{"action": {}}', "'action'"),
        ('{"actions": []}', "not an object"),
        ('{"actions": {"SHOE": "mask"}}', "SHOE"),
        ('{"actions": {"EMAIL": "drop"}}', "drop"),
        ('{"deny_terms": "Heron"}', "deny_terms"),
        ('{"allow_terms": [1]}', "allow_terms"),
        ('{"unread_script": "mask"}', "unread_script"),
        ('{"unread_script": {}}', "unread_script"),
        ("[" * 100_000, "too deeply"),
    ],
)
def test_what_is_no_policy(tmp_path: Path, text: str, expected: str) -> None:
    with pytest.raises(InputError, match=expected) as caught:
        _read(tmp_path, text)
    assert caught.value.allowed or "deeply" in expected


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file"):
        read_policy(tmp_path / "none")
    (tmp_path / "latin").write_bytes(b"\xe9")
    with pytest.raises(InputError, match="UTF-8 at byte 0"):
        read_policy(tmp_path / "latin")


def test_terms_are_checked(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="both denied and allowed"):
        _read(tmp_path, '{"deny_terms": ["a"], "allow_terms": ["A"]}').detector()
    with pytest.raises(InputError):
        _read(tmp_path, '{"phone_regions": ["XX"]}').detector()
