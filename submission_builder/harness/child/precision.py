"""Matrix products in fewer bits: emulated on the CPU, the real thing on CUDA."""

import contextlib
import re
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_map

HALVES = {"fp16": torch.float16, "bf16": torch.bfloat16}
PRODUCTS = re.compile(r"conv|linear|matmul|einsum|mm$|mv$|dot|scaled_dot_product|multi_head|lstm|gru|rnn")


class Rounding(TorchDispatchMode):  # type: ignore[no-untyped-call] # torch's own
    """Emulates a precision: operands of matrix products are rounded to it; so are fp16's and bf16's results.

    Sums stay float32, as in a GPU's tensor cores. Operands of one axis (biases) are left alone.
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call] # torch's own
        self.half: torch.dtype | None = None
        self.inside: list[str] = []
        self.overflows: list[str] = []

    def follow(self, model: Any, precision: str) -> None:
        """Round to a precision, and know in which of a model's modules."""
        self.half = HALVES.get(precision)
        for name, module in model.named_modules() if isinstance(model, torch.nn.Module) else ():
            module.register_forward_pre_hook(lambda *_, name=name or "model": self.inside.append(name))
            module.register_forward_hook(lambda *_: self.inside.pop() and None)

    def rounded(self, value: Any) -> Any:
        """Round a tensor's values and keep its dtype."""
        if not isinstance(value, torch.Tensor) or value.dtype != torch.float32 or value.dim() < 2:  # noqa: PLR2004
            return value
        if self.half is not None:
            return value.to(self.half).to(torch.float32)
        return ((value.view(torch.int32) + 0x1000) & ~0x1FFF).view(torch.float32)  # 10 bits of 23

    def __torch_dispatch__(self, function: Any, _: Any, arguments: Any = (), kwargs: Any = None) -> Any:
        name = function.overloadpacket.__name__
        if not PRODUCTS.search(name):
            return function(*arguments, **(kwargs or {}))
        product = function(*tree_map(self.rounded, arguments), **tree_map(self.rounded, kwargs or {}))
        result = product if self.half is None else tree_map(self.rounded, product)
        first = result[0] if isinstance(result, (tuple, list)) else result
        where = f"{self.inside[-1] if self.inside else 'forward'} ({name})"
        if where not in self.overflows and not bool(torch.isfinite(first).all()):
            self.overflows.append(where)
        return result


def in_precision(precision: "str | None", rounding: Rounding, device: torch.device) -> Any:
    """Make the context in which windows are asked: the real thing on CUDA, emulation elsewhere."""
    on_cuda = device.type == "cuda"
    if precision is None or (on_cuda and precision == "tf32"):  # which is switched on when a model is loaded
        return contextlib.nullcontext()
    return torch.autocast("cuda", HALVES[precision]) if on_cuda else rounding
