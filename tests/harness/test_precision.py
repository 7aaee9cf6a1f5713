"""Matrix products in a lower precision, emulated on the CPU."""

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


def predicted(opened, body, precision):
    opened.set_forward(body)
    opened.session.load(1, precision=precision)
    return opened.session.predict(ONE).values[0]


@pytest.mark.parametrize("product", PRODUCTS.values(), ids=PRODUCTS)
@pytest.mark.parametrize(("precision", "bits"), [("fp16", 10), ("bf16", 7), ("tf32", 10)])
def test_operands_keep_the_bits_of_their_precision(opened, product, precision, bits):
    """The last bit of the mantissa stays; the second bit behind it is rounded away."""
    for bit, kept in ((bits, 1 + 2.0**-bits), (bits + 2, 1.0)):
        body = f"a = torch.full((1, 1), 1 + 2.0 ** -{bit}); return {product}"
        assert predicted(opened, body, precision) == kept
        assert predicted(opened, body, None) == 1 + 2.0**-bit


def test_other_operations_are_not_rounded(opened):
    assert predicted(opened, "return torch.full((1, 1), 1.0) + 2.0 ** -20", "bf16") == 1 + 2.0**-20


@pytest.mark.parametrize("precision", ["bf16", "tf32"])
def test_fp16_overflows_where_bf16_and_tf32_do_not(opened, precision):
    body = "return self.layer(X.new_full((1, 200), 7e4))"
    with pytest.raises(SubmissionError) as caught:
        predicted(opened, body, "fp16")
    assert caught.value.outcome == "not_finite"
    overflows = opened.session.report().overflows
    assert overflows
    assert all(where.startswith("layer (") for where in overflows)
    predicted(opened, body, precision)
    assert opened.session.report().overflows == ()
