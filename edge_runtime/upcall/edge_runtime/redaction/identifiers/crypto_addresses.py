"""Addresses of cryptocurrencies, which all carry a checksum. Case matters; nothing is raised."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping

_BASE58 = {
    character: value for value, character in enumerate("123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz")
}
_BECH32 = {character: value for value, character in enumerate("qpzry9x8gf2tvdw0s3jn54khce6mua7l")}
_BECH32_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_BECH32_CONSTANTS = {1, 0x2BC830A3}  # bech32 (BIP 173), bech32m (BIP 350)
_LANE = (1 << 64) - 1
_RATE = 136  # bytes of the state that take input, for 256 bits out


def is_base58check(text: str) -> bool:
    """Base 58 with four bytes of checksum: payments and keys of Bitcoin and its relatives. Source: Bitcoin wiki."""
    number = 0
    for character in text:
        value = _BASE58.get(character)
        if value is None:
            return False
        number = number * 58 + value
    zeros = len(text) - len(text.lstrip("1"))
    data = bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8, "big")
    return len(data) >= 25 and hashlib.sha256(hashlib.sha256(data[:-4]).digest()).digest()[:4] == data[-4:]


def is_bech32(text: str) -> bool:
    """Bech32 or bech32m, at most 90 characters in one case. Sources: BIP 173, BIP 350."""
    folded = text.lower()
    prefix, separator, data = folded.rpartition("1")
    if text not in (folded, text.upper()) or not separator or len(text) > 90 or len(data) < 6:
        return False
    if not prefix.isascii() or any(character not in _BECH32 for character in data):
        return False
    codes = prefix.encode()
    check = 1
    for value in (*(code >> 5 for code in codes), 0, *(code & 31 for code in codes), *map(_BECH32.__getitem__, data)):
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate(_BECH32_GENERATOR):
            check ^= generator if top >> bit & 1 else 0
    return check in _BECH32_CONSTANTS


def is_ethereum(text: str) -> bool:
    """0x and 40 hexadecimal digits, in one case or in the mixed case that is their checksum. Source: EIP-55."""
    digits = text[2:]
    if len(digits) != 40 or text[:2] != "0x" or any(digit not in "0123456789abcdefABCDEF" for digit in digits):
        return False
    if digits in (digits.lower(), digits.upper()):
        return True
    digest = keccak_256(digits.lower().encode()).hex()
    return all(
        digit == (digit.upper() if nibble > "7" else digit.lower())
        for digit, nibble in zip(digits, digest, strict=False)
    )


def keccak_256(data: bytes) -> bytes:
    """Keccak of 32 bytes as first submitted, with the padding 0x01, which hashlib does not have. Source: keccak.team."""
    padded = data + b"\x01" + bytes(-(len(data) + 1) % _RATE)
    padded = padded[:-1] + bytes([padded[-1] | 0x80])
    state = [0] * 25
    for block in range(0, len(padded), _RATE):
        for lane in range(_RATE // 8):
            state[lane] ^= int.from_bytes(padded[block + 8 * lane : block + 8 * lane + 8], "little")
        _permute(state)
    return b"".join(lane.to_bytes(8, "little") for lane in state[:4])


def _permute(state: list[int]) -> None:
    register = 1
    for _ in range(24):
        columns = [state[x] ^ state[x + 5] ^ state[x + 10] ^ state[x + 15] ^ state[x + 20] for x in range(5)]
        for x in range(5):
            mixed = columns[(x + 4) % 5] ^ _rotated(columns[(x + 1) % 5], 1)
            for y in range(0, 25, 5):
                state[x + y] ^= mixed
        x, y, moved = 1, 0, state[1]
        for step in range(24):
            x, y = y, (2 * x + 3 * y) % 5
            state[x + 5 * y], moved = _rotated(moved, (step + 1) * (step + 2) // 2 % 64), state[x + 5 * y]
        for y in range(0, 25, 5):
            row = state[y : y + 5]
            for x in range(5):
                state[x + y] = row[x] ^ (~row[(x + 1) % 5] & row[(x + 2) % 5])
        for bit in range(7):
            if register & 1:
                state[0] ^= 1 << ((1 << bit) - 1)
            register = register << 1 ^ (0x171 if register >> 7 else 0)


def _rotated(lane: int, by: int) -> int:
    return (lane << by | lane >> (64 - by)) & _LANE


CRYPTO_ADDRESSES: Mapping[str, Callable[[str], bool]] = {
    "base58check": is_base58check,
    "bech32": is_bech32,
    "ethereum": is_ethereum,
}
"""By the names that the rules use."""
