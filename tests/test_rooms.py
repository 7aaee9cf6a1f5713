"""Imports point one way: the table of CONTRIBUTING.md, held against the sources."""

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
BASE = "submission_builder.base"

ROOMS = {
    "model_zoo/nets": {"torch", "braindecode", "einops"},
    "model_zoo/training": {
        *("model_zoo", "torch", "numpy", "pydantic", "pytorch_lightning", "braindecode.augmentation", "sklearn"),
        *("submission_builder.protocol", "submission_builder.scores", BASE),
    },
    "model_zoo": {
        *("model_zoo.registry", "model_zoo.card", "model_zoo.shipped", "model_zoo.figures", "model_zoo.summary"),
        *("model_zoo.fingerprint", "torch", "numpy", "safetensors", BASE),
    },
    "submission_builder/base": {BASE, "joblib", "distributed", "platformdirs"},
    "submission_builder/sandbox": {"submission_builder.sandbox", BASE},
    "submission_builder/protocol": {"submission_builder.protocol", "numpy", "pandas", BASE},
    "submission_builder/server": {
        *("submission_builder.server", "submission_builder.protocol", "submission_builder.sandbox", "numpy", BASE),
    },
    "submission_builder/releases": {
        *("submission_builder.protocol", "submission_builder.releases", BASE),
        *("mne", "numpy", "pandas", "scipy"),
    },
    "submission_builder/scores": {
        *("submission_builder.scores", "submission_builder.protocol", "numpy", "scipy", BASE),
    },
    "submission_builder/harness/child": {"torch", "predict", "failure", "local_faults", "model", "precision", "hooks"},
    "submission_builder/harness": {
        *("submission_builder.harness", "submission_builder.protocol", "submission_builder.sandbox"),
        *("submission_builder.releases", "submission_builder.server", "numpy", "scipy", BASE),
    },
    "submission_builder/checks": {
        *("submission_builder.checks", "submission_builder.server", "submission_builder.protocol"),
        *("submission_builder.sandbox.outcomes", "submission_builder.sandbox.forked", "numpy", "picklescan", BASE),
    },
    "submission_builder/codabench": {
        *("submission_builder.codabench", BASE, "keyring", "platformdirs", "pydantic", "requests"),
    },
    "submission_builder/logs": {
        *("submission_builder.logs", "submission_builder.server", "submission_builder.sandbox.outcomes", BASE),
    },
    "submission_builder/freeze": {
        *("submission_builder.freeze", "submission_builder.server", "submission_builder.protocol", BASE),
        *("model_zoo.nets", "model_zoo.registry", "model_zoo.card", "model_zoo.checkpoint", "model_zoo.wrappers"),
        *("model_zoo.foreign", "model_zoo.fingerprint", "torch"),
    },
    "submission_builder/ledger": {"submission_builder.ledger", "submission_builder.protocol", BASE, "platformdirs"},
    "submission_builder/diagnostics": {
        *("submission_builder.diagnostics", "submission_builder.scores", "submission_builder.protocol", "numpy", BASE),
    },
    "submission_builder/downloads": {"submission_builder.downloads", "obstore", BASE},
    "submission_builder/workflows": {
        *("submission_builder.workflows", "submission_builder.diagnostics", "submission_builder.freeze"),
        *("submission_builder.checks", "submission_builder.harness", "submission_builder.ledger"),
        *("submission_builder.scores", "submission_builder.logs", "submission_builder.codabench"),
        *("submission_builder.releases", "submission_builder.server", "submission_builder.protocol"),
        *(
            "submission_builder.downloads",
            "submission_builder.sandbox",
            BASE,
            "model_zoo",
            "numpy",
            "optuna",
            "pandas",
            "sqlalchemy",
            "tomli_w",
        ),
    },
    "submission_builder/report": {
        *("submission_builder.report", "submission_builder.diagnostics", "submission_builder.scores"),
        *("submission_builder.protocol", BASE, "jinja2", "markupsafe", "matplotlib", "numpy", "rich"),
    },
    "submission_builder/cli": {
        *("=submission_builder", "submission_builder.cli", "submission_builder.workflows", "submission_builder.report"),
        *(BASE, "submission_builder.protocol.challenges", "click", "rich", "pydantic"),
        *("submission_builder.ledger.place", "submission_builder.harness.projection"),  # time left
        "model_zoo.training.config",  # the fields are options
    },
    "submission_builder": {"submission_builder.cli", "submission_builder.ledger", "submission_builder.base"},
    "templates": {"torch"},
}

SOURCES = sorted(
    path.relative_to(ROOT).as_posix()
    for top in ("model_zoo", "submission_builder", "templates")
    for path in (ROOT / top).rglob("*.py")
)


def room_of(path):
    return next(room for room in ROOMS if path == room or path.startswith(f"{room}/"))


def nodes_within(tree, chosen):
    """Every node inside a block that is chosen."""
    return {id(node) for block in ast.walk(tree) if chosen(block) for node in ast.walk(block)}


def for_the_type_checker(node):
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)


def renders(node):
    """A method that a notebook or a user calls to see a result."""
    return isinstance(node, ast.FunctionDef) and (node.name == "_repr_html_" or node.name.startswith("plot_"))


def imported(source):
    """Modules that a source imports when it runs, without those that a result imports to show itself."""
    tree = ast.parse(source)
    skipped, rendering = nodes_within(tree, for_the_type_checker), nodes_within(tree, renders)
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            modules = [node.module]
        else:
            continue
        yield from (
            module
            for module in modules
            if not (id(node) in rendering and module.startswith("submission_builder.report."))
        )


def opens(door, module):
    """Whether a door leads to a module: to all below it, or with ``=`` to itself alone."""
    return module == door.removeprefix("=") or (not door.startswith("=") and module.startswith(f"{door}."))


def trespasses(path, source):
    """Imports of a source that its room may not have."""
    allowed = ROOMS[room_of(path)]
    return [
        module
        for module in imported(source)
        if module.partition(".")[0] not in sys.stdlib_module_names and not any(opens(door, module) for door in allowed)
    ]


@pytest.mark.parametrize("path", SOURCES)
def test_a_room_imports_only_what_the_table_allows(path):
    assert trespasses(path, (ROOT / path).read_text()) == []


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("model_zoo/nets/new.py", "import numpy"),
        ("model_zoo/nets/new.py", "from model_zoo.registry import find_architecture"),
        ("model_zoo/registry.py", "def f():\n    from submission_builder.freeze import builder"),
        ("submission_builder/protocol/new.py", "import torch"),
        ("submission_builder/harness/new.py", "import torch"),
        ("submission_builder/harness/child/model.py", "from submission_builder.base.errors import SubpackError"),
        ("submission_builder/diagnostics/new.py", "import torch"),
        ("submission_builder/ledger/new.py", "from submission_builder.workflows.check import check"),
        ("submission_builder/scores/new.py", "from submission_builder.harness.replay import replay"),
        ("submission_builder/checks/new.py", "from submission_builder.harness.session import open_session"),
        ("submission_builder/logs/new.py", "from submission_builder.checks.catalogue import CHECKS"),
        ("submission_builder/freeze/new.py", "from model_zoo.training.fit import fit"),
        ("submission_builder/workflows/new.py", "def f():\n    from submission_builder.report.notebook import html"),
        ("submission_builder/cli/new.py", "def f():\n    from submission_builder.harness.session import open_session"),
        ("submission_builder/cli/new.py", "from submission_builder.freeze.builder import freeze"),
        ("submission_builder/workflows/new.py", "def _repr_html_(self):\n    import rich"),
    ],
)
def test_the_table_bites(path, source):
    """Each of these imports is found out."""
    assert len(trespasses(path, source)) == 1


def test_imports_for_the_type_checker_do_not_count():
    assert trespasses("submission_builder/protocol/new.py", "if TYPE_CHECKING:\n    import torch") == []


def test_a_result_may_import_its_rendering():
    source = "def _repr_html_(self):\n    from submission_builder.report.notebook import html"
    assert trespasses("submission_builder/workflows/new.py", source) == []


def test_every_file_is_small():
    lengths = {path: len((ROOT / path).read_text().splitlines()) for path in SOURCES}
    assert max(lengths.values()) <= 350, max(lengths, key=lengths.get)
    assert sorted(lengths.values())[len(lengths) // 2] <= 150
