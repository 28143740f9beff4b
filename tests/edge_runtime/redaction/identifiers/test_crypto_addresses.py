from __future__ import annotations

import pytest

from upcall.edge_runtime.redaction.identifiers.crypto_addresses import (
    CRYPTO_ADDRESSES,
    is_bech32,
    is_ethereum,
    keccak_256,
)

GENESIS = "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"
EXAMPLES = {
    "base58check": [
        GENESIS,
        "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy",
        "5HueCGU8rMjxEXxiPuD5BDku4MkFqeZyd4dZ1jvhTVqvbTLvyTJ",
    ],
    "bech32": [
        "BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4",
        "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
    ],
    "ethereum": ["0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "0xfb6916095ca1df60bb79ce92ce3ea74c37c5d359"],
}


@pytest.mark.parametrize(("name", "address"), [(name, address) for name, all_ in EXAMPLES.items() for address in all_])
def test_published_address(name: str, address: str) -> None:
    own = CRYPTO_ADDRESSES[name]
    assert own(address)
    assert not any(map(own, ("", "1", address[:-1], address + "2", "é" * 40)))
    if address != address.lower():
        assert not own(address[:-2] + address[-1] + address[-2])


def test_wrong_case_is_seen() -> None:
    assert not is_ethereum("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD")
    assert not is_bech32("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3T4")


@pytest.mark.parametrize(
    ("data", "digest"),
    [
        (b"", "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"),
        (b"abc", "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45"),
    ],
)
def test_keccak(data: bytes, digest: str) -> None:
    assert keccak_256(data).hex() == digest


@pytest.mark.parametrize("length", [134, 135, 136, 137, 271, 272])
def test_keccak_pads_at_the_border_of_a_block(length: int) -> None:
    assert len({keccak_256(b"a" * size) for size in (length - 1, length, length + 1)}) == 3
