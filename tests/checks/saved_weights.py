"""Weight files for the zips of the tests."""

import io
import pickle
import zipfile

import torch


def saved(thing):
    """Bytes that torch.save writes."""
    buffer = io.BytesIO()
    torch.save(thing, buffer)
    return buffer.getvalue()


GOOD = saved({"layer.weight": torch.full((1, 200), 1.0), "layer.bias": torch.zeros(1)})
OTHER = saved({"layer.weight": torch.full((1, 200), 2.0), "layer.bias": torch.zeros(1)})


def with_value(value):
    return saved({"layer.weight": torch.full((1, 200), value), "layer.bias": torch.zeros(1)})


def with_optimizer():
    net = torch.nn.Linear(200, 1)
    optimizer = torch.optim.Adam(net.parameters())
    net(torch.ones(1, 200)).sum().backward()
    optimizer.step()
    return saved({"model": net.state_dict(), "optimizer": optimizer.state_dict(), "epoch": 3})


def without(content, ending):
    """A torch file without one of its entries."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as whole, zipfile.ZipFile(buffer, "w") as rest:
        for name in whole.namelist():
            if not name.endswith(ending):
                rest.writestr(name, whole.read(name))
    return buffer.getvalue()


class Runs:
    """An object that runs a command when it is unpickled."""

    def __reduce__(self):
        return (eval, ("__import__('os').system('true')",))


DANGEROUS = saved({"layer.weight": torch.zeros(1), "extra": Runs()})
DANGEROUS_PICKLE = pickle.dumps(Runs())
