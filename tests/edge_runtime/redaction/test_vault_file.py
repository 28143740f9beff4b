from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from upcall.edge_runtime.errors import InputError
from upcall.edge_runtime.redaction import EntityType, Vault, open_vault, read_vault
from upcall.edge_runtime.redaction.vault import VaultEntry
from upcall.edge_runtime.redaction.vault_file import default_key_path

VALUE = "ann.lee@example.com"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("UPCALL_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def _keep(path: Path, *values: str) -> list[str]:
    with open_vault(path) as vault:
        return [vault.placeholder(EntityType.EMAIL, value) for value in values]


def test_goes_on_from_turn_to_turn(tmp_path: Path) -> None:
    path = tmp_path / "v"
    first = _keep(path, VALUE)
    with open_vault(path) as vault:
        vault.reserve(f"[[EMAIL_2_{vault.nonce}]]")
        vault.placeholder(EntityType.SECRET, "\ud800 \x00 😀")
        vault.placeholder(EntityType.CREDIT_CARD, "4111111111111111", is_number=True)
    assert _keep(path, VALUE, "b@example.com") == [first[0], first[0].replace("_1_", "_3_")]
    vault = read_vault(path)
    assert vault.restore(f"{first[0]} [[SECRET_1_{vault.nonce}]]") == f"{VALUE} \ud800 \x00 😀"
    assert vault.entry(f"[[CREDIT_CARD_1_{vault.nonce}]]") == VaultEntry(
        EntityType.CREDIT_CARD, "4111111111111111", is_number=True
    )


def test_nothing_of_it_stands_on_disk(tmp_path: Path, home: Path) -> None:
    path = tmp_path / "v"
    _keep(path, VALUE)
    assert VALUE.encode() not in path.read_bytes() and b"EMAIL" not in path.read_bytes()
    for file in (path, home / "vault.key"):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["home", "v", "v.lock"]


def test_the_same_contents_never_look_the_same(tmp_path: Path) -> None:
    path = tmp_path / "v"
    _keep(path, VALUE)
    before = path.read_bytes()
    _keep(path, VALUE)
    assert path.read_bytes() != before


@pytest.mark.parametrize("position", [0, 5, 12, 20, 24, -1])
def test_a_damaged_file_is_told(tmp_path: Path, position: int) -> None:
    path = tmp_path / "v"
    _keep(path, VALUE)
    data = bytearray(path.read_bytes())
    data[position] ^= 1
    path.write_bytes(data)
    with pytest.raises(InputError, match=r"damaged|no vault") as caught:
        read_vault(path)
    assert caught.value.__context__ is None
    with pytest.raises(InputError, match=r"damaged|no vault"):
        _keep(path, VALUE)
    assert path.read_bytes() == data, "a vault that cannot be read is not written over"


@pytest.mark.parametrize("length", [0, 3, 12, 30])
def test_a_cut_file_is_told(tmp_path: Path, length: int) -> None:
    path = tmp_path / "v"
    _keep(path, VALUE)
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(InputError, match=r"damaged|no vault"):
        read_vault(path)


def test_another_key_is_told(tmp_path: Path) -> None:
    path = tmp_path / "v"
    _keep(path, VALUE)
    default_key_path().write_bytes(os.urandom(32))
    with pytest.raises(InputError, match="another key"):
        read_vault(path)


def test_a_lost_key_is_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "v"
    _keep(path, VALUE)
    default_key_path().unlink()
    with pytest.raises(InputError, match=r"vault\.key"):
        _keep(path, VALUE)
    assert not default_key_path().exists()


def test_a_key_of_another_length_or_open_to_others(tmp_path: Path) -> None:
    path = tmp_path / "v"
    _keep(path, VALUE)
    default_key_path().chmod(0o640)
    with pytest.raises(InputError, match="read by others"):
        read_vault(path)
    default_key_path().chmod(0o600)
    default_key_path().write_bytes(b"short")
    with pytest.raises(InputError, match="damaged"):
        read_vault(path)


def test_only_one_program_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "v"
    code = (
        "import sys; from pathlib import Path\n"
        "from upcall.edge_runtime.redaction import open_vault\n"
        "with open_vault(Path(sys.argv[1])): print('open', flush=True); sys.stdin.read()"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", code, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert other.stdout is not None and other.stdout.readline() == "open\n"
    with pytest.raises(InputError, match="in use"):
        _keep(path, VALUE)
    other.communicate()
    assert _keep(path, VALUE)


def test_kept_also_when_the_work_fails(tmp_path: Path) -> None:
    path = tmp_path / "v"
    with pytest.raises(KeyboardInterrupt), open_vault(path) as vault:
        minted = vault.placeholder(EntityType.EMAIL, VALUE)
        raise KeyboardInterrupt
    assert read_vault(path).restore(minted) == VALUE


def test_an_error_while_writing_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "v"
    _keep(path, VALUE)
    before = path.read_bytes()

    def fail(file: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(InputError, match="No space left"):
        _keep(path, "b@example.com")
    assert path.read_bytes() == before
    assert not list(tmp_path.glob(".v*"))


def test_paths_that_cannot_be(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no vault"):
        read_vault(tmp_path / "none")
    with pytest.raises(InputError, match="cannot be used"):
        _keep(tmp_path / "no" / "folder" / "v", VALUE)


@pytest.mark.parametrize("numbers", [[0], [2, 1], [1, 1], [1_000_000]])
def test_numbers_of_a_vault_grow(numbers: list[int]) -> None:
    entries = [(number, VaultEntry(EntityType.EMAIL, f"{place}")) for place, number in enumerate(numbers)]
    with pytest.raises(InputError):
        Vault.of("k7", entries, [])
