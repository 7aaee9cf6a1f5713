"""The index of names holds the server's versions, and is the same under any Python."""

import ast
import sys
import types

import pytest

from submission_builder.server.api import make
from submission_builder.server.api.index import apis_of, server_apis, standard_modules
from submission_builder.server.facts import server_modules


def test_the_index_has_every_version():
    assert [str(api) for api in server_apis()] == [
        *("Python 3.10", "numpy 1.26.4", "numpy 2.2.6", "torch 2.2.2", "torch 2.8.0", "braindecode 1.2.0"),
    ]


def test_the_standard_library_is_that_of_python_3_10():
    assert {"distutils", "imp", "cgi", "asyncore", "telnetlib", "zoneinfo", "graphlib"} <= standard_modules()
    assert not {"tomllib", "compression", "numpy"} & standard_modules()
    assert standard_modules() <= server_modules()


@pytest.mark.parametrize(
    ("name", "lacking"),
    [
        ("typing.Self", ["Python 3.10"]),
        ("typing.Annotated", []),
        ("os.path.join", []),
        ("os.path.isjunction", ["Python 3.10"]),
        ("sys.last_value", []),
        ("concurrent.futures.ThreadPoolExecutor", []),
        ("numpy.trapezoid", ["numpy 1.26.4"]),
        ("numpy.trapz", []),
        ("numpy.NaN", ["numpy 2.2.6"]),
        ("numpy.float", ["numpy 1.26.4", "numpy 2.2.6"]),
        ("numpy.chararray", []),
        ("numpy.core.multiarray.normalize_axis_index", []),
        ("numpy.random.default_rng", []),
        ("torch.nn.RMSNorm", ["torch 2.2.2"]),
        ("torch._dynamo.nothing", []),
    ],
)
def test_a_name_is_missing_only_where_it_certainly_is(name, lacking):
    """The module numpy makes chararray at access, and numpy.core of numpy 2 passes any name on."""
    assert [str(api) for api in apis_of(name) if api.lacks(name)] == lacking


@pytest.mark.parametrize(
    ("name", "keyword", "lacking"),
    [
        ("dataclasses.dataclass", "slots", []),
        ("dataclasses.dataclass", "weakref_slot", ["Python 3.10"]),
        ("numpy.std", "correction", ["numpy 1.26.4"]),
        ("numpy.array", "copy", []),
    ],
)
def test_a_keyword_is_missing_only_where_it_certainly_is(name, keyword, lacking):
    taken = {str(api): api.keywords(name) for api in apis_of(name)}
    assert [version for version, known in taken.items() if known is not None and keyword not in known] == lacking


def module(tmp_path, source):
    """A module with this source."""
    made = types.ModuleType("made")
    made.__file__ = str(tmp_path / "made.py")
    (tmp_path / "made.py").write_text(source)
    exec(source, vars(made))  # noqa: S102 - the source above
    return made


def test_names_that_a_module_makes_at_access_are_found(tmp_path):
    explicit = (
        "def __getattr__(name):\n    if name in ('old', 'older'):\n        return 1\n    raise AttributeError(name)"
    )
    passes_on = "import math\ndef __getattr__(name):\n    return getattr(math, name)"
    assert sorted(make.made_at_access(module(tmp_path, explicit))) == ["old", "older"]
    assert make.made_at_access(module(tmp_path, passes_on)) is None
    assert make.made_at_access(ast) == []


def test_the_standard_library_is_listed_with_its_submodules():
    listed = make.modules(make.STANDARD_LIBRARY)
    assert {"os.path", "importlib.resources", "json.decoder", "math"} <= set(listed)
    assert sys.stdlib_module_names <= set(listed)
