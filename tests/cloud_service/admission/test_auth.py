from __future__ import annotations

from pathlib import Path

import pytest

from upcall.cloud_service.admission.auth import ApiKeys, bearer_key, create_key
from upcall.edge_runtime.errors import InputError


def test_a_key_is_shown_once_and_only_its_digest_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "home" / "cloud_keys"
    first, second = create_key(path, "phone"), create_key(path, "box")
    assert first.startswith("upc_")
    assert len(first) == len("upc_") + 43
    assert first != second
    text = path.read_text(encoding="utf-8")
    assert first not in text
    assert [line.split(" ")[0] for line in text.splitlines()] == ["phone", "box"]
    assert path.stat().st_mode & 0o777 == 0o600
    keys = ApiKeys.load(path)
    assert len(keys) == 2
    assert (keys.tenant_of(first), keys.tenant_of(second)) == ("phone", "box")
    assert keys.tenant_of(first[:-1]) is None
    assert keys.tenant_of("") is None


def test_a_tenant_may_have_two_keys_while_they_are_changed(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    both = [create_key(path, "phone") for _ in range(2)]
    assert {ApiKeys.load(path).tenant_of(key) for key in both} == {"phone"}


def test_a_key_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    create_key(path, "phone")
    path.chmod(0o644)
    with pytest.raises(InputError, match="chmod 600"):
        ApiKeys.load(path)


@pytest.mark.parametrize(
    "line", ["phone", "phone secret", f"phone {'A' * 64}", f"phone  {'a' * 64}", f"ph/one {'a' * 64}"]
)
def test_a_broken_line_is_named_by_number_and_not_shown(tmp_path: Path, line: str) -> None:
    path = tmp_path / "keys"
    path.touch(mode=0o600)
    path.write_text(f"# keys\n\n{line}\n", encoding="utf-8")
    with pytest.raises(InputError, match="Line 3") as caught:
        ApiKeys.load(path)
    assert line not in str(caught.value)


def test_no_key_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="upcall cloud key NAME"):
        ApiKeys.load(tmp_path / "keys")


@pytest.mark.parametrize("tenant", ["", "two words", "line\nbreak", "-x", "a" * 65])
def test_names_of_tenants(tmp_path: Path, tenant: str) -> None:
    with pytest.raises(InputError, match="name"):
        create_key(tmp_path / "keys", tenant)
    assert not (tmp_path / "keys").exists()


@pytest.mark.parametrize(
    ("metadata", "key"),
    [
        ([], None),
        ([("authorization", "Bearer upc_x")], "upc_x"),
        ([("other", "y"), ("authorization", "bearer upc_x")], "upc_x"),
        ([("authorization", "Basic upc_x")], None),
        ([("authorization", "Bearer other_x")], None),
        ([("authorization", "Bearer upc_x"), ("authorization", "Bearer upc_y")], None),
        ([("authorization", b"Bearer upc_x")], None),
    ],
)
def test_bearer_key(metadata: list[tuple[str, str | bytes]], key: str | None) -> None:
    assert bearer_key(metadata) == key
