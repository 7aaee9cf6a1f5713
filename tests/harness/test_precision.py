"""Fewer bits in matrix products, emulated on the CPU."""

import pytest
from archives import WINDOWS

from submission_builder.base.errors import SubmissionError

ONE = WINDOWS[:1]
PRODUCTS = {
    "matmul": "a @ a.new_ones(1, 1)",
    "linear": "torch.nn.functional.linear(a, a.new_ones(1, 1))",
    "conv1d": "torch.nn.functional.conv1d(a[None], a.new_ones(1, 1, 1))[0]",
    "bmm": "torch.bmm(a[None], a.new_ones(1, 1, 1))[0]",
    "einsum": "torch.einsum('ij,jk->ik', a, a.new_ones(1, 1))",
    "attention": "torch.nn.functional.scaled_dot_product_attention(*[a[None]] * 3)[0]",
}


def asked(opened, body, precision):
    opened.tell(body)
    opened.session.load(1, precision=precision)
    return opened.session.predict(ONE).values[0]


@pytest.mark.parametrize("product", PRODUCTS.values(), ids=PRODUCTS)
@pytest.mark.parametrize(("precision", "bits"), [("fp16", 10), ("bf16", 7), ("tf32", 10)])
def test_operands_keep_the_bits_of_their_precision(opened, product, precision, bits):
    """One bit within the mantissa stays; one bit past its end, and a half, goes."""
    for bit, kept in ((bits, 1 + 2.0**-bits), (bits + 2, 1.0)):
        body = f"a = torch.full((1, 1), 1 + 2.0 ** -{bit}); return {product}"
        assert asked(opened, body, precision) == kept
        assert asked(opened, body, None) == 1 + 2.0**-bit


def test_what_is_no_product_is_left_alone(opened):
    assert asked(opened, "return torch.full((1, 1), 1.0) + 2.0 ** -20", "bf16") == 1 + 2.0**-20


@pytest.mark.parametrize("precision", ["bf16", "tf32"])
def test_an_overflow_is_one_in_fp16_alone(opened, precision):
    body = "return self.layer(X.new_full((1, 200), 7e4))"
    with pytest.raises(SubmissionError) as caught:
        asked(opened, body, "fp16")
    assert caught.value.outcome == "not_finite"
    overflows = opened.session.report().overflows
    assert overflows
    assert all(where.startswith("layer (") for where in overflows)
    asked(opened, body, precision)
    assert opened.session.report().overflows == ()
