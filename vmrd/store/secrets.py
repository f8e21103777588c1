"""The store's two keys, and secrets encrypted with one of them.

| key     | does                                                | who needs it                                    |
|---------|-----------------------------------------------------|-------------------------------------------------|
| secrets | AES-256-GCM over PINs, tokens and callback keys     | the daemon                                      |
| seal    | HMAC-SHA256 over the heads of the journal (`chain`) | the daemon, and whoever verifies the journal    |

Neither is in the database, so a stolen copy of the file gives no PIN and cannot be changed unseen. Both come from one
32-byte master key (a systemd credential) by HKDF, so there is one thing to keep; an auditor may be given the seal key
alone. A secret is bound to its session and name: moved to another row it does not open.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from vmrd.store.base import Unreadable

KEY_BYTES = 32
_NONCE_BYTES = 12


@dataclass(frozen=True, slots=True)
class StoreKeys:
    """Two independent 32-byte keys; see the module's table. Raises `ValueError` for another length."""

    secrets: bytes = field(repr=False)
    seal: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.secrets) != KEY_BYTES or len(self.seal) != KEY_BYTES:
            raise ValueError(f"each key of the store has {KEY_BYTES} bytes")


def derive_keys(master: bytes) -> StoreKeys:
    """Both keys from one master key of 32 random bytes. Raises `ValueError` for another length."""
    if len(master) != KEY_BYTES:
        raise ValueError(f"the store's master key has {KEY_BYTES} bytes")
    return StoreKeys(_derive(master, b"vmrd store secrets"), _derive(master, b"vmrd journal seal"))


def attempts_key(master: bytes) -> bytes:
    """What attempts to sign in at a service are sealed with: the same for all replicas."""
    return _derive(master, b"vmrd sign-in attempts")


def alike_key(seal: bytes) -> bytes:
    """What replicas compare their configurations with, of the key of the seals."""
    return _derive(seal, b"vmrd replicas alike")


def _derive(master: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=purpose).derive(master)


class SecretBox:
    """Encrypts and decrypts the secrets of sessions."""

    def __init__(self, keys: StoreKeys) -> None:
        self._cipher = AESGCM(keys.secrets)

    def encrypt(self, session_id: str, name: str, value: bytes) -> bytes:
        """Nonce and ciphertext of a secret. The nonce is random: at 2**32 secrets a new key would be due."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, value, _bound_to(session_id, name))

    def decrypt(self, session_id: str, name: str, sealed: bytes) -> bytes:
        """The secret. Raises `StoreError` if it was written with another key, or is not this session's."""
        nonce, ciphertext = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        try:
            return self._cipher.decrypt(nonce, ciphertext, _bound_to(session_id, name))
        except (InvalidTag, ValueError):
            raise Unreadable("a secret does not open: it was written with another key, or changed") from None


def _bound_to(session_id: str, name: str) -> bytes:
    return f"{session_id}|{name}".encode()  # a session's id never holds a bar: it is a ULID
