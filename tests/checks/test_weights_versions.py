"""The contents of weight files and the server's versions: what passes, and what is read of any pickle."""

import io
import os
import zipfile
from dataclasses import replace

import joblib
import numpy as np
import pytest
from archives import make_zip
from corpus_versions import COMPRESSED, GENERATOR, STFT, estimator, importing, torchscript
from traces import GOOD, trace

from submission_builder.checks.catalogue import find_check
from submission_builder.checks.inspected import inspect
from submission_builder.checks.pickled_objects import read_objects
from submission_builder.checks.runner import check_zip
from submission_builder.server.environment import Environment
from submission_builder.server.torchscript.operators import server_operators

CHECKS = [find_check("S213"), find_check("S214")]


def checked(folder, content, *, name="model.pkl", run=None):
    path = make_zip(folder / "z.zip", names={name: content})
    return check_zip(path, [*CHECKS, find_check("S301")], run and (lambda _: run))


def dumped(thing, **options):
    buffer = io.BytesIO()
    joblib.dump(thing, buffer, **options)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("c1.pt", torchscript("torch.layer_norm(x, [200])")),
        ("c1.pt", torchscript("torch.scaled_dot_product_attention(x, x, x, scale=0.5)")),
        ("c1.pt", torchscript('torch.format("{} {} {}", x, x, x)')),
        ("c1.pt", torchscript("__torch__.torch.nn.functional.rms_norm(x, )")),
        ("model.pkl", estimator("1.7.2")),
        ("model.pkl", importing(("numpy._core.multiarray", "scalar"), ("numpy", "dtype"))),
        ("model.pkl", importing(*GENERATOR[:2])),
        ("model.pkl", importing(("numpy.core.multiarray", "_reconstruct"), ("collections", "OrderedDict"))),
        ("net.pt", importing(("torch.nn.modules.normalization", "LayerNorm"), ("torch._C._nn", "gelu"))),
        ("net.pt", importing(("pathlib", "PosixPath"), ("my_package.parts", "Net"))),
        ("notes.gz", COMPRESSED["gzip"](b"(text, not a pickle")),
    ],
)
def test_contents_that_every_version_of_the_server_reads_pass(tmp_path, name, content):
    assert checked(tmp_path, content, name=name).findings == ()


def test_objects_whose_versions_cannot_be_compared_are_skipped_with_the_command_that_tells(tmp_path):
    content = importing(("torch.nn.modules.linear", "Linear"))
    reason = "not run under the server's versions, on which net.pt may depend: --server published"
    assert checked(tmp_path, content, name="net.pt").skipped["S214"] == reason
    here = trace(replace(GOOD, opened=frozenset({"net.pt"})), ran=Environment("3.11.7", {"torch": "2.14.1"}))
    assert checked(tmp_path, content, name="net.pt", run=here).skipped["S214"] == reason
    there = replace(here, ran=Environment("3.10.13", {"torch": "2.2.2"}, "published"))
    assert "S214" in checked(tmp_path, content, name="net.pt", run=there).passed


@pytest.mark.parametrize("declared", [(), ("onesided: str",), ("onesided: Optional[str]",)])
def test_a_call_that_the_versions_may_understand_differently_is_skipped(tmp_path, declared):
    """Torch 2.8.0 added an argument to torch.stft: in torch 2.2.2, nine mean another form, whose seventh is a text."""
    content = torchscript(f"torch.stft({STFT}, False, onesided, True, None)", *declared)
    assert "c1.pt" in checked(tmp_path, content, name="c1.pt").skipped["S214"]


@pytest.mark.parametrize(
    ("call", "declared"),
    [
        (f"torch.stft({STFT}, False, onesided, True)", ("onesided: Optional[bool]",)),
        (f"torch.stft({STFT}, True, 'reflect', False, None, True)", ()),
        (f"torch.stft({STFT}, True, mode, False, None, True)", ("mode: str",)),
        (f"torch.stft({STFT}, normalized=False, onesided=None, return_complex=True)", ()),
    ],
    ids=["eight arguments", "a text in its place", "a text that is declared", "keywords"],
)
def test_a_call_of_stft_that_both_versions_have_passes(tmp_path, call, declared):
    report = checked(tmp_path, torchscript(call, *declared), name="c1.pt")
    assert report.findings == ()
    assert "S214" in report.passed


@pytest.mark.parametrize("declared", ["onesided: Optional[bool]", "onesided: bool", "onesided: int"])
def test_an_argument_that_is_certainly_no_text_takes_no_text(tmp_path, declared):
    """So torch.functional.stft is called in a script of torch 2.8 or newer; torch 2.2.2 cannot load it."""
    content = torchscript(f"torch.stft({STFT}, False, onesided, True, None)", declared)
    assert [finding.id for finding in checked(tmp_path, content, name="c1.pt").findings] == ["S213"]


def test_code_that_cannot_be_read_is_skipped(tmp_path):
    assert "c1.pt" in checked(tmp_path, torchscript("(((("), name="c1.pt").skipped["S214"]


LZ4 = b"\x04\x22\x4d\x18" + bytes(40)


@pytest.mark.parametrize("names", [("lz4/__init__.py", "lz4/frame/__init__.py"), ("vendor/lz4/frame.so",)])
def test_a_file_in_lz4_passes_if_the_zip_has_the_package(tmp_path, names):
    files = {"model.joblib": LZ4} | dict.fromkeys(names, b"")
    assert check_zip(make_zip(tmp_path / "z.zip", names=files), CHECKS).errors == ()


def test_a_file_in_lz4_that_the_run_does_not_open_passes(tmp_path):
    assert checked(tmp_path, LZ4, name="model.joblib").errors
    assert checked(tmp_path, LZ4, name="model.joblib", run=trace()).findings == ()


@pytest.mark.parametrize("content", [importing(*GENERATOR), estimator("1.9.1")])
def test_a_file_that_the_run_does_not_open_is_left_out(tmp_path, content):
    assert checked(tmp_path, content).findings
    assert checked(tmp_path, content, run=trace()).findings == ()
    opened = trace(replace(GOOD, opened=frozenset({"model.pkl"})))
    assert checked(tmp_path, content, run=opened).findings


def test_a_file_that_torch_opens_outside_of_pythons_view_is_judged(tmp_path):
    content = torchscript("torch.rms_norm(x, [200])")
    assert checked(tmp_path, content, name="c1.pt", run=trace()).findings


def test_names_behind_an_array_of_joblib_are_read(tmp_path):
    """Values of an array lie between the opcodes of joblib; a reader of pickles alone stops there."""
    thing = [np.ones((3, 4)), np.array([{}, "text"], object), np.zeros(2, [("a", "f4"), ("b", "i8")]), os.system]
    for content in (dumped(thing), *(dumped(thing, compress=(name, 3)) for name in COMPRESSED)):
        path = make_zip(tmp_path / "z.zip", names={"model.joblib": content})
        (found,) = check_zip(path, [find_check("S201")]).findings
        assert found.message.startswith("The pickle names posix.system")
        (file,) = inspect(path).weights
        assert (file.kind, file.pickled.whole) == ("pickle", True)


def test_a_compressed_pickle_is_no_damage(tmp_path):
    path = make_zip(tmp_path / "z.zip", names={"model.joblib": dumped({"a": 1}, compress=3)})
    assert check_zip(path, [find_check("S203")]).findings == ()


@pytest.mark.parametrize(
    "content",
    [
        b"\x80\x04" + b"]" * 2_000_000,
        b"\x80\x04\x8e" + (1 << 60).to_bytes(8, "little"),
        b"\x80\x04N" + b"\x85" * 500_000 + b"}" + b"\x85" * 10 + b"Ns.",
        b"\x80\x05\x96" + (1 << 40).to_bytes(8, "little"),
        b"\x80\x04cjoblib.numpy_pickle\nNumpyArrayWrapper\n)\x81}b.",
        b"\x80\x04\x82\x01.",
    ],
    ids=["many opcodes", "a long text", "a deep tuple", "a long bytearray", "an array without a type", "an extension"],
)
def test_hostile_pickles_end_without_a_result(content):
    found = read_objects(io.BytesIO(content))
    assert not found.whole or not found.names


def test_the_index_of_operators_names_both_versions_of_torch():
    assert [known.version for known in server_operators()] == ["2.2.2", "2.8.0"]
    assert ["aten::rms_norm" in known.overloads for known in server_operators()] == [False, True]


@pytest.mark.filterwarnings("ignore")  # TorchScript is superseded
def test_files_that_this_torch_writes_are_read(tmp_path):
    torch = pytest.importorskip("torch")
    torch.jit.save(
        torch.jit.script(torch.nn.Sequential(torch.nn.Conv1d(129, 4, 9), torch.nn.GELU())), tmp_path / "c1.pt"
    )
    program = torch.export.export(torch.nn.Linear(3, 1), (torch.zeros(1, 3),))
    torch.export.save(program, tmp_path / "c2.pt2")
    with zipfile.ZipFile(tmp_path / "z.zip", "w") as archive:
        for name in ("c1.pt", "c2.pt2"):
            archive.write(tmp_path / name, name)
    script, exported = inspect(tmp_path / "z.zip").weights
    assert (script.kind, exported.kind) == ("torchscript", "exported")
    assert {"aten::conv1d", "aten::gelu"} <= {call.name for call in script.operators}
    assert exported.exported.torch == torch.__version__.partition("+")[0]
