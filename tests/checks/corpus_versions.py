"""Zips with a weight file that the server's versions cannot read, or may read differently."""

import bz2
import gzip
import io
import lzma
import pickle
import zipfile
import zlib
from functools import partial

from broken import Broken, entries

NET = """
class Net(Module):
  __parameters__ = ["weight", ]
  weight : Tensor
  training : bool
  def forward(self: __torch__.Net,
    x: Tensor{arguments}) -> Tensor:
    if torch.gt(torch.len(torch.size(x)), 3):
      ops.prim.RaiseException("torch.rms_norm(x) is not called here")
    else:
      pass
    return {call}
"""


STFT = "x, 8, None, None, None"
"""The first arguments of a call of torch.stft."""


def zipped(files):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def torchscript(call, *arguments):
    """A file in the layout of torch.jit.save, whose net makes one call; forward may have more arguments."""
    empty = pickle.dumps(())
    code = NET.format(call=call, arguments="".join(f",\n    {one}" for one in arguments))
    return zipped({"c1/data.pkl": empty, "c1/code/__torch__.py": code, "c1/constants.pkl": empty})


def exported(torch):
    """A file in the layout of torch.export.save in torch 2.14."""
    return zipped(
        {
            "c1/archive_format": "pt2",
            "c1/models/model.json": f'{{"graph_module": {{}}, "torch_version": "{torch}+cu130"}}',
            "c1/data/weights/model_weights_config.json": "{}",
        }
    )


EXPORTED_BY_2_8 = zipped({"c1/archive_format": "pt2", "c1/models/model.json": '{"torch_version": "2.8.0+cpu"}'})
EXPORTED_BY_2_2 = zipped({"serialized_exported_program.json": "{}", "version": "2"})


def importing(*names):
    """A pickle of a list of imported names."""
    return b"\x80\x02(" + b"".join(f"c{module}\n{name}\n".encode() for module, name in names) + b"l."


def estimator(version):
    """A pickle of an estimator of scikit-learn."""
    texts = [b"X" + len(text).to_bytes(4, "little") + text for text in (b"_sklearn_version", version.encode())]
    return b"\x80\x02csklearn.linear_model._ridge\nRidge\n)\x81}" + texts[0] + texts[1] + b"sb."


GENERATOR = (
    ("numpy.random._pickle", "__generator_ctor"),
    ("numpy.random._pickle", "__bit_generator_ctor"),
    ("numpy.random._pcg64", "PCG64"),
)
"""Names in a pickle of ``numpy.random.default_rng()`` that numpy 2 wrote; numpy 1 writes the last one as a string."""

NUMPY_2 = "The pickle was written under numpy 2, and numpy 1.26 cannot read it: it needs "

COMPRESSED = {
    "zlib": zlib.compress,
    "gzip": partial(gzip.compress, mtime=0),  # the same bytes at any time
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "lzma": lambda content: lzma.compress(content, lzma.FORMAT_ALONE),
}

VERSIONS = {
    "an operator that torch 2.2.2 lacks": Broken(
        "S213",
        entries(("c1.pt", torchscript("torch.rms_norm(x, [200])"))),
        "c1.pt",
        "The TorchScript code in the file calls torch.rms_norm, which does not exist in torch 2.2.2",
    ),
    "an operator of a newer torch than both": Broken(
        "S213",
        entries(("c1.pt", torchscript("torch._upsample_lanczos2d_aa(x, [2, 2], False)"))),
        "c1.pt",
        "calls torch._upsample_lanczos2d_aa, which does not exist in torch 2.2.2 and 2.8.0",
    ),
    "an argument that torch 2.2.2 lacks": Broken(
        "S213",
        entries(("c1.pt", torchscript("torch.scaled_dot_product_attention(x, x, x, enable_gqa=True)"))),
        "c1.pt",
        "torch.scaled_dot_product_attention with arguments (3 positional, enable_gqa=) that do not exist in torch "
        "2.2.2",
    ),
    "an argument that torch 2.2.2 takes for a text": Broken(
        "S213",
        entries(("c1.pt", torchscript(f"torch.stft({STFT}, False, onesided, True, None)", "onesided: Optional[bool]"))),
        "c1.pt",
        "torch.stft with arguments (9 positional) that do not exist in torch 2.2.2",
    ),
    "a program that torch 2.14 exported": Broken(
        "S213",
        entries(("c1.pt2", exported("2.14.1"))),
        "c1.pt2",
        "torch.export of torch 2.14.1 wrote the file, which is bound to this version; torch 2.2.2 and torch 2.8.0 "
        "cannot read it",
    ),
    "a program that torch 2.8 exported": Broken(
        "S213", entries(("c1.pt2", EXPORTED_BY_2_8)), "c1.pt2", "torch.export of torch 2.8.0 wrote the file"
    ),
    "a program that torch 2.2 exported": Broken(
        "S213", entries(("c1.pt2", EXPORTED_BY_2_2)), "c1.pt2", "torch 2.8.0 cannot read it"
    ),
    "a random generator of numpy 2": Broken(
        "S213",
        entries(("model.pkl", importing(*GENERATOR))),
        "model.pkl",
        f"{NUMPY_2}numpy.random._pcg64.PCG64",
        also=("S202",),
    ),
    **{
        f"a random generator of numpy 2 in {name}": Broken(
            "S213",
            entries(("model.joblib", compress(importing(*GENERATOR)))),
            "model.joblib",
            f"{NUMPY_2}numpy.random._pcg64.PCG64",
            also=("S202",),
        )
        for name, compress in COMPRESSED.items()
    },
    "an array of numpy 2 in protocol 5": Broken(
        "S213",
        entries(("model.pkl", importing(("numpy._core.numeric", "_frombuffer")))),
        "model.pkl",
        f"{NUMPY_2}numpy._core.numeric._frombuffer",
        also=("S202",),
    ),
    "a path that Python 3.13 pickled": Broken(
        "S213",
        entries(("w.ckpt", importing(("pathlib._local", "PosixPath")))),
        "w.ckpt",
        "The pickle needs pathlib._local.PosixPath, which does not exist in Python 3.10",
        also=("S202",),
    ),
    "a layer that torch 2.2.2 lacks": Broken(
        "S213",
        entries(("net.pt", importing(("torch.nn.modules.normalization", "RMSNorm")))),
        "net.pt",
        "The pickle needs torch.nn.modules.normalization.RMSNorm, which does not exist in torch 2.2.2",
        also=("S202",),
    ),
    "a pickle compressed with LZ4": Broken(
        "S213",
        entries(("model.joblib", b"\x04\x22\x4d\x18" + bytes(40))),
        "model.joblib",
        "joblib compressed the file with LZ4; the package lz4 is neither on the server nor in the zip",
    ),
    "an estimator of another scikit-learn": Broken(
        "S214",
        entries(("model.pkl", estimator("1.9.1"))),
        "model.pkl",
        "scikit-learn 1.9.1 wrote an estimator in the file; the server has scikit-learn 1.7.2",
        also=("S202",),
    ),
}
