"""Fingerprints identify the architecture of some weights."""

import pytest

from model_zoo.fingerprint import difference, fingerprint, matching, shapes_of
from model_zoo.registry import ARCHITECTURES, find_architecture


@pytest.mark.parametrize("challenge", [1, 2])
def test_every_architecture_with_weights_has_its_own_fingerprint(challenge):
    for architecture in ARCHITECTURES:
        if architecture.challenge == challenge and architecture.value is None:
            assert matching(fingerprint(architecture), challenge) == [architecture]


def test_a_difference_names_the_tensors_of_each_kind():
    net = find_architecture("attn", 1)
    state = net.build({}).state_dict()
    state["extra"] = state.pop("head.0.bias")
    shapes = shapes_of(state) | {"head.0.weight": (64, 96)}
    assert not matching(shapes, 1)
    found = difference(shapes, fingerprint(net))
    assert (found.missing, found.unexpected, list(found.reshaped)) == (["head.0.bias"], ["extra"], ["head.0.weight"])


def test_a_difference_lists_four_tensors_of_a_kind_and_counts_the_others():
    found = difference({}, {f"w{i}": (1,) for i in range(6)})
    assert str(found) == "  missing: w0, w1, w2, w3 and 2 more"
    assert found
    assert not difference({"w": (1,)}, {"w": (1,)})
