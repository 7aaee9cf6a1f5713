"""The verb ``evaluate_servers``: the same zips under the replica of every server image."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from submission_builder.base.cache import cache_folder
from submission_builder.base.progress import Progress, silent, under
from submission_builder.harness.runtime import Runtime
from submission_builder.protocol.challenges import DEFAULT_PROFILE
from submission_builder.server.differences import (
    Difference,
    compared_notes,
    differing_outcomes,
    differing_predictions,
    untried_notes,
)
from submission_builder.server.replica import every_replica
from submission_builder.workflows.evaluate.evaluate import evaluate_many, evaluation_sets

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from submission_builder.base.jobs import Jobs
    from submission_builder.harness.session import Precision
    from submission_builder.releases.folder import Release
    from submission_builder.workflows.evaluate.evaluate import Data
    from submission_builder.workflows.evaluate.evaluation import Evaluation

SCHEMA = 1
"""Version of the layout of :meth:`ServerEvaluation.to_dict`."""


@dataclass(frozen=True)
class ServerEvaluation:
    """The evaluations of one zip under every server image, and where they differ."""

    path: Path
    evaluations: Mapping[str, Evaluation]
    """By image, for those whose replica is installed."""
    not_installed: tuple[str, ...]
    """Images that could not be tried, because their replica is not installed."""
    differences: tuple[Difference, ...]
    """Outcomes and predictions that differ."""

    def notes(self) -> list[str]:
        """Say where the evaluations differ, and which images could not be tried."""
        return [*compared_notes(self.evaluations, self.differences), *untried_notes(self.not_installed)]

    @property
    def ok(self) -> bool:
        """Whether the zip was scored under every image whose replica is installed."""
        return all(evaluation.ok for evaluation in self.evaluations.values())

    def to_dict(self) -> dict[str, Any]:
        """Return the evaluations by image, as ``evaluate --server all --json`` writes them."""
        return {
            "schema": SCHEMA,
            "path": str(self.path),
            "servers": {image: evaluation.to_dict() for image, evaluation in self.evaluations.items()},
            "not_installed": list(self.not_installed),
            "differences": [asdict(difference) for difference in self.differences],
        }


def evaluate_servers(
    submissions: Sequence[str | Path],
    data: Data | Sequence[Data] | None = None,
    *,
    profile: str = DEFAULT_PROFILE,
    max_windows: int | None = None,
    skip_unusable: bool = False,
    invariance: bool = False,
    precisions: Sequence[Precision] = (),
    project_to: Mapping[int, int] | None = None,
    reference: Sequence[str | Path | Release] = (),
    runtime: Runtime | None = None,
    jobs: Jobs | None = None,
    progress: Progress = silent,
) -> tuple[ServerEvaluation, ...]:
    """Evaluate zips under every installed replica of the server, and say where the results differ.

    Parameters
    ----------
    submissions, data, profile, max_windows, skip_unusable, invariance, precisions, project_to, reference, jobs,
    progress
        As for :func:`evaluate_many`.
    runtime
        As for :func:`evaluate_many`; its ``server`` is not used.

    Returns
    -------
    tuple of ServerEvaluation
        In the order of `submissions`.

    Raises
    ------
    ConfigError
        If there is no such profile or backend, the backend cannot be reached, or two releases share a subject.
    ServerError
        If no replica is installed.

    Examples
    --------
    >>> import submission_builder as sb
    >>> sb.evaluate_servers([submission_zip], data=release_folder)
    Traceback (most recent call last):
        ...
    submission_builder.base.errors.ServerError: no replica is installed; ...
    """
    installed, missing = every_replica(cache_folder())
    sets = evaluation_sets(data, profile, max_windows, progress, skip_unusable=skip_unusable)
    by_image = {
        image: evaluate_many(
            submissions,
            sets,
            profile=profile,
            invariance=invariance,
            precisions=precisions,
            project_to=project_to,
            reference=reference,
            runtime=replace(runtime or Runtime(), server=image),
            jobs=jobs,
            progress=under(image, progress),
        )
        for image in installed
    }
    return tuple(
        _compared(dict(zip(by_image, of_zip, strict=True)), missing) for of_zip in zip(*by_image.values(), strict=True)
    )


def _compared(evaluations: Mapping[str, Evaluation], missing: tuple[str, ...]) -> ServerEvaluation:
    """Compare the evaluations of one zip, by image."""
    differences = differing_outcomes({image: one.outcome for image, one in evaluations.items()})
    for challenge in sorted(set.intersection(*(set(one.windows) for one in evaluations.values()))):
        predictions = {image: one.windows[challenge].predictions for image, one in evaluations.items()}
        differences += differing_predictions(challenge, predictions)
    return ServerEvaluation(next(iter(evaluations.values())).path, evaluations, missing, tuple(differences))
