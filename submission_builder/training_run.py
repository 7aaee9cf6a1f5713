"""Train an architecture on releases and keep the checkpoint: where releases and the zoo's training meet."""

from __future__ import annotations

import platform
import subprocess
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from model_zoo.card import Card
from model_zoo.checkpoint import Checkpoint, write_checkpoint
from model_zoo.summary import n_parameters
from model_zoo.training.fit import EpochReport, Fitted, answer, cuda_is_there, fit
from model_zoo.training.splits import split_subjects, subjects_digest
from submission_builder.atomic import require_writable
from submission_builder.errors import DeviceError, OutputError, RecipeError, ReleaseError, ScoreError
from submission_builder.progress import Progress, silent
from submission_builder.protocol.challenges import DEFAULT_PROFILE, PROFILES, ChallengeSpec
from submission_builder.protocol.metrics import rounded
from submission_builder.releases.folder import Release, open_release
from submission_builder.releases.joined import JoinedStores, join_tables
from submission_builder.releases.store import Store, open_store
from submission_builder.releases.table import LeftOut, cut_windows, survey
from submission_builder.scores.points import score_challenge

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import nn

    from model_zoo.registry import Architecture
    from model_zoo.training.config import TrainConfig
    from submission_builder.protocol.windows import WindowReader, WindowTable

_PROFILE = PROFILES[DEFAULT_PROFILE]


@dataclass(frozen=True)
class Loaded:
    """A release made ready for training.

    Attributes
    ----------
    release, store, table
        The folder, its decoded recordings and the windows of one challenge.
    left_out
        Recordings that could not be used.
    """

    release: Release
    store: Store
    table: WindowTable
    left_out: tuple[LeftOut, ...]

    def describe(self) -> dict[str, Any]:
        """Say what a card keeps of the release."""
        return {
            "release": self.release.name,
            "labels_digest": self.release.labels_digest(),
            "recordings_digest": self.store.digest,
            "simulated": self.release.simulated,
            "n_windows": len(self.table),
            "n_subjects": self.table.n_subjects,
            "left_out": [str(item) for item in self.left_out],
        }


def require_ready(row: Architecture, tag: str, folder: Path, *, device: str, force: bool) -> None:
    """Refuse what cannot end in a checkpoint, before any time goes into reading and training.

    Raises
    ------
    RecipeError
        If the architecture has no weights to train.
    OutputError
        If a checkpoint of that name is there and `force` is not given, or the folder cannot be written to.
    DeviceError
        If CUDA is asked for and not there.
    """
    if row.value is not None:
        raise RecipeError(f"{row.name} has no weights to train", hint=f"build with {row.name}:VALUE")
    if device == "cuda" and not cuda_is_there():
        raise DeviceError("device cuda cannot be used on this machine: torch finds no CUDA device")
    path = folder / f"{row.name}.{tag}.pt"
    if "/" in tag:
        raise OutputError(f"tag {tag!r} holds a slash; it is part of a file's name, and --output names the folder")
    if path.exists() and not force:
        raise OutputError(f"{path} is there already", hint="--force replaces it, --tag names another")
    require_writable(folder)


def load(folder: Path, spec: ChallengeSpec, cache: Path, progress: Progress = silent) -> Loaded:
    """Open a release for training; recordings that do not fit are left out, not fatal.

    Raises
    ------
    ReleaseError
        If the folder is no release or no window is left.
    """
    release = open_release(folder)
    recordings = survey(release.recordings(spec.task))
    table, left_out = cut_windows(release, spec, recordings)
    if not len(table):
        raise ReleaseError(f"{folder} has no window with a target ({spec.target}) for challenge {spec.number}")
    store = open_store(recordings, cache, progress)
    return Loaded(release, store, table, tuple(sorted([*recordings.left_out, *left_out])))


def require_disjoint(loaded: Sequence[Loaded]) -> None:
    """Refuse releases that share a subject.

    Raises
    ------
    ReleaseError
        If a subject is in two of them.
    """
    seen: dict[str, Path] = {}
    for item in loaded:
        for subject in np.unique(item.table.subject):
            if subject in seen:
                raise ReleaseError(
                    f"subject {subject} is in {seen[subject]} and in {item.release.folder}; releases share no subject"
                )
            seen[str(subject)] = item.release.folder


def train(
    row: Architecture,
    tag: str,
    loaded: Sequence[Loaded],
    tested: Loaded | None,
    config: TrainConfig,
    folder: Path,
    *,
    device: str = "auto",
    report: EpochReport,
) -> Checkpoint:
    """Train, score and write a checkpoint with its card.

    Parameters
    ----------
    row
        What to train.
    tag
        Name of these weights.
    loaded
        The releases to train on, split by subject into a training and a validation side.
    tested
        A release that is only scored; None for none.
    config
        Settings.
    folder
        Where weights and card go.
    device
        ``auto``, ``cpu`` or ``cuda``.
    report
        Told of each epoch.

    Raises
    ------
    ReleaseError
        If there are too few subjects, or the tested release shares one with the others.
    ScoreError
        If training diverged.
    """
    require_disjoint([*loaded, tested] if tested else loaded)
    reader = JoinedStores([item.store for item in loaded])
    table = join_tables([item.table for item in loaded], reader.first)
    train_side, val_side = _split(table, config)
    try:
        fitted = fit(lambda: row.build({}), train_side, val_side, reader, config, device=device, report=report)
    except ScoreError as error:
        raise ScoreError(f"training diverged: {error}", hint="try a smaller --lr") from error
    scores = {
        "train": _score(fitted.net, train_side, reader),
        "val": _score(fitted.net, val_side, reader) | {"note": "these subjects chose the epoch"},
    }
    if tested is not None:
        scores["test"] = _score(fitted.net, tested.table, tested.store) | {"data": tested.describe()}
    card = Card(
        architecture=row.name,
        tag=tag,
        challenge=row.challenge,
        kwargs=dict(row.kwargs),
        summary=_summary(loaded, tested),
        weights_sha256="",
        n_parameters=n_parameters(fitted.net),
        data=[item.describe() for item in loaded],
        subjects_digest=subjects_digest(table.subject),
        split=_describe_split(train_side, val_side, fitted),
        scores=scores,
        config=asdict(config),
        commit=_commit(),
        versions={"python": platform.python_version(), "torch": version("torch"), "subpack": version("subpack")},
    )
    return write_checkpoint(fitted.net, card, folder)


def _describe_split(train_side: WindowTable, val_side: WindowTable, fitted: Fitted) -> dict[str, Any]:
    return {
        "by": "subject",
        "train_subjects": train_side.n_subjects,
        "val_subjects": val_side.n_subjects,
        "best_epoch": fitted.best_epoch,
        "epochs": fitted.n_epochs,
    }


def _split(table: WindowTable, config: TrainConfig) -> tuple[WindowTable, WindowTable]:
    """Hold subjects out, as long as a score is defined on them."""
    if table.n_subjects < 2:  # noqa: PLR2004 - one on each side
        raise ReleaseError(f"training takes at least 2 subjects, one held out; there is {table.n_subjects}")
    train_side, val_side = split_subjects(table, config.val_share, config.seed)
    if np.ptp(val_side.target) == 0:
        raise ReleaseError(
            f"no epoch can be chosen: the {val_side.n_subjects} subject(s) held out have the one target "
            f"{val_side.target[0]:g}, so nrmse is undefined on them; training takes at least 4 subjects"
        )
    return train_side, val_side


def _score(net: nn.Module, table: WindowTable, reader: WindowReader) -> dict[str, Any]:
    score = score_challenge(table, answer(net, table, reader), _PROFILE)
    return {
        "nrmse": None if score.nrmse is None else rounded(score.nrmse),
        "interval": score.interval,
        "reason": score.reason,
        "n_windows": score.n_windows,
        "n_subjects": score.n_subjects,
    }


def _summary(loaded: Sequence[Loaded], tested: Loaded | None) -> str:
    names = ", ".join(item.release.name for item in loaded)
    simulated = [item.release.simulated for item in loaded]
    kind = "SIMULATED" if all(simulated) else "partly SIMULATED" if any(simulated) else "recorded"
    trained = f"Trained on {kind} EEG ({names})."
    if any(simulated):
        trained += " It knows the simulation, not people: worth nothing on the hidden test."
    if tested is None:
        return trained
    kind = "SIMULATED" if tested.release.simulated else "recorded"
    return f"{trained} Tested on {kind} EEG that it was not trained on ({tested.release.name})."


def _commit() -> str | None:
    """Commit of the sources that run; None outside a checkout."""
    root = Path(__file__).parents[1]
    if not (root / ".git").exists():
        return None
    ask = ["git", "-C", str(root), "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"]
    try:
        said = subprocess.run(ask, capture_output=True, text=True, check=True)  # noqa: S603 - fixed arguments
    except (OSError, subprocess.CalledProcessError):
        return None
    return said.stdout.strip()
