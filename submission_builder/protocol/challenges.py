"""The challenges and the scoring rules, as a table.

A **profile** is one row of :data:`PROFILES`: what is asked in each challenge, how windows are cut and what
the error is divided by. ``final`` is what the server did from 2025-09-02 on, ``v3`` its predecessor of
2025-08-29. Sources: the start kit's ``local_scoring.py`` (2025-10-11) and the server's ingestion and scoring
programs "v3".
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
"""Target of challenge 1; every other target is a column of participants.tsv."""


@dataclass(frozen=True)
class ChallengeSpec:
    """One challenge under one profile.

    Attributes
    ----------
    number
        1 or 2.
    task
        BIDS task whose recordings are scored.
    target
        :data:`RESPONSE_TIME` (s), or a column of participants.tsv (a factor score without unit).
    weight
        Share in the overall score.
    onset_samples
        First sample of a window relative to the stimulus (challenge 1).
    long_samples, stride_samples
        Length and distance of the long windows that crops are drawn from (challenge 2).
    crop_seed
        Seed of the crops, new for every recording. None: the server drew without a seed.
    """

    number: int
    task: str
    target: str
    weight: float
    onset_samples: int = 0
    long_samples: int = 400
    stride_samples: int = 200
    crop_seed: int | None = None

    @property
    def locked_to_stimulus(self) -> bool:
        """Whether a window is cut at each stimulus (else: all along the recording)."""
        return self.target == RESPONSE_TIME


@dataclass(frozen=True)
class Profile:
    """A set of scoring rules.

    Attributes
    ----------
    name
        What ``--profile`` takes.
    challenges
        The specs, by number.
    denominator
        What the RMSE is divided by: the population standard deviation of the targets, or their range.
    entry
        The class that the server asks.
    n_windows_r5
        Windows of each challenge on the server's release R5, where they have been counted: by these rules on the
        release's own event files and headers.
    """

    name: str
    challenges: dict[int, ChallengeSpec]
    denominator: Literal["std", "range"]
    entry: EntryPoint = SUBMISSION
    n_windows_r5: dict[int, int] = field(default_factory=dict)


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
        raise ConfigError(f"there is no profile {name!r}; there are {', '.join(PROFILES)}")
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
        raise ConfigError(f"there is no challenge {number!r}; there are {', '.join(map(str, challenges))}")
    return challenges[number]
