"""S213, S214: the contents of weight files, compared with the versions that the server may have.

A file that the run demonstrably does not open is left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from submission_builder.checks.check import check
from submission_builder.checks.inspected import CannotCheck
from submission_builder.server.api.index import apis_of
from submission_builder.server.facts import published_pins

if TYPE_CHECKING:
    from collections.abc import Iterator

    from submission_builder.checks.inspected import Inspected, Place
    from submission_builder.checks.pickled_objects import Name
    from submission_builder.checks.weights_file import WeightsFile
    from submission_builder.server.api.index import Api

_NUMPY_1_CORE = {"_dtype", "_dtype_ctypes", "_internal", "_multiarray_umath", "multiarray", "umath"}
"""Modules of numpy._core that numpy 1.26.4 has, so that it can read most pickles of numpy 2."""

_BIT_GENERATORS = {"numpy.random._mt19937", "numpy.random._pcg64", "numpy.random._philox", "numpy.random._sfc64"}
_SINCE_NUMPY_2 = {("numpy._core._internal", "_convert_to_stringdtype_kwargs")}
_NOT_LISTED = ("numpy.", "torch._C", "torch.classes", "torch.ops")
"""Beginnings of modules that may exist although the index does not list them: they have no source in Python."""


@check("S213", "error", uses_run=True, certain=False)
def readable(zip_: Inspected) -> Iterator[Place]:
    """Every weight file can be read by the server's versions of torch, numpy and Python.

    Fault
        The server may not be able to read a weight file
    Why
        The organisers published two lists of packages: one with torch 2.2.2, which needs numpy 1.26, and one with torch
        2.8.0 and numpy 2.2.6. torch.jit.load raises if the code inside a TorchScript file calls an operator that the
        version does not have. torch.export.load reads only files of similar versions. A pickle imports the classes of
        its objects by name, and raises if a name does not exist.
    Causes
        The file was written under newer versions: torch.nn.RMSNorm in TorchScript; torch.export.save; an estimator of
        scikit-learn with a random generator, such as HistGradientBoostingRegressor, pickled under numpy 2.
    Solution
        Save only `net.state_dict()` with torch.save, which all versions read. Otherwise write the file under the
        server's versions: `subpack server install published` installs them.
    """
    for file in _used(zip_):
        for message in _unreadable(file):
            yield file.name, message
        if file.kind == "lz4" and zip_.code.lacks_module("lz4"):
            yield (
                file.name,
                "joblib compressed the file with LZ4; the package lz4 is neither on the server nor in the zip",
            )


@check("S214", "warning", uses_run=True)
def same_sklearn(zip_: Inspected) -> Iterator[Place]:
    """Pickled objects come from the server's versions.

    Fault
        An estimator was pickled under another version of scikit-learn than the server's
    Why
        A pickle needs the classes of its objects as they were when it was written. scikit-learn does not support
        pickles of other versions: some raise when they are loaded, and others give other predictions. Other packages do
        not write their version into a pickle; the check is then skipped unless the run used the server's packages.
    Causes
        The training ran under a newer or older scikit-learn than the one in the start kit's list.
    Solution
        `subpack check --server published` runs the submission with the server's packages. Fit and pickle the estimator
        there, or save the coefficients of a linear model as tensors.
    """
    server = published_pins()["scikit-learn"]
    found = [(file.name, version) for file in _used(zip_) for version in sorted(file.pickled.sklearn - {server})]
    unknown = [file.name for file in _used(zip_) if _is_unknown(file)]
    if unknown and not found and not (zip_.trace and zip_.trace.ran and zip_.trace.ran.image):
        files = ", ".join(unknown)
        raise CannotCheck(f"not run under the server's versions, on which {files} may depend: --server published")
    for name, version in found:
        yield name, f"scikit-learn {version} wrote an estimator in the file; the server has scikit-learn {server}"


def _used(zip_: Inspected) -> list[WeightsFile]:
    """Return the files that the run opened, or that it may have opened."""
    if zip_.trace is None or zip_.trace.outcome != "scored":
        return zip_.weights
    return [file for file in zip_.weights if zip_.may_open(file)]


def _unreadable(file: WeightsFile) -> Iterator[str]:
    """Yield what the server's versions cannot read in a file, as sentences."""
    for call in sorted(file.operators or (), key=lambda call: call.name):
        for problem, versions in call.problems().items():
            yield f"The TorchScript code in the file calls {problem} in torch {' and '.join(versions)}"
    if file.exported:
        writer = f"torch {file.exported.torch}" if file.exported.torch else "another version of torch"
        readers = " and ".join(f"torch {version}" for version in file.exported.unreadable_by)
        yield f"torch.export of {writer} wrote the file, which is bound to this version; {readers} cannot read it"
    if newer := sorted(".".join(name) for name in file.pickled.imported if _is_of_numpy_2(name, file.pickled.imported)):
        yield f"The pickle was written under numpy 2, and numpy 1.26 cannot read it: it needs {', '.join(newer)}"
    for name in sorted(file.pickled.imported):
        if lacking := [str(api) for api in apis_of(name[0]) if _lacks(api, name)]:
            yield f"The pickle needs {'.'.join(name)}, which does not exist in {' and '.join(lacking)}"


def _is_of_numpy_2(name: Name, imported: frozenset[Name]) -> bool:
    """Whether numpy 1.26 cannot import a name, or not pass it to what uses it."""
    module = name[0]
    if module.startswith("numpy._core."):
        return module.split(".")[2] not in _NUMPY_1_CORE or name in _SINCE_NUMPY_2
    if module in _BIT_GENERATORS:  # numpy 1 pickles the class of a bit generator as a string
        return ("numpy.random._pickle", "__bit_generator_ctor") in imported
    return module == "numpy.rec"


def _lacks(api: Api, name: Name) -> bool:
    """Whether a version of a package certainly does not have a name that a pickle imports."""
    module = name[0]
    return api.lacks(".".join(name)) or not (module in api.modules or module.startswith(_NOT_LISTED))


def _is_unknown(file: WeightsFile) -> bool:
    """Whether a file contains more than the versions can be compared of."""
    if file.kind == "torchscript":
        return file.operators is None or not all(call.is_known for call in file.operators)
    return bool(file.pickled.foreign) or not file.pickled.whole
