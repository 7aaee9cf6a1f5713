"""The challenges and the scoring rules, as a table.

A **profile** is one row of :data:`PROFILES`: the task and the target of each challenge, the position of the windows
and the denominator of the error. Profile ``final`` holds the rules of the server since 2025-09-02, and profile ``v3``
holds the rules before that date.

References
----------
Profile ``final``: ``local_scoring.py`` of the start kit, https://github.com/eeg2025/startkit (2025-10-11).
Profile ``v3``: the server's ingestion and scoring programs of 2025-08-29, published in
https://github.com/SebanDan/codabench-loadtest under ``data/EGG2025/competition``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from submission_builder.base.errors import ConfigError
from submission_builder.protocol.entry_point import SUBMISSION, EntryPoint

SFREQ = 100
"""Sampling frequency of the challenge's recordings, in Hz."""

N_CHANS = 129
"""Channels of a window: E1…E128 of the HydroCel net and the reference Cz."""

N_TIMES = 200
"""Samples of a window: 2 s at 100 Hz."""

RESPONSE_TIME = "rt_from_stimulus"
"""Target of challenge 1. Every other target is a column of participants.tsv."""


@dataclass(frozen=True)
class ChallengeSpec:
    """The rules of one challenge under one profile."""

    number: int
    """1 or 2."""
    task: str
    """BIDS task whose recordings are scored."""
    target: str
    """:data:`RESPONSE_TIME` (s), or a column of participants.tsv (a factor score without a unit)."""
    weight: float
    """Weight in the overall score."""
    onset_samples: int = 0
    """First sample of a window, relative to the stimulus (challenge 1); braindecode: ``trial_start_offset_samples``."""
    long_samples: int = 400
    """Length of the long windows, from each of which one crop is drawn (challenge 2); braindecode:
    ``window_size_samples``."""
    stride_samples: int = 200
    """Distance between the starts of two long windows (challenge 2); braindecode: ``window_stride_samples``."""
    crop_seed: int | None = None
    """Seed of the crops; the generator is new for each recording. None if the server draws without a seed."""

    @property
    def locked_to_stimulus(self) -> bool:
        """Whether each window belongs to a stimulus. Otherwise windows cover the whole recording."""
        return self.target == RESPONSE_TIME


@dataclass(frozen=True)
class Profile:
    """A set of scoring rules."""

    name: str
    """Name of the profile, as ``--profile`` takes it."""
    challenges: dict[int, ChallengeSpec]
    """The challenges, by number."""
    denominator: Literal["std", "range"]
    """Denominator of the nrmse: the population standard deviation of the targets, or their range."""
    entry: EntryPoint = SUBMISSION
    """The class that the server imports from ``submission.py``."""
    n_windows_r5: dict[int, int] = field(default_factory=dict)
    """Number of windows per challenge in release R5, counted from its event files and its recordings' lengths."""


_CCD = "contrastChangeDetection"

PROFILES: dict[str, Profile] = {
    profile.name: profile
    for profile in (
        Profile(
            name="final",
            challenges={
                1: ChallengeSpec(1, _CCD, RESPONSE_TIME, weight=0.3, onset_samples=50),
                2: ChallengeSpec(2, _CCD, "externalizing", weight=0.7, crop_seed=42),
            },
            denominator="std",
            n_windows_r5={1: 15_144, 2: 107_063},
        ),
        Profile(
            name="v3",
            challenges={
                1: ChallengeSpec(1, _CCD, RESPONSE_TIME, weight=0.3, onset_samples=0),
                2: ChallengeSpec(2, "RestingState", "p_factor", weight=0.7, crop_seed=None),
            },
            denominator="range",
        ),
    )
}

DEFAULT_PROFILE = "final"


def find_profile(name: str) -> Profile:
    """Look up scoring rules by name.

    Raises
    ------
    ConfigError
        If there is no such profile.
    """
    if name not in PROFILES:
        raise ConfigError(f"there is no profile {name!r}; the profiles are {', '.join(PROFILES)}")
    return PROFILES[name]


def find_challenge(number: int, profile: str = DEFAULT_PROFILE) -> ChallengeSpec:
    """Look up a challenge by its number.

    Raises
    ------
    ConfigError
        If there is no such profile or challenge.
    """
    challenges = find_profile(profile).challenges
    if number not in challenges:
        raise ConfigError(f"there is no challenge {number!r}; the challenges are {', '.join(map(str, challenges))}")
    return challenges[number]
