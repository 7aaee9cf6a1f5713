"""What keeps windows from being asked together."""

import pytest
from archives import WINDOWS

from submission_builder.base.progress import silent
from submission_builder.harness.batch_equivalence import unbatchable_reason

SAMPLE = WINDOWS[:64]


@pytest.mark.parametrize(
    ("reason", "body"),
    [
        ("keeps state", "self.n = getattr(self, 'n', 0) + 1; return X.new_full((len(X), 1), self.n)"),
        ("draws at random", "return torch.rand(len(X), 1)"),
        ("a batch of 64 moves an prediction by 2.0e-05", "return X.new_full((len(X), 1), 1 + 2e-5 * (len(X) > 1))"),
        ("moves an prediction", "return X[:, 0, :1] / X.std()"),
        ("ended in crashed", "assert len(X) == 1; return X.new_ones(1, 1)"),
        ("ended in bad_shape", "return X.new_ones(1, 1)"),
    ],
)
def test_a_sample_finds_out(opened, reason, body):
    opened.tell(body)
    assert reason in unbatchable_reason(opened.session, 1, SAMPLE, [], silent)


@pytest.mark.parametrize(
    "body", ["return X[:, 5, 7:8]", "return X.new_full((len(X), 1), 1000 + 5e-3 * (len(X) > 1))", "return X[:, :2, 0]"]
)
def test_a_model_that_answers_batches_alike_passes(opened, body):
    """Within a tolerance that grows with the prediction."""
    opened.tell(body)
    assert unbatchable_reason(opened.session, 1, SAMPLE, [], silent) is None
