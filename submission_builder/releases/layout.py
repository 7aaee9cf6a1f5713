"""From an open release to the windows of one challenge."""

from __future__ import annotations

from typing import TYPE_CHECKING

from submission_builder.base.cache import cache_folder
from submission_builder.protocol.challenges import find_challenge
from submission_builder.releases.challenge_windows import ChallengeWindows
from submission_builder.releases.store import open_store
from submission_builder.releases.table import cut_windows, raise_for, survey

if TYPE_CHECKING:
    from submission_builder.base.progress import Progress
    from submission_builder.releases.folder import Release


def challenge_windows(
    release: Release, challenge: int, profile: str, *, skip_unusable: bool, progress: Progress
) -> ChallengeWindows:
    """Survey the recordings, cut the windows and open the store; see :meth:`Release.windows`."""
    spec = find_challenge(challenge, profile)
    recordings = survey(release.recordings(spec.task))
    table, left_out = cut_windows(release, spec, recordings)
    if not skip_unusable:
        raise_for([*recordings.left_out, *left_out])
    return ChallengeWindows(table, open_store(recordings, cache_folder(), progress), recordings.names)
