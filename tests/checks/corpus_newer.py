"""Zips with code that the server's versions of Python, numpy or torch do not run, or may not run."""

from broken import Broken, changed, entries, top

MISSING = "is neither on the server nor in the zip"
CAUGHT = "the code catches the error and continues without the module"
UNKNOWN = "static analysis cannot determine whether the server executes"
AT_IMPORT = "when submission.py is imported"

NAMES = {
    "typing.Self": Broken(
        "S113", top("from typing import Self"), "submission.py:5", "typing.Self does not exist in Python 3.10"
    ),
    "datetime.UTC": Broken(
        "S113",
        top("import datetime as dt\nNOW = dt.datetime.now(dt.UTC)"),
        "submission.py:6",
        "datetime.UTC does not exist in Python 3.10",
    ),
    "contextlib.chdir": Broken(
        "S113",
        top("import contextlib\nwith contextlib.chdir('.'):\n    pass"),
        "submission.py:6",
        "contextlib.chdir does not exist in Python 3.10",
    ),
    "a function of os.path": Broken(
        "S113",
        top("import os\nROOT = os.path.splitroot(__file__)"),
        "submission.py:6",
        "os.path.splitroot does not exist in Python 3.10",
    ),
    "a class of a submodule": Broken(
        "S113",
        top("from importlib.resources.abc import Traversable"),
        "submission.py:5",
        "importlib.resources.abc.Traversable does not exist in Python 3.10",
    ),
    "a builtin": Broken(
        "S113",
        top("ERRORS = (ExceptionGroup, ValueError)"),
        "submission.py:5",
        "builtins.ExceptionGroup does not exist in Python 3.10",
    ),
    "itertools.batched in a method that forward calls": Broken(
        "S113",
        changed(
            top="import itertools",
            forward="return self.helped(X)\n\n    def helped(self, X):\n"
            "        return X[:, 0, :1] * len(list(itertools.batched('abc', 2)))",
        ),
        "submission.py:16",
        "itertools.batched does not exist in Python 3.10",
    ),
    "numpy.trapezoid in a module of the zip": Broken(
        "S113",
        entries(("parts/area.py", "import numpy as np\nAREA = np.trapezoid"), top="from parts import area"),
        "parts/area.py:2",
        "numpy.trapezoid does not exist in numpy 1.26.4",
    ),
    "a name that numpy 2 removed": Broken(
        "S113", top("from numpy import float_"), "submission.py:5", "numpy.float_ does not exist in numpy 2.2.6"
    ),
    "a name that both numpys lack": Broken(
        "S113",
        top("import numpy as np\nTYPE = np.float"),
        "submission.py:6",
        "numpy.float does not exist in numpy 1.26.4 and 2.2.6",
    ),
    "a name that both torches lack": Broken(
        "S113",
        top("NET = torch.nn.RMSNormalisation"),
        "submission.py:5",
        "torch.nn.RMSNormalisation does not exist in torch 2.2.2 and 2.8.0",
    ),
    "a name below a test of another": Broken(
        "S113",
        top("import math, sys\nif sys.version_info >= (3, 10):\n    ROOT = math.cbrt(8)"),
        "submission.py:7",
        "math.cbrt does not exist in Python 3.10",
    ),
    "a name that a GPU needs": Broken(
        "S113",
        top("import math\nif torch.cuda.is_available():\n    ROOT = math.exp2(8)"),
        "submission.py:7",
        "math.exp2 does not exist in Python 3.10",
    ),
    "a class that only nets use": Broken(
        "S113",
        changed(
            top="import enum\ndef kinds():\n    class Kind(enum.StrEnum):\n        A = 'a'\n    return Kind",
            load="kinds()",
        ),
        "submission.py:7",
        "enum.StrEnum does not exist in Python 3.10",
    ),
    "a module that is imported in two ways": Broken(
        "S113",
        entries(
            ("net.py", "import numpy as np\nAREA = np.trapezoid"),
            top="try:\n    from .net import AREA\nexcept ImportError:\n    from net import AREA",
        ),
        "net.py:2",
        "numpy.trapezoid does not exist in numpy 1.26.4",
    ),
    "a module whose import is guarded against other failures": Broken(
        "S113",
        entries(
            ("net.py", "import numpy as np\nAREA = np.trapezoid"),
            top="try:\n    from net import AREA\nexcept ImportError:\n    from .net import AREA",
        ),
        "net.py:2",
        "numpy.trapezoid does not exist in numpy 1.26.4",
    ),
    "a name whose guard catches another failure": Broken(
        "S113",
        top("import math\ntry:\n    ROOT = math.cbrt\nexcept ImportError:\n    ROOT = None"),
        "submission.py:7",
        "math.cbrt does not exist in Python 3.10",
    ),
    "a name in the last of many branches": Broken(
        "S113",
        top(
            "import math, sys\nif sys.platform == 'a':\n    pass\n"
            + "elif sys.platform == 'b':\n    pass\n" * 900
            + "else:\n    ROOT = math.cbrt"
        ),
        "submission.py:1809",
        "math.cbrt does not exist in Python 3.10",
    ),
    "a keyword of dataclass": Broken(
        "S114",
        top("import dataclasses\n@dataclasses.dataclass(slots=True, weakref_slot=True)\nclass Part:\n    x: int"),
        "submission.py:6",
        "dataclasses.dataclass has no parameter weakref_slot in Python 3.10",
    ),
    "a keyword of shutil": Broken(
        "S114",
        top("from shutil import rmtree\nrmtree('/nowhere', onexc=print)"),
        "submission.py:6",
        "shutil.rmtree has no parameter onexc in Python 3.10",
    ),
    "a keyword of numpy": Broken(
        "S114",
        top("import numpy as np\nX = np.reshape(np.ones(4), shape=(2, 2))"),
        "submission.py:6",
        "numpy.reshape has no parameter shape in numpy 1.26.4",
    ),
}
IMPORTS = {
    "timm in a method that a getter calls": Broken(
        "S105",
        changed(
            load="return self.timm()\n\n    def timm(self):\n        import timm\n        return timm.create_model('x')"
        ),
        "submission.py:27",
        f"The module timm {MISSING}",
    ),
    "timm in a function of an imported module": Broken(
        "S105",
        entries(("parts.py", "def build():\n    import timm"), top="import parts as p\nNET = p.build()"),
        "parts.py:2",
        f"The module timm {MISSING}",
    ),
    "timm in a function inside of a function": Broken(
        "S105",
        top(
            "def outer():\n    def inner():\n        import timm\n    inner = torch.no_grad()(inner)\n    return inner()\nouter()"
        ),
        "submission.py:7",
        f"The module timm {MISSING}",
    ),
    "timm in a module of the zip": Broken(
        "S105",
        entries(("parts/__init__.py", ""), ("parts/blocks.py", "import timm"), top="from parts.blocks import *"),
        "parts/blocks.py:1",
        f"The module timm {MISSING}",
    ),
    "timm beside packed data": Broken(
        "S105", entries(("channels.json.gz", b""), top="import timm"), "submission.py:5", f"The module timm {MISSING}"
    ),
    "a module by its name": Broken(
        "S105",
        top("import importlib\nimportlib.import_module('safetensors.torch')"),
        "submission.py:6",
        f"The module safetensors.torch {MISSING}",
    ),
    "a replacement that the server lacks as well": Broken(
        "S105",
        top("import sys\nif sys.version_info < (3, 11):\n    import tomli"),
        "submission.py:7",
        f"The module tomli {MISSING}",
    ),
    "a guard that raises again": Broken(
        "S105",
        top(
            "try:\n    import timm\nexcept ImportError as error:\n    raise RuntimeError('pip install timm') from error"
        ),
        "submission.py:6",
        f"The module timm {MISSING}",
    ),
    "a guard of another exception": Broken(
        "S105",
        top("try:\n    import timm\nexcept OSError:\n    timm = None"),
        "submission.py:6",
        f"The module timm {MISSING}",
    ),
    "a guarded import": Broken(
        "S120",
        top("try:\n    import mamba_ssm\nexcept ImportError:\n    mamba_ssm = None"),
        "submission.py:6",
        f"The module mamba_ssm {MISSING}; {CAUGHT}",
    ),
    "an import under a condition": Broken(
        "S120",
        top("import os\nif os.environ.get('FAST'):\n    import mamba_ssm"),
        "submission.py:7",
        f"The module mamba_ssm {MISSING}; {UNKNOWN} the import",
    ),
    "a packed module": Broken(
        "S120",
        entries(("mamba.whl", b"PK"), top="import sys\nsys.path.insert(0, 'mamba.whl')\nimport mamba_ssm"),
        "submission.py:7",
        f"The module mamba_ssm {MISSING}, unless other code provides it, which static analysis cannot determine",
    ),
    "a guarded module that does not parse": Broken(
        "S120",
        entries(
            ("fast.py", "def f(x, i):\n    return x[*i]"), top="try:\n    import fast\nexcept Exception:\n    pass"
        ),
        "fast.py:2",
        "The file does not parse under Python 3.10: a star in an index (x[*i]) came with Python 3.11",
    ),
    "a newer name under a condition": Broken(
        "S120",
        top("import math, os\nif os.environ.get('FAST'):\n    ROOT = math.cbrt"),
        "submission.py:7",
        f"math.cbrt does not exist in Python 3.10; {UNKNOWN} this",
    ),
}
SYNTAX = {
    "a module that does not parse, guarded against other failures": Broken(
        "S101",
        entries(
            ("fast.py", "def f(x, i):\n    return x[*i]"), top="try:\n    import fast\nexcept ImportError:\n    pass"
        ),
        "fast.py:2",
        "The file does not parse under Python 3.10: a star in an index (x[*i]) came with Python 3.11",
    ),
}
ENDS = {
    "sys.exit": Broken(
        "S121", top("import sys\nsys.exit()"), "submission.py:6", f"`sys.exit()` ends the process {AT_IMPORT}"
    ),
    "SystemExit in a module of the zip": Broken(
        "S121",
        entries(("run.py", "raise SystemExit(0)"), top="import run"),
        "run.py:1",
        f"`raise SystemExit(0)` ends the process {AT_IMPORT}",
    ),
    "a main function": Broken(
        "S121",
        top("import sys\ndef main():\n    sys.exit(0)\nmain()"),
        "submission.py:7",
        f"`sys.exit(0)` ends the process {AT_IMPORT}",
    ),
    "argparse": Broken(
        "S122",
        top("import argparse\nparser = argparse.ArgumentParser()\narguments = parser.parse_args()"),
        "submission.py:7",
        f"parse_args() reads the command line {AT_IMPORT}, and ends the process (SystemExit) if",
    ),
    "argparse in a function": Broken(
        "S122",
        top(
            "import argparse, sys\ndef options():\n    return argparse.ArgumentParser().parse_args(sys.argv[1:])\nO = options()"
        ),
        "submission.py:7",
        f"parse_args() reads the command line {AT_IMPORT}, and ends the process (SystemExit) if",
    ),
    "sys.argv": Broken(
        "S122",
        top("import sys\nSEED = sys.argv[1]"),
        "submission.py:6",
        f"sys.argv is the command line of the server's program {AT_IMPORT}",
    ),
}
NEWER = NAMES | IMPORTS | SYNTAX | ENDS
