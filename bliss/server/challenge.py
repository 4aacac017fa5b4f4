"""Whom Beacon lets in; touches no socket."""

import secrets
from collections.abc import Mapping
from typing import Any

from bliss.beacon import proof
from bliss.beacon.address import is_loopback
from bliss.common.errors import BeaconError


class Gate:
    """Lets in users of this machine, and whoever proves that they know the password.

    Args:
        password: What to prove; without one, nobody from elsewhere comes in.
        trust_loopback: Whether users of this machine come in without.
    """

    def __init__(self, password: str | None = None, *, trust_loopback: bool = True) -> None:
        self._trust_loopback = trust_loopback
        self._salt = secrets.token_bytes(proof.NONCE_SIZE)
        self._key = proof.make_key(password, self._salt) if password else None

    def trusts(self, ip: str) -> bool:
        """Whether a client at that IP address comes in without a proof."""
        return self._trust_loopback and is_loopback(ip)

    def challenge(self, hello: Mapping[str, Any]) -> "Challenge":
        """What a client that has said hello has to answer.

        Raises:
            BeaconError: If it cannot be asked.
        """
        nonce = hello.get("nonce")
        if self._key is None:
            raise BeaconError("this Beacon has no password, so it serves its own machine only")
        if not isinstance(nonce, bytes) or len(nonce) != proof.NONCE_SIZE:
            raise BeaconError(
                "this Beacon asks for a password, which the client cannot prove (its hello has no"
                " nonce); install the same release on both sides"
            )
        said = proof.Handshake(hello["client"], hello["role"], nonce, proof.new_nonce())
        return Challenge(said, self._key, self._salt)


class Challenge:
    """One challenge, for one answer."""

    def __init__(self, said: proof.Handshake, key: bytes, salt: bytes) -> None:
        self._said = said
        self._key = key
        self.question = {"nonce": said.beacon_nonce, "salt": salt}

    def check(self, answer: Mapping[str, Any]) -> bytes:
        """Our own proof, in return for the client's.

        Raises:
            BeaconError: If the client does not know the password.
        """
        if not self._said.is_proved("client", self._key, answer.get("proof")):
            raise BeaconError(
                "the password is wrong; Beacon expects the one that it was started with"
                f" (--password-file, {proof.FILE_VARIABLE} or {proof.VARIABLE})"
            )
        return self._said.proof("beacon", self._key)
