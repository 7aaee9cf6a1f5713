"""The evaluation set: a release under scoring rules, prepared once for all submissions that are scored on it."""

from __future__ import annotations

import functools
import hashlib
import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from submission_builder.base.cache import cache_folder
from submission_builder.base.progress import Progress, silent
from submission_builder.protocol.sample import sample_recordings, sample_windows
from submission_builder.releases.challenge_windows import ChallengeWindows
from submission_builder.releases.folder import Release, open_release
from submission_builder.releases.store import Store, open_store
from submission_builder.releases.survey import LeftOut, Survey, raise_if_left_out, survey
from submission_builder.releases.table import cut_windows
from submission_builder.workflows.evaluate.evaluation import Sample

if TYPE_CHECKING:
    from pathlib import Path

    from submission_builder.protocol.challenges import Profile


@dataclass(frozen=True, eq=False)
class EvaluationWindows:
    """The windows of a release, cut and ready to be read."""

    windows: dict[int, ChallengeWindows]
    """By challenge."""
    digest: str
    """SHA-256 of labels and recordings."""
    sample: Sample | None = None
    """The part of the release that is used; None for all of it."""
    left_out: tuple[LeftOut, ...] = ()
    """Recordings that cannot be used and are skipped."""
    notes: tuple[str, ...] = ()
    """Facts on which the official pipeline fails, and data that a score of this release leaves out."""


class EvaluationSet:
    """A release under scoring rules.

    Threads can share one. In another process, a pickled copy prepares its windows again.

    Parameters
    ----------
    data
        Release folder.
    profile
        Scoring rules.
    cache
        Cache folder for decoded recordings and predictions; None takes the user's.
    max_windows
        Upper limit on the windows of each challenge; None takes all windows.
    seed
        Seed of the sample of recordings.
    skip_unusable
        Whether to leave out recordings that cannot be used. Otherwise they are an error.

    Examples
    --------
    >>> import submission_builder as sb
    >>> from submission_builder.protocol.challenges import PROFILES
    >>> shared = sb.EvaluationSet(release_folder, PROFILES["final"])
    >>> sb.evaluate(submission_zip, data=shared).overall == sb.evaluate(submission_zip, data=release_folder).overall
    True
    """

    def __init__(
        self,
        data: Path,
        profile: Profile,
        cache: Path | None = None,
        *,
        max_windows: int | None = None,
        seed: int = 0,
        skip_unusable: bool = False,
    ) -> None:
        self.profile, self.cache = profile, cache or cache_folder()
        self._data, self._max_windows, self._seed, self._skip_unusable = data, max_windows, seed, skip_unusable
        self._windows: EvaluationWindows | None = None
        self._lock = threading.Lock()

    def hidden(self) -> tuple[Path, Path]:
        """Return the folders with labels, which no submission may see: the release and the cache."""
        return self._data.absolute(), self.cache.absolute()

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the settings alone, with absolute paths: another process has another working directory."""
        rules = functools.partial(
            EvaluationSet, max_windows=self._max_windows, seed=self._seed, skip_unusable=self._skip_unusable
        )
        return rules, (self._data.absolute(), self.profile, self.cache.absolute())

    @property
    def name(self) -> str:
        """Name of the release folder, also if it does not exist."""
        return self.folder.name

    @property
    def folder(self) -> Path:
        """The release folder, with links resolved."""
        return self._data.resolve()

    @functools.cached_property
    def release(self) -> Release:
        """The recordings and labels.

        Raises
        ------
        ReleaseError
            If the folder is no release.
        """
        return open_release(self._data)

    def prepare(self, progress: Progress = silent, whole_recordings: frozenset[int] = frozenset()) -> EvaluationWindows:
        """Cut the windows of every challenge, once; recordings that are not in the cache are decoded.

        Parameters
        ----------
        progress
            Called for each recording that is decoded.
        whole_recordings
            Challenges of which a sample consists of whole recordings, because the model keeps state. Otherwise it
            consists of single windows of as many subjects as possible.

        Raises
        ------
        ReleaseError
            If a recording cannot be used and is not skipped: the server uses all recordings. Also if no
            recording of a task can be used.
        """
        with self._lock:
            self._windows = self._windows or self._prepare(progress)
            return self._sampled(self._windows, whole_recordings)

    def _prepare(self, progress: Progress) -> EvaluationWindows:
        challenges = self.profile.challenges
        surveyed = {task: self._survey(task) for task in dict.fromkeys(spec.task for spec in challenges.values())}
        cuts = {number: cut_windows(self.release, spec, surveyed[spec.task]) for number, spec in challenges.items()}
        left_out = {one for found in surveyed.values() for one in found.left_out}
        left_out |= {one for cut in cuts.values() for one in cut.left_out}
        if not self._skip_unusable:
            raise_if_left_out(list(left_out))
        stores = {task: open_store(found, self.cache, progress) for task, found in surveyed.items()}
        windows = {
            number: ChallengeWindows(cuts[number].table, stores[spec.task], surveyed[spec.task].names)
            for number, spec in challenges.items()
        }
        notes = [note for task in surveyed for note in self.release.notes(task)]
        notes += [note for cut in cuts.values() for note in cut.notes]
        return EvaluationWindows(
            windows,
            self._digest(stores),
            left_out=tuple(sorted(left_out)),
            notes=tuple(dict.fromkeys(map(str, notes))),
        )

    def _survey(self, task: str) -> Survey:
        found = survey(self.release.recordings(task))
        if not (self._skip_unusable and found.recordings):
            raise_if_left_out(found.left_out)
        return found

    def _sampled(self, prepared: EvaluationWindows, whole_recordings: frozenset[int]) -> EvaluationWindows:
        if self._max_windows is None or all(len(one) <= self._max_windows for one in prepared.windows.values()):
            return prepared
        windows = {}
        for number, one in prepared.windows.items():
            draw = sample_recordings if number in whole_recordings else sample_windows
            windows[number] = ChallengeWindows(
                draw(one.table, self._max_windows, self._seed), one.reader, one.recordings
            )
        return replace(prepared, windows=windows, sample=self._sample(windows, prepared.windows, whole_recordings))

    def _sample(
        self,
        windows: dict[int, ChallengeWindows],
        whole: dict[int, ChallengeWindows],
        whole_recordings: frozenset[int],
    ) -> Sample:
        return Sample(
            self._seed,
            {number: len(one) for number, one in windows.items()},
            {number: len(one) for number, one in whole.items()},
            {number: one.table.n_subjects for number, one in whole.items()},
            tuple(sorted(whole_recordings)),
        )

    def _digest(self, stores: dict[str, Store]) -> str:
        digest = hashlib.sha256(self.release.labels_digest.encode())
        for task in sorted(stores):
            digest.update(f"{task}\0{stores[task].digest}".encode())
        return digest.hexdigest()
