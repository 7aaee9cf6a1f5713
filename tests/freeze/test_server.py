"""A packed submission under the server's Python and torch.

``SUBPACK_SERVER`` names what ``--server`` takes, several separated by blanks; without it, every image whose replica is
installed.
"""

import os

import numpy as np
import pytest
from test_replay import questions

from submission_builder.freeze.builder import build
from submission_builder.freeze.recipe import resolve
from submission_builder.harness.package import open_package
from submission_builder.harness.replay import replay
from submission_builder.protocol.server_images import IMAGES
from submission_builder.releases.cache import cache_folder
from submission_builder.replica import find_replica, installed, ours

CACHE = cache_folder()  # the user's, before a fixture names another for the tests
SERVERS = os.environ.get("SUBPACK_SERVER", "").split() or [
    image.name for image in IMAGES.values() if installed(image, CACHE)
]
pytestmark = [
    pytest.mark.server,
    pytest.mark.skipif(not SERVERS, reason="no replica is installed, and SUBPACK_SERVER names no Python"),
]


@pytest.mark.parametrize("server", SERVERS)
def test_the_servers_torch_answers_as_ours_does(tmp_path, server):
    """Shipped nets, to 1e-5 · max(1, abs(y)) s or factor score."""
    built = build(resolve({1: "lightweight_attn", 2: "cnn"}), tmp_path / "submission.zip")
    there, here = (
        replay(open_package(built.path), questions((8, 8)), interpreter=python.interpreter.executable).answers
        for python in (find_replica(server, CACHE), ours())
    )
    for challenge in (1, 2):
        np.testing.assert_array_less(
            np.abs(there[challenge] - here[challenge]), 1e-5 * np.maximum(1, np.abs(here[challenge]))
        )
        assert here[challenge].std() > 1e-3
