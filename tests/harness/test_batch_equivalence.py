"""Batches are used only where they give the predictions of single windows."""

import pytest
from archives import WINDOWS

from submission_builder.base.progress import silent
from submission_builder.harness.batch_equivalence import unbatchable_reason

SAMPLE = WINDOWS[:64]


@pytest.mark.parametrize(
    ("reason", "body"),
    [
        ("keeps state", "self.n = getattr(self, 'n', 0) + 1; return X.new_full((len(X), 1), self.n)"),
        ("draws random numbers", "return torch.rand(len(X), 1)"),
        (
            "a batch of 64 changes a prediction by 2.0e-05; the tolerance is 1e-05",
            "return X.new_full((len(X), 1), 1 + 2e-5 * (len(X) > 1))",
        ),
        ("changes a prediction", "return X[:, 0, :1] / X.std()"),
        ("ended in crashed", "assert len(X) == 1; return X.new_ones(1, 1)"),
        ("ended in bad_shape", "return X.new_ones(1, 1)"),
    ],
)
def test_a_sample_shows_why_batches_differ(opened, reason, body):
    opened.set_forward(body)
    assert reason in unbatchable_reason(opened.session, 1, SAMPLE, [], silent)


@pytest.mark.parametrize(
    "body", ["return X[:, 5, 7:8]", "return X.new_full((len(X), 1), 1000 + 5e-3 * (len(X) > 1))", "return X[:, :2, 0]"]
)
def test_equivalent_batches_are_accepted(opened, body):
    """Within a tolerance that is relative to large predictions."""
    opened.set_forward(body)
    assert unbatchable_reason(opened.session, 1, SAMPLE, [], silent) is None
