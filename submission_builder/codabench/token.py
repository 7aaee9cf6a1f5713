"""The token of a Codabench account: read from the environment or the keyring, and never shown."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from urllib.parse import urlsplit

VARIABLE = "CODABENCH_TOKEN"
"""Environment variable of the token."""

SERVICE = "codabench"
"""Service in the keyring. The user name is the host of the server."""


@dataclass(frozen=True)
class Token:
    """A token and where it was found. Its value is in no representation of the object."""

    source: str
    """``the environment variable …`` or ``the keyring``."""
    _value: str = field(repr=False)

    def header(self) -> str:
        """Return the value of the header ``Authorization``."""
        return f"Token {self._value}"

    def hidden_in(self, text: str) -> str:
        """Return a text in which the token is replaced, also if a server quotes it."""
        return text.replace(self._value, "[token]")


def find_token(server: str) -> Token | None:
    """Return the token from the environment, else from the keyring; None if there is none.

    Parameters
    ----------
    server
        Address of the server, such as ``https://www.codabench.org``.
    """
    if value := os.environ.get(VARIABLE, "").strip():
        return Token(f"the environment variable {VARIABLE}", value)
    value = (_from_keyring(urlsplit(server).hostname or server) or "").strip()
    return Token("the keyring", value) if value else None


def _from_keyring(host: str) -> str | None:
    """Read the keyring; None if the package, its backend or the entry is missing."""
    try:
        import keyring  # noqa: PLC0415 - an optional package
        from keyring.errors import KeyringError  # noqa: PLC0415
    except ImportError:
        return None
    try:
        found: str | None = keyring.get_password(SERVICE, host)
    except KeyringError:  # no backend, or one that is locked
        return None
    return found
