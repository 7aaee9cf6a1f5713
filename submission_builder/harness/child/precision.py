"""Matrix products in a lower precision: emulated on the CPU, native on CUDA."""

import contextlib
import re
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_map

HALVES = {"fp16": torch.float16, "bf16": torch.bfloat16}
PRODUCTS = re.compile(r"conv|linear|matmul|einsum|mm$|mv$|dot|scaled_dot_product|multi_head|lstm|gru|rnn")


class Rounding(TorchDispatchMode):  # type: ignore[no-untyped-call] # torch does not annotate it
    """Emulates a precision: rounds the operands of matrix products, and for fp16 and bf16 also the results.

    Sums stay in float32, as in a GPU's tensor cores. Operands with one axis (biases) are not rounded.
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call] # torch does not annotate it
        self.half: torch.dtype | None = None  # None is tf32
        self.module_stack: list[str] = []
        self.overflows: list[str] = []

    def attach(self, model: Any, precision: str) -> None:
        """Set the precision, and register hooks that name the module of each product."""
        self.half = HALVES.get(precision)
        for name, module in model.named_modules() if isinstance(model, torch.nn.Module) else ():
            module.register_forward_pre_hook(lambda *_, name=name or "model": self.module_stack.append(name))
            module.register_forward_hook(lambda *_: self.module_stack.pop() and None)

    def rounded(self, value: Any) -> Any:
        """Round the values of a float32 tensor with two axes or more; the dtype stays float32."""
        if not isinstance(value, torch.Tensor) or value.dtype != torch.float32 or value.dim() < 2:  # noqa: PLR2004
            return value
        if self.half is not None:
            return value.to(self.half).to(torch.float32)
        return ((value.view(torch.int32) + 0x1000) & ~0x1FFF).view(torch.float32)  # 10 of 23 bits of the mantissa

    def __torch_dispatch__(self, function: Any, _: Any, arguments: Any = (), kwargs: Any = None) -> Any:
        name = function.overloadpacket.__name__
        if not PRODUCTS.search(name):
            return function(*arguments, **(kwargs or {}))
        product = function(*tree_map(self.rounded, arguments), **tree_map(self.rounded, kwargs or {}))
        result = product if self.half is None else tree_map(self.rounded, product)
        first = result[0] if isinstance(result, (tuple, list)) else result
        where = f"{self.module_stack[-1] if self.module_stack else 'forward'} ({name})"
        if where not in self.overflows and not bool(torch.isfinite(first).all()):
            self.overflows.append(where)
        return result


def precision_context(precision: "str | None", rounding: Rounding, device: torch.device) -> Any:
    """Return the context manager under which windows are predicted: native on CUDA, emulation elsewhere."""
    on_cuda = device.type == "cuda"
    if precision is None or (on_cuda and precision == "tf32"):  # RequestHandler.load sets tf32 globally
        return contextlib.nullcontext()
    return torch.autocast("cuda", HALVES[precision]) if on_cuda else rounding
