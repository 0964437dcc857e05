"""Keys that are valid, and protect nothing.

Owns the sizes of RSA keys (RFC 7518, 3.3), the fingerprint of RSA keys from a faulty generator
(ROCA, CVE-2017-15361: Nemec et al., "The Return of Coppersmith's Attack", 2017), and the Ed25519
keys for which anyone can sign (RFC 8032, 8.8 and 5.1.3).
"""

from __future__ import annotations

from functools import cache

MIN_BITS = 2048
MAX_BITS = 8192  # larger ones make every check slow

_MAX_EXPONENT = 2**64
# In that generator a prime is a power of 65537 modulo the product of these, so the modulus is, too.
_ROCA_PRIMES = (
    *(3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97),
    *(101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167),
)
_ROCA_BASE = 65537
_FIELD = 2**255 - 19
_ORDER_8 = 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7
_SMALL_ORDER_Y = frozenset({0, 1, _FIELD - 1, _ORDER_8, _FIELD - _ORDER_8})


def rsa_problem(modulus: int, exponent: int) -> str | None:
    """What makes a public key too weak, or too costly to use."""
    bits = modulus.bit_length()
    if bits < MIN_BITS:
        return f"it has {bits} bits, and needs {MIN_BITS}"
    if bits > MAX_BITS:
        return f"it has {bits} bits, over {MAX_BITS}"
    if modulus % 2 == 0:
        return "its modulus is even"
    if exponent < 3 or exponent % 2 == 0 or exponent > _MAX_EXPONENT:
        return "its exponent is 1, even or over 64 bits"
    if _is_roca(modulus):
        return "it comes from a faulty generator (CVE-2017-15361)"
    return None


def ed25519_problem(raw: bytes) -> str | None:
    """What makes a public key one that a signature of no key fits, or that has two spellings."""
    y = int.from_bytes(raw, "little") & (2**255 - 1)  # the highest bit is the sign of x
    if y >= _FIELD:
        return "its point is not written in the one way"
    if y in _SMALL_ORDER_Y:
        return "its point is of small order"
    return None


def _is_roca(modulus: int) -> bool:
    return all(modulus % prime in powers for prime, powers in _powers().items())


@cache
def _powers() -> dict[int, frozenset[int]]:
    """For each prime, what a power of 65537 can leave modulo it."""
    return {
        prime: frozenset(pow(_ROCA_BASE, exponent, prime) for exponent in range(prime - 1))
        for prime in _ROCA_PRIMES
    }
