"""From a release to what is asked: the hidden test, laid out once for all submissions that share it."""

from __future__ import annotations

import functools
import hashlib
import threading
from typing import TYPE_CHECKING, Any

from submission_builder.base.progress import Progress, silent
from submission_builder.protocol.sample import sample_recordings
from submission_builder.releases.challenge_windows import ChallengeWindows
from submission_builder.releases.folder import Release, open_release
from submission_builder.releases.store import Store, open_store
from submission_builder.releases.table import Recordings, cut_windows, raise_for, survey

if TYPE_CHECKING:
    from pathlib import Path

    from submission_builder.protocol.challenges import Profile
    from submission_builder.protocol.windows import WindowTable


class EvaluationSet:
    """A release under scoring rules; threads may share it, and another process lays it out anew.

    Parameters
    ----------
    data
        The release's folder.
    profile
        The scoring rules.
    cache
        Where recording stores are kept.
    max_windows
        How many windows of each challenge to ask at most, in whole recordings; all, without.
    seed
        Of the draw of recordings.
    """

    def __init__(
        self, data: Path, profile: Profile, cache: Path, *, max_windows: int | None = None, seed: int = 0
    ) -> None:
        self.profile, self.cache = profile, cache
        self._max_windows, self._seed = max_windows, seed
        self._n_windows: dict[int, int] = {}
        self._data = data
        self._laid_out: tuple[dict[int, ChallengeWindows], str] | None = None
        self._lock = threading.Lock()

    def __reduce__(self) -> tuple[Any, ...]:
        """Say what another process, wherever it stands, makes the same of."""
        rules = functools.partial(EvaluationSet, max_windows=self._max_windows, seed=self._seed)
        return rules, (self._data.absolute(), self.profile, self.cache.absolute())

    @functools.cached_property
    def release(self) -> Release:
        """The recordings and labels.

        Raises
        ------
        ReleaseError
            If there is no release.
        """
        return open_release(self._data)

    def lay_out(self, progress: Progress = silent) -> tuple[dict[int, ChallengeWindows], str]:
        """Cut the windows of every challenge; recordings are decoded if no store holds them yet.

        Parameters
        ----------
        progress
            Told of the recordings decoded.

        Returns
        -------
        questions
            By number of the challenge.
        digest
            sha256 over labels and recordings.

        Raises
        ------
        ReleaseError
            If a recording cannot be used; the server uses all.
        """
        with self._lock:
            self._laid_out = self._laid_out or self._read(progress)
            return self._laid_out

    def _read(self, progress: Progress) -> tuple[dict[int, ChallengeWindows], str]:
        surveyed: dict[str, Recordings] = {}
        for spec in self.profile.challenges.values():
            if spec.task not in surveyed:
                surveyed[spec.task] = survey(self.release.recordings(spec.task))
                surveyed[spec.task].raise_if_left_out()
        tables = {}
        for number, spec in self.profile.challenges.items():
            table, left_out = cut_windows(self.release, spec, surveyed[spec.task])
            raise_for(left_out)
            tables[number] = self._sampled(table)
        stores: dict[str, Store] = {task: open_store(found, self.cache, progress) for task, found in surveyed.items()}
        digest = hashlib.sha256(self.release.labels_digest.encode())
        for task in sorted(stores):
            digest.update(f"{task}\0{stores[task].digest}".encode())
        challenges = self.profile.challenges.items()
        return {
            n: ChallengeWindows(tables[n], stores[spec.task], surveyed[spec.task].names) for n, spec in challenges
        }, digest.hexdigest()

    def sample(self) -> dict[str, Any] | None:
        """Describe the sample that was laid out: its seed, and windows by challenge of how many; None if it is all."""
        asked = {n: len(question) for n, question in self.lay_out()[0].items()}
        if asked == self._n_windows:
            return None
        return {"seed": self._seed, "n_windows": asked, "of": self._n_windows}

    def _sampled(self, table: WindowTable) -> WindowTable:
        self._n_windows[table.challenge] = len(table)
        if self._max_windows is None or len(table) <= self._max_windows:
            return table
        return sample_recordings(table, self._max_windows, self._seed)
