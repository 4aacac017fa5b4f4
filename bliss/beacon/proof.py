"""How client and Beacon prove to each other that they know a password that is never sent.

Each side hashes what both have said so far, with a key made of the password.  Both have said
something random, so that what was once overheard proves nothing later; and each begins with its
own name, so that neither can hand the other's proof back.
"""

import hashlib
import hmac
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgpack

from bliss.common.errors import ConfigError

VARIABLE = "BLISS_PASSWORD"  #: environment variable that holds the password
FILE_VARIABLE = "BLISS_PASSWORD_FILE"  #: environment variable that names a file that holds it

NONCE_SIZE = 32  #: bytes
SHORTEST = 8  #: characters of a password

# Every guess at a password, with what was overheard, is to cost 16 MB and some 50 ms.
_COST = {"n": 1 << 14, "r": 8, "p": 1}


def find_password(
    file: str | None = None, environment: Mapping[str, str] = os.environ
) -> str | None:
    """The password in `file`, else in the file of `BLISS_PASSWORD_FILE`, else `BLISS_PASSWORD`.

    Raises:
        ConfigError: If the file cannot be read, or what it holds is too short.
    """
    named = file or environment.get(FILE_VARIABLE)
    if named:
        source, password = f"password file {named}", _read(named)
    else:
        source, password = VARIABLE, environment.get(VARIABLE, "")
        if not password:
            return None
    if len(password) < SHORTEST:
        raise ConfigError(f"{source}: expected a password of at least {SHORTEST} characters")
    return password


def _read(file: str) -> str:
    try:
        return Path(file).expanduser().read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise ConfigError(
            f"password file {file}: expected a text file that holds the password ({reason})"
        ) from None


def new_nonce() -> bytes:
    """Something that was never said before."""
    return secrets.token_bytes(NONCE_SIZE)


def make_key(password: str, salt: bytes) -> bytes:
    """The key that a password stands for."""
    return hashlib.scrypt(password.encode(), salt=salt, dklen=32, **_COST)


@dataclass(frozen=True)
class Handshake:
    """What both sides have said when it comes to the proofs."""

    client: str  #: name of the client
    role: str  #: that it asks for
    client_nonce: bytes
    beacon_nonce: bytes

    def proof(self, side: Literal["client", "beacon"], key: bytes) -> bytes:
        """What only a side that knows the key can say."""
        said = [side, self.client, self.role, self.client_nonce, self.beacon_nonce]
        return hmac.digest(key, msgpack.packb(said), "sha256")

    def is_proved(self, side: Literal["client", "beacon"], key: bytes, proof: object) -> bool:
        """Whether `proof` is what that side would say."""
        return isinstance(proof, bytes) and hmac.compare_digest(proof, self.proof(side, key))
