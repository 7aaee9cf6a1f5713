"""Fixtures of the workflows' tests."""

import pytest

from submission_builder.protocol.challenges import PROFILES
from submission_builder.workflows.train.data import Releases, join, load_release


@pytest.fixture(scope="module")
def data(small_release, tmp_path_factory):
    """The training data of a small release, for challenge 1."""
    spec = PROFILES["final"].challenges[1]
    return join(Releases((load_release(small_release, spec, tmp_path_factory.mktemp("cache")),)))
