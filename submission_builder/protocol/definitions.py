"""What a score means under a profile, in words, and how two profiles differ."""

from __future__ import annotations

from typing import TYPE_CHECKING

from submission_builder.protocol.challenges import SFREQ

if TYPE_CHECKING:
    from submission_builder.protocol.challenges import ChallengeSpec, Profile

_DENOMINATORS = {"std": "the standard deviation of the targets", "range": "the range of the targets"}


def differences(first: Profile, second: Profile) -> list[str]:
    """Name each rule that differs, with both values.

    Parameters
    ----------
    first, second
        Two profiles.
    """
    pairs = zip(_definition(first).items(), _definition(second).items(), strict=True)
    return [f"{name} is {a} under {first.name} and {b} under {second.name}" for (name, a), (_, b) in pairs if a != b]


def _definition(profile: Profile) -> dict[str, str]:
    definition = {"the denominator of the nrmse": _DENOMINATORS[profile.denominator]}
    for number, spec in sorted(profile.challenges.items()):
        definition |= {
            f"the target of challenge {number}": f"{spec.target} of {spec.task}",
            f"the window of challenge {number}": _window(spec),
            f"the weight of challenge {number}": f"{spec.weight:g}",
        }
    return definition


def _window(spec: ChallengeSpec) -> str:
    if spec.locked_to_stimulus:
        return f"from {spec.onset_samples / SFREQ:g} s after the stimulus on"
    return "a crop without a seed" if spec.crop_seed is None else f"a crop with seed {spec.crop_seed}"
