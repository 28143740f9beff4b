from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upcall.edge_runtime.errors import InputError, RedactionError
from upcall.edge_runtime.redaction import EntityType, Vault
from upcall.edge_runtime.redaction import vault as module


def test_same_value_same_placeholder() -> None:
    vault = Vault(nonce="k7")
    assert vault.placeholder(EntityType.EMAIL, "a@example.com") == "[[EMAIL_1_k7]]"
    assert vault.placeholder(EntityType.EMAIL, "b@example.com") == "[[EMAIL_2_k7]]"
    assert vault.placeholder(EntityType.SECRET, "a@example.com") == "[[SECRET_1_k7]]"
    assert vault.placeholder(EntityType.EMAIL, "a@example.com") == "[[EMAIL_1_k7]]"
    assert len(vault.values) == 3
    assert vault.values[0] == (EntityType.EMAIL, "a@example.com")


@given(st.lists(st.tuples(st.sampled_from(EntityType), st.text(max_size=3)), max_size=30))
def test_two_values_never_share_one(given_values: list[tuple[EntityType, str]]) -> None:
    vault = Vault()
    minted = {pair: vault.placeholder(*pair) for pair in given_values}
    assert len(set(minted.values())) == len(minted)
    assert all(vault.restore(placeholder) == value for (_, value), placeholder in minted.items())


def test_nonce_is_random_and_well_formed() -> None:
    nonces = {Vault().nonce for _ in range(200)}
    assert len(nonces) > 50
    assert all(Vault(nonce=nonce).nonce == nonce for nonce in nonces)


def test_refused_nonce() -> None:
    with pytest.raises(InputError):
        Vault(nonce="K7")


def test_reserved_numbers_are_skipped() -> None:
    vault = Vault(nonce="k7")
    vault.reserve("[[EMAIL_1_k7]] [[ email _ 2 _ K7 ]] [[EMAIL_3_zz]]")
    assert vault.placeholder(EntityType.EMAIL, "x") == "[[EMAIL_3_k7]]"
    assert vault.is_minted("[[EMAIL_3_k7]]") and not vault.is_minted("[[EMAIL_1_k7]]")


def test_what_would_be_one_if_words_were_cut_is_reserved() -> None:
    vault = Vault(nonce="k7")
    vault.reserve("xEMAIL_1_k77 MAC_ADDRESS_1_k7")
    assert vault.placeholder(EntityType.EMAIL, "x") == "[[EMAIL_2_k7]]"
    assert vault.placeholder(EntityType.ADDRESS, "x") == "[[ADDRESS_2_k7]]"


def test_restores_once_only() -> None:
    vault = Vault(nonce="k7")
    vault.placeholder(EntityType.CUSTOM, "[[CUSTOM_1_k7]]!")
    assert vault.restore("[[CUSTOM_1_k7]]") == "[[CUSTOM_1_k7]]!"
    assert vault.restore_counted("[[CUSTOM_1_k7]] [[CUSTOM_2_k7]]") == ("[[CUSTOM_1_k7]]! [[CUSTOM_2_k7]]", 1)


def test_numbers_run_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LAST_NUMBER", 1)
    vault = Vault()
    vault.placeholder(EntityType.EMAIL, "a")
    with pytest.raises(RedactionError):
        vault.placeholder(EntityType.EMAIL, "b")


def test_repr_holds_no_value() -> None:
    vault = Vault(nonce="k7")
    vault.placeholder(EntityType.SECRET, "hunter22")
    assert repr(vault) == "Vault(1 values)"
