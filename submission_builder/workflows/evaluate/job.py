"""One evaluation: read the zip, replay it or take cached predictions, score them."""

from __future__ import annotations

import contextlib
import functools
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from submission_builder.base.errors import ReleaseError, SubmissionError, SubpackError
from submission_builder.harness.package import digests, open_package
from submission_builder.harness.replay import Replay, replay
from submission_builder.harness.session import open_session
from submission_builder.workflows.another_version import of_another_version
from submission_builder.workflows.evaluate import caveats
from submission_builder.workflows.evaluate.cost import cost_of
from submission_builder.workflows.evaluate.diagnose_zip import diagnosed
from submission_builder.workflows.evaluate.evaluation import Evaluation, ReleaseSummary, RunSummary
from submission_builder.workflows.evaluate.invariance import check_invariance
from submission_builder.workflows.evaluate.precision import try_precisions
from submission_builder.workflows.evaluate.prediction_cache import PredictionCache, cache_key
from submission_builder.workflows.evaluate.references import with_baselines
from submission_builder.workflows.evaluate.scoring import scored

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from submission_builder.base.progress import Progress
    from submission_builder.harness.package import Package
    from submission_builder.harness.runtime import Runtime
    from submission_builder.harness.session import Precision, Session
    from submission_builder.protocol.challenges import Profile
    from submission_builder.workflows.evaluate.evaluation_set import EvaluationSet, EvaluationWindows
    from submission_builder.workflows.evaluate.invariance import VariantResult
    from submission_builder.workflows.evaluate.references import References


@dataclass(frozen=True, eq=False)
class ZipPredictions:
    """The predictions of a zip on an evaluation set."""

    prepared: EvaluationWindows
    replay: Replay
    cached: bool
    """Whether the predictions come from an earlier run."""
    invariance: tuple[VariantResult, ...] = ()
    precision: tuple[VariantResult, ...] = ()
    caveats: tuple[str, ...] = ()


@dataclass(frozen=True)
class EvaluationJob:
    """An evaluation, ready for any zip."""

    evaluation_set: EvaluationSet
    runtime: Runtime
    invariance: bool = False
    """Whether to run the invariance checks."""
    precisions: tuple[Precision, ...] = ()
    """Precisions to try on a sample."""
    project_to: Mapping[int, int] | None = None
    """Further size to project the cost to: windows by challenge."""
    references: References | None = None
    """Other releases, from whose targets baselines predict."""

    def prepare(self, progress: Progress) -> None:
        """Decode the recordings."""
        self.evaluation_set.prepare(progress)

    def with_threads(self, n: int) -> EvaluationJob:
        """Return the same job with `n` threads per submission, unless their number was chosen."""
        return self if self.runtime.threads else replace(self, runtime=replace(self.runtime, threads=n))

    @property
    def profile(self) -> Profile:
        """Scoring rules."""
        return self.evaluation_set.profile

    def run(self, path: Path, *, progress: Progress) -> Evaluation:
        """Evaluate one zip; a fault of the zip, the release or this machine becomes the outcome of the result."""
        run = RunSummary(self.runtime.device, self.runtime.replica().environment.to_dict(), began=time.time())
        evaluation = Evaluation(path, self.profile.name, run)
        try:
            for stage in self._stages(evaluation, progress):
                evaluation = stage
        except SubmissionError as error:
            failure = of_another_version(error, path, self.runtime.replica().environment)
            evaluation = replace(evaluation, outcome=failure.outcome, error=failure)
        except ReleaseError as error:
            evaluation = replace(evaluation, outcome="release_error", error=error)
        except SubpackError as error:
            evaluation = replace(evaluation, outcome="machine_error", error=error)
        return replace(evaluation, run=replace(evaluation.run, wall_s=time.time() - run.began))

    def _stages(self, evaluation: Evaluation, progress: Progress) -> Iterator[Evaluation]:
        """Yield the evaluation after each stage; what an earlier stage found stays known if a later one raises."""
        evaluation = replace(evaluation, zip=digests(evaluation.path))
        yield evaluation
        package, release = open_package(evaluation.path), self.evaluation_set.release
        known = (*caveats.of_release(release, self.profile), self.runtime.replica().environment.caveat())
        evaluation = replace(
            evaluation,
            manifest=package.manifest(),
            release=ReleaseSummary(release.name, release.simulated),
            caveats=(*known, *caveats.of_package(package)),
        )
        yield evaluation
        predicted = self._predict(package, evaluation.zip["sha256"], progress)
        cost = cost_of(predicted.replay, self._sizes(), self.runtime.limits.wall_s)
        evaluation = replace(
            evaluation,
            run=replace(evaluation.run, cached=predicted.cached, replay_s=predicted.replay.wall_s),
            invariance=predicted.invariance,
            precision=predicted.precision,
            cost=cost,
            caveats=(
                *evaluation.caveats,
                *predicted.prepared.notes,
                *predicted.caveats,
                *caveats.of_left_out(predicted.prepared.left_out),
                *caveats.of_sample(predicted.prepared.sample),
                *caveats.of_replay(predicted.replay, exact=self.runtime.exact),
                *caveats.of_isolation(predicted.replay, self.runtime.why_weaker(self.evaluation_set.hidden())),
                *caveats.of_cost(cost),
            ),
        )
        evaluation = scored(evaluation, predicted.prepared, predicted.replay, release, self.profile)
        evaluation = with_baselines(evaluation, release, self.references, self.profile)
        yield diagnosed(evaluation, release, self.profile)

    def _predict(self, package: Package, sha256: str, progress: Progress) -> ZipPredictions:
        """Replay the zip, or take cached predictions, for which no process is started."""
        cache = PredictionCache(self.evaluation_set.cache, sha256)
        whole, unbatched = frozenset(package.stateful() & set(self.profile.challenges)), self._unbatched(package)
        with contextlib.ExitStack() as stack:

            @functools.cache
            def session() -> Session:
                return stack.enter_context(self._open(package))

            if self.invariance or self.precisions or not self.runtime.use_cache or cache.is_empty():
                session()  # imports torch while the release is read
            predicted = self._predict_windows(session, cache, whole, unbatched, progress)
            while kept_state := self._kept_state(predicted) - whole:  # in a sample, single windows would lose the state
                whole |= kept_state
                if not predicted.cached:
                    session().restart()
                predicted = self._predict_windows(session, cache, whole, predicted.replay.unbatched, progress)
            return (
                self._with_samples(session(), predicted, progress) if self.invariance or self.precisions else predicted
            )

    def _predict_windows(
        self,
        session: Callable[[], Session],
        cache: PredictionCache,
        whole: frozenset[int],
        unbatched: Mapping[int, str],
        progress: Progress,
    ) -> ZipPredictions:
        """Take cached predictions, or replay the zip and cache its predictions.

        Parameters
        ----------
        session
            Returns the session, which it opens if it is not open.
        cache
            Cached predictions of the zip.
        whole
            Challenges of which a sample has whole recordings.
        unbatched
            Why a challenge is predicted one window at a time, by challenge.
        progress
            Called with the number of windows predicted.
        """
        prepared = self.evaluation_set.prepare(progress, whole)
        key = cache_key(cache.sha256, prepared, self.runtime, self.profile.entry, self.evaluation_set.hidden())
        found = cache.find(key, prepared) if self.runtime.use_cache else None
        if found:
            return ZipPredictions(prepared, found, cached=True)
        replayed = replay(session(), prepared.windows, unbatched=unbatched, progress=progress)
        return ZipPredictions(prepared, replayed, cached=False, caveats=tuple(cache.keep(key, replayed)))

    def _kept_state(self, predicted: ZipPredictions) -> frozenset[int]:
        """Return the challenges of a sample that the replay could not predict in batches."""
        of_sample = predicted.prepared.sample is not None and not self.runtime.exact
        return frozenset(predicted.replay.unbatched if of_sample else ())

    def _with_samples(self, session: Session, predicted: ZipPredictions, progress: Progress) -> ZipPredictions:
        """Add the requested checks on a sample of windows."""
        windows, profile = predicted.prepared.windows, self.profile
        if self.invariance:
            replayed = predicted.replay.predictions
            predicted = replace(predicted, invariance=check_invariance(session, windows, profile, progress, replayed))
        if self.precisions:
            results, overflows = try_precisions(session, windows, self.precisions, profile, progress)
            notes = (*predicted.caveats, *caveats.of_precision(overflows))
            predicted = replace(predicted, precision=results, caveats=notes)
        return predicted

    def _open(self, package: Package) -> contextlib.AbstractContextManager[Session]:
        return open_session(package, self.runtime, self.profile.entry, self.evaluation_set.hidden())

    def _unbatched(self, package: Package) -> dict[int, str]:
        """Name the challenges that are predicted one window at a time from the start, with the reason."""
        if self.runtime.exact:
            return dict.fromkeys(self.profile.challenges, "this was requested")
        return dict.fromkeys(
            package.stateful() & set(self.profile.challenges), "its manifest declares that it keeps state"
        )

    def _sizes(self) -> dict[str, Mapping[int, int]]:
        sizes: dict[str, Mapping[int, int]] = {"R5": self.profile.n_windows_r5}
        return sizes | ({"the chosen size": self.project_to} if self.project_to else {})
