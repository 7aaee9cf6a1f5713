"""Runs the steps from an open release to the windows of one challenge."""

from __future__ import annotations

from typing import TYPE_CHECKING

from submission_builder.base.cache import cache_folder
from submission_builder.protocol.challenges import find_challenge
from submission_builder.releases.challenge_windows import ChallengeWindows
from submission_builder.releases.store import open_store
from submission_builder.releases.survey import raise_if_left_out, survey
from submission_builder.releases.table import cut_windows

if TYPE_CHECKING:
    from submission_builder.base.progress import Progress
    from submission_builder.releases.folder import Release


def open_windows(
    release: Release, challenge: int, profile: str, *, skip_unusable: bool, progress: Progress
) -> ChallengeWindows:
    """Survey the recordings, cut the windows and open the store; see :meth:`Release.windows`."""
    spec = find_challenge(challenge, profile)
    surveyed = survey(release.recordings(spec.task))
    cut = cut_windows(release, spec, surveyed)
    if not skip_unusable:
        raise_if_left_out([*surveyed.left_out, *cut.left_out])
    return ChallengeWindows(cut.table, open_store(surveyed, cache_folder(), progress), surveyed.names)
