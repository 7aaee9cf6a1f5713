"""subpack: pack submissions to the EEG Foundation Challenge, check them, and score them as the server would.

The public API. Names are loaded at their first use, so that importing this package loads neither torch nor MNE.

Examples
--------
>>> import submission_builder as sb
>>> release = sb.open_release(release_folder)
>>> X, y, info = release.windows(challenge=1).load(limit=8)
>>> built = sb.build(c1="lightweight_attn", c2="cnn", output=output_folder / "submission.zip")
>>> sb.check(built.path).ok
True
>>> result = sb.evaluate(built.path, data=release)
>>> result.outcome
'scored'
"""

from importlib import import_module
from types import FunctionType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from submission_builder.base.errors import (
        BuildError,
        CheckError,
        CheckpointError,
        CodabenchError,
        ConfigError,
        ConflictError,
        DeviceError,
        DownloadError,
        LedgerError,
        OutputError,
        RecipeError,
        ReleaseError,
        SandboxError,
        ScoreError,
        ServerError,
        SubmissionError,
        SubpackError,
        UnreachableError,
        WindowError,
    )
    from submission_builder.base.jobs import Jobs
    from submission_builder.harness.runtime import Runtime
    from submission_builder.releases.folder import open_release
    from submission_builder.sandbox.limits import Limits
    from submission_builder.workflows.blend.blend import blend
    from submission_builder.workflows.build import build
    from submission_builder.workflows.check import check
    from submission_builder.workflows.compare.compare import compare
    from submission_builder.workflows.data.inventory import list_data
    from submission_builder.workflows.data.verify import verify_data
    from submission_builder.workflows.diagnose.diagnose import diagnose
    from submission_builder.workflows.doctor.doctor import doctor
    from submission_builder.workflows.evaluate.evaluate import evaluate, evaluate_many
    from submission_builder.workflows.evaluate.evaluation_set import EvaluationSet
    from submission_builder.workflows.evaluate.servers import evaluate_servers
    from submission_builder.workflows.fetch import fetch
    from submission_builder.workflows.ledger.calibration import calibration
    from submission_builder.workflows.ledger.history import history
    from submission_builder.workflows.ledger.rebuild import rebuild
    from submission_builder.workflows.ledger.record import record
    from submission_builder.workflows.load import load
    from submission_builder.workflows.models import models
    from submission_builder.workflows.simulate import simulate
    from submission_builder.workflows.submit.list_submissions import submissions
    from submission_builder.workflows.submit.submit import submit
    from submission_builder.workflows.train.observer import TrainObserver
    from submission_builder.workflows.train.preview import preview_augmentation
    from submission_builder.workflows.train.train import train, train_many
    from submission_builder.workflows.tune.observer import TuneObserver
    from submission_builder.workflows.tune.tune import tune

_WORKFLOWS = "submission_builder.workflows"
_ERRORS = "submission_builder.base.errors"
_RECORDER = "submission_builder.ledger.recorder"

_HOMES = {
    "blend": f"{_WORKFLOWS}.blend.blend",
    "build": f"{_WORKFLOWS}.build",
    "calibration": f"{_WORKFLOWS}.ledger.calibration",
    "check": f"{_WORKFLOWS}.check",
    "compare": f"{_WORKFLOWS}.compare.compare",
    "diagnose": f"{_WORKFLOWS}.diagnose.diagnose",
    "doctor": f"{_WORKFLOWS}.doctor.doctor",
    "evaluate": f"{_WORKFLOWS}.evaluate.evaluate",
    "evaluate_many": f"{_WORKFLOWS}.evaluate.evaluate",
    "evaluate_servers": f"{_WORKFLOWS}.evaluate.servers",
    "fetch": f"{_WORKFLOWS}.fetch",
    "history": f"{_WORKFLOWS}.ledger.history",
    "list_data": f"{_WORKFLOWS}.data.inventory",
    "load": f"{_WORKFLOWS}.load",
    "models": f"{_WORKFLOWS}.models",
    "open_release": "submission_builder.releases.folder",
    "preview_augmentation": f"{_WORKFLOWS}.train.preview",
    "rebuild": f"{_WORKFLOWS}.ledger.rebuild",
    "record": f"{_WORKFLOWS}.ledger.record",
    "simulate": f"{_WORKFLOWS}.simulate",
    "submissions": f"{_WORKFLOWS}.submit.list_submissions",
    "submit": f"{_WORKFLOWS}.submit.submit",
    "train": f"{_WORKFLOWS}.train.train",
    "train_many": f"{_WORKFLOWS}.train.train",
    "tune": f"{_WORKFLOWS}.tune.tune",
    "verify_data": f"{_WORKFLOWS}.data.verify",
    "EvaluationSet": f"{_WORKFLOWS}.evaluate.evaluation_set",
    "Jobs": "submission_builder.base.jobs",
    "Limits": "submission_builder.sandbox.limits",
    "Runtime": "submission_builder.harness.runtime",
    "TrainObserver": f"{_WORKFLOWS}.train.observer",
    "TuneObserver": f"{_WORKFLOWS}.tune.observer",
    "SubpackError": _ERRORS,
    "BuildError": _ERRORS,
    "CheckError": _ERRORS,
    "CheckpointError": _ERRORS,
    "ConfigError": _ERRORS,
    "UnreachableError": _ERRORS,
    "CodabenchError": _ERRORS,
    "ConflictError": _ERRORS,
    "DeviceError": _ERRORS,
    "DownloadError": _ERRORS,
    "LedgerError": _ERRORS,
    "OutputError": _ERRORS,
    "RecipeError": _ERRORS,
    "ReleaseError": _ERRORS,
    "SandboxError": _ERRORS,
    "ScoreError": _ERRORS,
    "ServerError": _ERRORS,
    "SubmissionError": _ERRORS,
    "WindowError": _ERRORS,
}
"""Module of each public name."""

__all__ = [
    "BuildError",
    "CheckError",
    "CheckpointError",
    "CodabenchError",
    "ConfigError",
    "ConflictError",
    "DeviceError",
    "DownloadError",
    "EvaluationSet",
    "Jobs",
    "LedgerError",
    "Limits",
    "OutputError",
    "RecipeError",
    "ReleaseError",
    "Runtime",
    "SandboxError",
    "ScoreError",
    "ServerError",
    "SubmissionError",
    "SubpackError",
    "TrainObserver",
    "TuneObserver",
    "UnreachableError",
    "WindowError",
    "blend",
    "build",
    "calibration",
    "check",
    "compare",
    "diagnose",
    "doctor",
    "evaluate",
    "evaluate_many",
    "evaluate_servers",
    "fetch",
    "history",
    "list_data",
    "load",
    "models",
    "open_release",
    "preview_augmentation",
    "rebuild",
    "record",
    "simulate",
    "submissions",
    "submit",
    "train",
    "train_many",
    "tune",
    "verify_data",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    if _HOMES[name].startswith(_WORKFLOWS) and isinstance(value, FunctionType):
        value = import_module(_RECORDER).recorded(value)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
