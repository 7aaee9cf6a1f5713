"""The source files that a zoo net needs."""

import pytest

from model_zoo.registry import ARCHITECTURES
from submission_builder.base.errors import RecipeError
from submission_builder.freeze.cargo import closure


def write(folder, **sources):
    for name, source in sources.items():
        (folder / f"{name}.py").write_text(source)
    return folder


@pytest.mark.parametrize("entry", ARCHITECTURES, ids=lambda entry: f"{entry.name}-{entry.challenge}")
def test_every_architecture_can_be_packed(entry):
    assert f"{entry.module}.py" in [path.name for path in closure(entry.module)]


def test_siblings_of_siblings_are_packed(tmp_path):
    folder = write(tmp_path, a="from .b import x", b="from . import c\nimport math", c="import torch.nn", d="")
    assert [path.name for path in closure("a", folder)] == ["a.py", "b.py", "c.py"]


def test_circular_imports_are_followed_once(tmp_path):
    assert len(closure("a", write(tmp_path, a="from .b import x", b="from .a import y"))) == 2


@pytest.mark.parametrize("source", ["import numpy", "def f():\n    from numpy import array", "import torch, timm"])
def test_an_import_that_is_not_allowed_is_refused(tmp_path, source):
    with pytest.raises(RecipeError, match=r"a\.py line \d imports (numpy|timm)"):
        closure("a", write(tmp_path, a=source))


def test_a_missing_sibling_is_named(tmp_path):
    with pytest.raises(RecipeError, match=r"needs b\.py"):
        closure("a", write(tmp_path, a="from .b import x"))
