"""A user's own net: the files that are packed, and the errors if it cannot be."""

import sys

import pytest
import torch

from submission_builder.base.errors import RecipeError
from submission_builder.freeze.own_cargo import collect
from submission_builder.freeze.own_net import find_own

NET = """
from torch import nn

class Net(nn.Module):
    def __init__(self, width=4):
        super().__init__()
        self.layer = nn.Linear(200, width)

    def forward(self, x):
        return self.layer(x).mean((1, 2))[:, None]
"""


@pytest.fixture
def folder(tmp_path):
    """Write sources below a folder, by path."""

    def write(**sources):
        for name, source in sources.items():
            path = tmp_path / f"{name.replace('__', '/')}.py"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(source)
        return tmp_path

    return write


def names(root, module):
    return sorted(collect(root, module).sources)


def test_siblings_packages_and_their_inits_are_packed_under_their_own_names(folder):
    root = folder(
        net="import math, torch\nfrom layers import pool\nimport pkg.sub.scale as s\nfrom pkg import other",
        layers="import layers2",
        layers2="",
        unused="import pygame",
        pkg__sub__scale="from ..consts import VOLTS\nfrom . import near",
        pkg__sub__near="",
        pkg__consts="VOLTS = 1e-5",
        pkg__other="",
        pkg__unused="",
    )
    (root / "pkg" / "__init__.py").touch()
    (root / "pkg" / "sub" / "__init__.py").touch()
    packaged = ["__init__", "consts", "other", "sub/__init__", "sub/near", "sub/scale"]
    assert names(root, "net") == ["layers.py", "layers2.py", "net.py", *(f"pkg/{name}.py" for name in packaged)]


def test_a_namespace_package_is_packed(folder):
    assert names(folder(net="from parts.head import Head", parts__head=""), "net") == ["net.py", "parts/head.py"]


def test_a_folder_of_data_does_not_hide_a_package(folder):
    assert names(folder(net="import einops", einops__notes=""), "net") == ["net.py"]


def test_a_net_inside_a_package_is_imported_by_its_full_name(folder):
    root = folder(pkg__nets__mine=NET + "\nfrom ..base import X", pkg__base="X = 1")
    for name in ("pkg", "pkg/nets"):
        (root / name / "__init__.py").touch()
    own = find_own(f"{root}/pkg/nets/mine.py:Net", {"width": 2})
    assert own.label == "pkg.nets.mine:Net"
    assert own.build().layer.out_features == 2
    assert "sources/pkg/base.py" in own.cargo()


def test_building_the_net_leaves_no_trace(folder):
    """Neither in sys.modules nor in sys.path, and no bytecode beside the sources."""
    root = folder(tracenet=NET + "\nimport tracepart, tracefolder.deep", tracepart="", tracefolder__deep="")
    before = list(sys.path)
    find_own(f"{root}/tracenet.py:Net").build()
    assert sys.path == before
    assert not {"tracenet", "tracepart", "tracefolder", "tracefolder.deep"} & set(sys.modules)
    assert sorted(path.name for path in root.iterdir()) == ["tracefolder", "tracenet.py", "tracepart.py"]


def test_a_class_of_the_servers_packages_needs_no_source():
    own = find_own("torch.nn:Linear", {"in_features": 2, "out_features": 1})
    assert isinstance(own.build(), torch.nn.Linear)
    assert own.cargo() == {}


@pytest.mark.parametrize("text", ["cnn", "cnn:0.4", "constant:1.6", "cnn.tag:much", "runs/cnn.t.pt", "os.path:join"])
def test_other_forms_are_not_own_classes(text):
    assert find_own(text) is None


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """Install a package with metadata."""

    def install(name, files, licence="Do as you like."):
        site = tmp_path / "site"
        for path, content in files.items():
            (site / path).parent.mkdir(parents=True, exist_ok=True)
            (site / path).write_text(content)
        info = site / f"{name}-1.2.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.2\n")
        (info / "top_level.txt").write_text(name)
        record = [*files, f"{info.name}/METADATA"]
        if licence:
            (info / "LICENSE.txt").write_text(licence)
            record.append(f"{info.name}/LICENSE.txt")
        (info / "RECORD").write_text("".join(f"{path},,\n" for path in record))
        if str(site) not in sys.path:
            monkeypatch.syspath_prepend(str(site))
        return site

    return install


def test_a_package_that_the_server_lacks_is_packed_as_a_whole_with_its_licence(folder, installed):
    files = {
        "softmaths/__init__.py": "from .inner import f\nimport torch",
        "softmaths/inner.py": "import softbase",
        "softmaths/table.json": "{}",
        "softmaths/tests/test_it.py": "import pytest",
    }
    installed("softmaths", files)
    installed("softbase", {"softbase.py": "X = 1"}, licence=None)
    cargo = collect(folder(net="import softmaths"), "net")
    assert sorted(cargo.sources) == [
        "net.py",
        "softbase.py",
        "softmaths/__init__.py",
        "softmaths/inner.py",
        "softmaths/table.json",
    ]
    assert list(cargo.licences) == ["softmaths-1.2/LICENSE.txt"]
    assert cargo.notes == [
        "softmaths 1.2 is packed, as the server lacks it",
        "softbase 1.2 is packed, as the server lacks it",
        "softbase 1.2 has no licence text; check its terms before you share the zip",
    ]


def test_late_and_guarded_imports_of_a_package_are_not_needed(folder, installed):
    source = "import sys\ntry:\n    import nowhere\nexcept ImportError:\n    pass\ndef f():\n    import nowhere2\n"
    source += "if sys.version_info >= (3, 14):\n    import annotationlib\n"
    installed("softguard", {"softguard.py": source})
    assert "softguard.py" in collect(folder(net="import softguard"), "net").sources


def test_a_guarded_import_of_an_own_net_is_noted(folder):
    root = folder(net="try:\n    import nowhere\nexcept ImportError:\n    nowhere = None")
    assert collect(root, "net").notes == ["nowhere is not packed, as its import is optional (net.py line 2)"]


def test_a_compiled_package_is_refused(folder, installed):
    installed("hardmaths", {"hardmaths/__init__.py": "", "hardmaths/fast.so": "ELF"})
    with pytest.raises(RecipeError, match=r"net\.py line 1 imports hardmaths, which the server lacks .* fast\.so is"):
        collect(folder(net="import hardmaths"), "net")


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (
            "import nowhere",
            r"line 1 imports nowhere, which the server lacks and which is neither beside the file nor installed",
        ),
        ("def f():\n    from nowhere import x", r"line 2 imports nowhere"),
        ("import model_zoo.nets.attention", r"line 1 imports model_zoo\.nets\.attention, which the server lacks"),
        ("from .other import x", r"line 1 imports with 1 leading dot"),
        ("import pkg.gone", r"line 1 imports pkg\.gone, which does not exist below"),
        ("try:\n    pass\nexcept* ValueError:\n    pass", r"does not parse under the server's Python 3\.10"),
        ("def f(:", r"line 1 does not parse"),
        ("import fast", r"fast\.abi3\.so is imported and is compiled"),
    ],
)
def test_an_import_that_cannot_be_packed_is_refused(folder, source, message):
    root = folder(net=source, other="")
    (root / "pkg").mkdir(exist_ok=True)
    (root / "pkg" / "__init__.py").touch()
    (root / "fast.abi3.so").touch()
    with pytest.raises(RecipeError, match=message):
        collect(root, "net")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_a_source_in_utf_16_is_refused_by_its_encoding(folder, encoding):
    """Also a module that the net imports."""
    root = folder(net="import part", part="")
    (root / "part.py").write_bytes("VOLTS = 1e-5\n".encode(encoding))
    with pytest.raises(RecipeError, match=rf"part\.py is encoded as {encoding[:6].upper()}; UTF-8 is expected"):
        collect(root, "net")


@pytest.mark.parametrize(("encoding", "line"), [("utf-8-sig", ""), ("latin-1", "# coding: latin-1\n"), ("utf-8", "")])
def test_a_source_in_an_encoding_that_python_reads_is_packed(folder, encoding, line):
    root = folder(net="")
    (root / "net.py").write_bytes(f"{line}NAME = 'Gedächtnis'\n".encode(encoding))
    assert names(root, "net") == ["net.py"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, r"ownnet\.py does not exist"),
        ("link", r"ownnet\.py is a link whose target is missing \(gone\.py\)"),
        ("version https://git-lfs.github.com/spec/v1\n", r"ownnet\.py is a Git LFS pointer"),
    ],
)
def test_a_source_without_content_is_refused(tmp_path, content, message):
    if content == "link":
        (tmp_path / "ownnet.py").symlink_to("gone.py")
    elif content:
        (tmp_path / "ownnet.py").write_text(content)
    with pytest.raises(RecipeError, match=message):
        find_own(f"{tmp_path}/ownnet.py:Net")


@pytest.mark.parametrize(
    ("net", "source", "message"),
    [
        ("gone.py:Net", "", r"gone\.py does not exist"),
        ("ownnet.py:Nett", NET, "ownnet has no class Nett"),
        ("ownnet.py:f", "f = int", "ownnet:f returns a int; a torch.nn.Module is expected"),
        ("ownnet.py:Net", "raise ValueError('no')", "ownnet cannot be imported: it raises ValueError: no"),
        ("ownnet.py:Net", NET.replace("width=4", "width"), "ownnet:Net cannot be instantiated: it raises TypeError"),
        ("json.py:Net", NET, r"json is also the name of .*; another file name is expected"),
    ],
)
def test_a_net_that_cannot_be_built_is_refused(folder, net, source, message):
    root = folder(**{net.partition(".")[0].replace("gone", "there"): source})
    with pytest.raises(RecipeError, match=message):
        find_own(f"{root}/{net}").build()
