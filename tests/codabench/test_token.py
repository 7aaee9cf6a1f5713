"""The token of Codabench: where it is found, and that it is never shown."""

import sys
from types import ModuleType

import pytest

from submission_builder.codabench.token import SERVICE, VARIABLE, Token, find_token

SITE = "https://www.codabench.org"
VALUE = "0123456789abcdef0123456789abcdef01234567"


class KeyringError(Exception):
    """As keyring.errors has it."""


@pytest.fixture
def keyring(monkeypatch):
    """A keyring with the entries of a dictionary; None is one that is locked."""

    def install(entries):
        def get_password(service, user):
            if entries is None:
                raise KeyringError
            return entries.get((service, user))

        package, errors = ModuleType("keyring"), ModuleType("keyring.errors")
        package.get_password, errors.KeyringError = get_password, KeyringError
        monkeypatch.setitem(sys.modules, "keyring", package)
        monkeypatch.setitem(sys.modules, "keyring.errors", errors)

    return install


def test_the_environment_comes_before_the_keyring(monkeypatch, keyring):
    keyring({(SERVICE, "www.codabench.org"): "from the keyring"})
    assert find_token(SITE).header() == "Token from the keyring"
    monkeypatch.setenv(VARIABLE, f" {VALUE}\n")
    token = find_token(SITE)
    assert (token.header(), token.source) == (f"Token {VALUE}", f"the environment variable {VARIABLE}")


@pytest.mark.parametrize("entries", [{}, None, {(SERVICE, "another.org"): VALUE}], ids=["empty", "locked", "another"])
def test_a_keyring_without_the_entry_has_no_token(keyring, entries):
    keyring(entries)
    assert find_token(SITE) is None


def test_without_keyring_there_is_no_token(monkeypatch):
    monkeypatch.setitem(sys.modules, "keyring", None)
    monkeypatch.setenv(VARIABLE, "  ")
    assert find_token(SITE) is None


def test_no_representation_shows_the_token():
    token = Token("the keyring", VALUE)
    assert VALUE not in f"{token} {token!r}"
    assert token.hidden_in(f"bad token {VALUE}!") == "bad token [token]!"
