"""Submissions that run on the server, each with code that reading could take for a fault, and the numbers it may find."""

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from broken import entries, only, top

NET = """
import torch
class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(200, 1)
    def forward(self, X):
        return self.layer(X).mean(1)
"""
INIT = "    def __init__(self, SFREQ, DEVICE): pass\n"
FIRST = "    def get_model_challenge_1(self): return Net()\n"
SECOND = "    def get_model_challenge_2(self): return Net()\n"
WHOLE = f"{NET}class Submission:\n{INIT}{FIRST}{SECOND}"
NEWER = "def f(x, i):\n    return x[*i]\n"


class Runs(NamedTuple):
    """A zip that runs, the warnings that reading gives, and the checks of its code that reading cannot make."""

    make: Callable[[Path], Path]
    findings: frozenset[str] = frozenset()
    skipped: frozenset[str] = frozenset()


def warned(make):
    """A zip whose code rests on a condition or a guard."""
    return Runs(make, frozenset({"S120"}))


def undecided(source, *ids, **modules):
    """A zip of this submission.py and further modules, of which static analysis cannot determine what class Submission is."""

    def make(path):
        only(source)(path)
        with zipfile.ZipFile(path, "a") as archive:
            for name, content in modules.items():
                archive.writestr(f"{name}.py", content)
        return path

    return Runs(make, skipped=frozenset(ids))


NEVER_EXECUTED = {
    "a main block": Runs(top('if __name__ == "__main__":\n    import wandb\n    wandb.init()')),
    "a main block the other way round": Runs(top('if "__main__" == __name__:\n    import wandb')),
    "the else of not main": Runs(top('if __name__ != "__main__":\n    pass\nelse:\n    import wandb')),
    "imports for the type checker": Runs(
        top("import typing as t\nif t.TYPE_CHECKING:\n    from jaxtyping import Float")
    ),
    "a function that nothing calls": Runs(top("def train():\n    import wandb\n    wandb.init()")),
    "a function that only such a function calls": Runs(
        top("def log(x):\n    import wandb\ndef train():\n    log(1)\n    from safetensors.torch import save_file")
    ),
    "a method that nothing calls": Runs(
        top("class Trainer:\n    def fit(self):\n        import wandb, datetime\n        return datetime.UTC")
    ),
    "a constant that switches code off": Runs(top("USE_TIMM = False\nif USE_TIMM:\n    import timm")),
    "code after a return": Runs(top("def f():\n    return 1\n    import timm\nONE = f()")),
    "code for Windows": Runs(
        top("import asyncio, sys\nif sys.platform == 'win32':\n    POLICY = asyncio.WindowsSelectorEventLoopPolicy")
    ),
    "code for a newer Python": Runs(
        top(
            "import sys\nif sys.version_info >= (3, 11):\n    from typing import Self\n    import tomllib\nelse:\n    Self = None"
        )
    ),
    "code for an older Python": Runs(top("import sys\nif sys.version_info[0] < 3:\n    import cPickle as pickle")),
    "a fallback that is not needed": Runs(
        top("try:\n    import einops\nexcept ImportError:\n    import my_einops as einops")
    ),
    "a training script beside": Runs(entries(("train.py", "import wandb, timm\nwandb.init()\nprint(np.trapezoid)"))),
    "a script of Python 2 beside": Runs(entries(("old/convert.py", "print 'hello'\nexcept* x"))),
    "a file in UTF-16 beside": Runs(entries(("notes.py", "x = 1".encode("utf-16")))),
    "a file that only the type checker reads": Runs(
        entries(("shapes.py", NEWER), top="from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import shapes")
    ),
    "annotations that are never evaluated": Runs(
        entries(
            (
                "parts.py",
                "from __future__ import annotations\nimport typing\ndef f(x: typing.Self) -> typing.Self:\n    pass",
            ),
            top="from parts import f",
        )
    ),
    "an annotation of a local variable": Runs(
        top("import typing\ndef f():\n    x: typing.Self = 1\n    return x\nONE = f()")
    ),
    "a step of the training of a net": Runs(
        top("class Lit(torch.nn.Module):\n    def training_step(self, batch):\n        import wandb\nLit()")
    ),
    "a function with the name of a variable": Runs(
        top("def train():\n    import wandb\ndef f(train):\n    return train\nONE = f(1)")
    ),
    "weights that only a training function names": Runs(
        top("def train():\n    return torch.load('last.ckpt', weights_only=True)")
    ),
}
GUARDED = {
    "suppress": warned(top("import contextlib\nwith contextlib.suppress(ImportError, OSError):\n    import mamba_ssm")),
    "try": warned(top("try:\n    import timm\nexcept ImportError:\n    timm = None")),
    "try with an exception of builtins": warned(
        top("import builtins\ntry:\n    import timm\nexcept builtins.ImportError:\n    timm = None")
    ),
    "any exception": warned(top("try:\n    import xgboost\nexcept Exception as e:\n    print(e)")),
    "find_spec": warned(
        top("from importlib.util import find_spec\nif find_spec('mamba_ssm') is not None:\n    import mamba_ssm")
    ),
    "find_spec, kept in a constant": warned(
        top("import importlib.util\nHAS = importlib.util.find_spec('timm')\nif HAS:\n    import timm")
    ),
    "a function that is called inside try": warned(
        top("def fast():\n    import mamba_ssm\ntry:\n    fast()\nexcept ImportError:\n    pass")
    ),
    "a module of the zip that is imported inside try": warned(
        entries(("fast.py", "import mamba_ssm"), top="try:\n    import fast\nexcept ImportError:\n    fast = None")
    ),
    "a condition of the environment": warned(top("import os\nif os.environ.get('LOG'):\n    import wandb")),
    "a return before": warned(
        top("import os\ndef log():\n    if 'LOG' not in os.environ:\n        return\n    import wandb\nlog()")
    ),
    "a function with the name of a method": warned(
        top("def train():\n    import wandb\ntorch.nn.Linear(1, 1).train(False)")
    ),
    "a newer name under a condition": warned(
        top("import os, numpy as np\nif os.environ.get('AREA'):\n    AREA = np.trapezoid")
    ),
    "hasattr": Runs(top("import numpy as np\nAREA = np.trapezoid if hasattr(np, 'trapezoid') else np.trapz")),
    "getattr": Runs(top("import numpy as np\nAREA = getattr(np, 'trapezoid', None) or np.trapz")),
    "a newer name with its replacement": Runs(
        top(
            "try:\n    from enum import StrEnum\nexcept ImportError:\n    import enum\n    class StrEnum(str, enum.Enum): pass"
        )
    ),
    "a version of numpy": Runs(
        top("import numpy as np\nif np.__version__ >= '2':\n    INF = np.inf\nelse:\n    INF = np.Inf")
    ),
    "a name that the code adds": Runs(
        top("import numpy as np\nif not hasattr(np, 'float_'):\n    np.float_ = np.float64\nONE = np.float_(1)")
    ),
    "an exit that is caught": Runs(
        top(
            "import argparse, sys\ntry:\n    argparse.ArgumentParser().parse_args()\n    sys.exit()\nexcept SystemExit:\n    pass"
        )
    ),
    "arguments of its own": Runs(top("import argparse\nARGUMENTS = argparse.ArgumentParser().parse_args([])")),
    "an exit under a condition": Runs(top("import os, sys\nif 'LOG' in os.environ:\n    sys.exit()")),
    "an exit in a main function": Runs(
        top("import sys\ndef main():\n    sys.exit()\nif __name__ == '__main__':\n    sys.exit(main())")
    ),
}
OWN = {
    "a vendored package": Runs(entries(("timm/__init__.py", "VALUE = 1"), top="import timm\nONE = timm.VALUE")),
    "a vendored package in a folder": Runs(
        entries(
            ("vendor/timm/layers.py", "from .parts import x"),
            ("vendor/timm/parts.py", "x = 1"),
            top="import sys\nsys.path.insert(0, str(Path(__file__).parent / 'vendor'))\nfrom timm.layers import x",
        )
    ),
    "a module that the code makes": Runs(
        top("import sys, types\nsys.modules['wandb'] = types.ModuleType('wandb')\nimport wandb")
    ),
    "modules that the code makes in a loop": warned(
        top("import sys, types\nfor m in ('wandb', 'timm'):\n    sys.modules[m] = types.ModuleType(m)\nimport wandb")
    ),
    "a module of the standard library's name": Runs(
        entries(("statistics.py", "fit = 1"), top="import statistics\nONE = statistics.fit")
    ),
    "a wheel": warned(
        entries(("pack.whl", b""), ("timm.txt", ""), top="import os\nif os.environ.get('X'):\n    import timm")
    ),
    "a module of the zip that is imported in two ways": Runs(
        entries(("net.py", "x = 1"), top="try:\n    from .net import x\nexcept ImportError:\n    from net import x")
    ),
    "a module of the zip that is imported twice, once guarded": warned(
        entries(
            ("net.py", "try:\n    import timm\nexcept ImportError:\n    timm = None"),
            top="import net\ntry:\n    import net\nexcept ImportError:\n    pass",
        )
    ),
    "a module by its name": Runs(
        entries(("parts.py", "x = 1"), top="import importlib\nimportlib.import_module('parts')")
    ),
}
SYNTAX = {
    "match": Runs(top("match 3:\n    case 3 | 4 as x if x:\n        pass")),
    "with in parentheses": Runs(top("import io\nwith (io.StringIO() as a, io.StringIO() as b):\n    pass")),
    "a tuple with a star as index": Runs(top("x, i = {(1, 2): 3}, (1,)\ny = x[(*i, 2)]\nz = x[(1), (2)]")),
    "f-strings": Runs(
        top("a = {'b': 1}\nx = f\"{a['b']:>{4}} {'#'} {{ }} \\N{BULLET} {a!r} {1 != 2}\\n\" f'{chr(10)}' rf'\\d{a}'")
    ),
    "f-strings over lines": Runs(top('a = 1\nx = f"""{\na\n:>4} {f\'{a}\'}"""')),
    "parameters of Python 3.10": Runs(
        top(
            "from dataclasses import dataclass\nfrom itertools import pairwise\nPAIRS = list(zip('ab', pairwise('abc'), strict=True))\n"
            "@dataclass(slots=True, kw_only=True)\nclass Part:\n    x: int | None = None"
        )
    ),
    "a byte order mark of UTF-8": Runs(entries(("parts.py", b"\xef\xbb\xbfx = '\xc3\xa9'"), top="from parts import x")),
    "Latin-1 that is declared": Runs(
        entries(("parts.py", b"# -*- coding: latin-1 -*-\nx = '\xe9'"), top="from parts import x")
    ),
    "tabs and CRLF": Runs(entries(("parts.py", b"if True:\r\n\tx = 1\r\n"), top="from parts import x")),
    "an invalid escape": Runs(top("PATTERN = '\\d'")),
}
CLASS = {
    "inside if": Runs(only(f"{NET}if True:\n  class Submission:\n{INIT}{FIRST}{SECOND}")),
    "inside try": Runs(only(f"{NET}try:\n  class Submission:\n{INIT}{FIRST}{SECOND}\nexcept Exception:\n    raise")),
    "in both branches": undecided(
        f"import os{NET}if os.environ.get('X'):\n  class Submission: pass\nelse:\n  class Submission:\n{INIT}{FIRST}{SECOND}",
        *("S103", "S104"),
    ),
    "a dataclass": undecided(
        f"from dataclasses import dataclass\nfrom typing import Any\n{NET}@dataclass\nclass Submission:\n"
        f"    sfreq: float\n    device: Any = None\n{FIRST}{SECOND}",
        "S103",
    ),
    "a named tuple": undecided(
        f"from typing import Any, NamedTuple\n{NET}class Submission(NamedTuple):\n    sfreq: float\n    device: Any\n{FIRST}{SECOND}",
        "S103",
    ),
    "an alias": undecided(
        f"{NET}class Submission:\n{INIT}{FIRST}    get_model_challenge_2 = get_model_challenge_1\n", "S104"
    ),
    "partialmethod": undecided(
        f"from functools import partialmethod\n{NET}class Submission:\n{INIT}    def _model(self, n): return Net()\n"
        "    get_model_challenge_1 = partialmethod(_model, 1)\n    get_model_challenge_2 = partialmethod(_model, 2)\n",
        "S104",
    ),
    "a lambda": undecided(
        f"{NET}class Submission:\n{INIT}{FIRST}    get_model_challenge_2 = lambda self: Net()\n", "S104"
    ),
    "a loop in the class": undecided(
        f"{NET}class Submission:\n{INIT}{FIRST}    for n in (2,):\n        locals()[f'get_model_challenge_{{n}}'] = "
        "get_model_challenge_1\n",
        *("S103", "S104"),
    ),
    "a base class in another module": undecided(
        "from base import Base\nclass Submission(Base): pass\n",
        *("S103", "S104"),
        base=WHOLE.replace("Submission", "Base"),
    ),
    "a mixin": undecided(
        f"{NET}class Second:\n{SECOND}class Submission(Second):\n{INIT}{FIRST}",
        "S104",
    ),
    "__getattr__": undecided(
        f"{NET}class Submission:\n{INIT}    def __getattr__(self, name):\n"
        "        if name.startswith('get_model_challenge_'):\n            return Net\n        raise AttributeError(name)\n",
        "S104",
    ),
    "a decorator": undecided(
        f"{NET}def complete(cls):\n    cls.get_model_challenge_2 = lambda self: Net()\n    return cls\n@complete\n"
        f"class Submission:\n{INIT}{FIRST}",
        *("S103", "S104"),
    ),
    "a metaclass": undecided(
        f"{NET}class Meta(type):\n    def __call__(cls, *args): return Model()\nclass Model:\n{FIRST}{SECOND}"
        "class Submission(metaclass=Meta): pass\n",
        *("S103", "S104"),
    ),
    "a call": undecided(
        f"{NET}def make():\n  class Submission:\n{INIT}{FIRST}{SECOND}\n  return Submission\nSubmission = make()\n",
        *("S103", "S104"),
    ),
    "type()": undecided(
        f"{NET}Submission = type('Submission', (), {{'__init__': lambda self, s, d: None, 'get_model_challenge_1': "
        "lambda self: Net(), 'get_model_challenge_2': lambda self: Net()})\n",
        *("S103", "S104"),
    ),
    "a method added later": undecided(
        f"{NET}class Submission:\n{INIT}{FIRST}Submission.get_model_challenge_2 = Submission.get_model_challenge_1\n",
        "S104",
    ),
    "a method of the instance": undecided(
        f"{NET}class Submission:\n    def __init__(self, SFREQ, DEVICE):\n        self.get_model_challenge_2 = Net\n{FIRST}",
        "S104",
    ),
    "a method by setattr": undecided(
        f"{NET}class Submission:\n{INIT}for n in (1, 2):\n    setattr(Submission, f'get_model_challenge_{{n}}', lambda self: Net())\n",
        *("S103", "S104"),
    ),
    "__new__": undecided(
        f"{NET}class Model:\n{FIRST}{SECOND}class Submission:\n    def __new__(cls, *args): return Model()\n",
        *("S103", "S104"),
    ),
    "a class method that is cached": Runs(
        only(
            f"import functools{NET}class Submission:\n{INIT}    @classmethod\n{FIRST}    @staticmethod\n    @functools.lru_cache\n"
            "    def get_model_challenge_2(): return Net()\n"
        )
    ),
    "a star import": undecided("from impl import *\n", *("S103", "S104"), impl=WHOLE),
    "star imports over two files": undecided(
        "from impl import *\n", *("S103", "S104"), impl="from whole import *", whole=WHOLE
    ),
    "an import under another name": undecided(
        "from impl import Model as Submission\n", *("S103", "S104"), impl=WHOLE.replace("Submission", "Model")
    ),
    "a global of a function": undecided(
        f"def define():\n  global Submission\n{NET.replace(chr(10), chr(10) + '  ')}\n  class Submission:\n{INIT}{FIRST}{SECOND}\ndefine()\n",
        *("S103", "S104"),
    ),
    "globals()": undecided(
        f"{NET}class Model:\n{INIT}{FIRST}{SECOND}globals()['Submission'] = Model\n", *("S102", "S103", "S104")
    ),
    "a module with __getattr__": undecided(
        f"{NET}class Model:\n{INIT}{FIRST}{SECOND}def __getattr__(name):\n    if name == 'Submission':\n        return Model\n"
        "    raise AttributeError(name)\n",
        *("S102", "S103", "S104"),
    ),
}
RUNS = {
    f"{group}: {name}": case
    for group, cases in {
        "never executed": NEVER_EXECUTED,
        "guarded": GUARDED,
        "own": OWN,
        "syntax": SYNTAX,
        "the class": CLASS,
    }.items()
    for name, case in cases.items()
}
