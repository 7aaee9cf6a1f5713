"""The reasons why the server's score may differ from the one measured here, one sentence each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from submission_builder.releases.notes import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from submission_builder.harness.package import Package
    from submission_builder.harness.replay import Replay
    from submission_builder.protocol.challenges import Profile
    from submission_builder.releases.folder import Release
    from submission_builder.releases.survey import LeftOut
    from submission_builder.workflows.evaluate.cost import RunCost
    from submission_builder.workflows.evaluate.evaluation import Sample

_NAMED = 3
"""So many items of a list are named."""
_KIB = 1024


def of_package(package: Package) -> list[str]:
    """Name the pages that the worker may publish."""
    return [f"{page} lies at the zip's root; the worker may publish it as the result page" for page in package.pages()]


def of_release(release: Release, profile: Profile) -> list[str]:
    """Name what the release lacks and what the rules leave open."""
    caveats = []
    if release.simulated:
        caveats.append(
            "the release is SIMULATED: its scores show that the package works, and say nothing about its rank on the "
            "server"
        )
    for task in sorted({spec.task for spec in profile.challenges.values()}):
        missing = release.missing(task)
        if missing:
            some = ", ".join(missing[:_NAMED]) + (", …" if len(missing) > _NAMED else "")
            caveats.append(
                f"{len(missing)} runs that participants.tsv lists as available are not in the folder: {some}"
            )
    if any(not spec.locked_to_stimulus and spec.crop_seed is None for spec in profile.challenges.values()):
        caveats.append(f"under profile {profile.name} the server drew its crops without a seed; seed 0 is used here")
    caveats.append(
        "recordings are in the order (participant, run); the order on the server is not known, and matters only to a "
        "model that keeps state"
    )
    return caveats


def of_sample(sample: Sample | None) -> list[str]:
    """Describe the part of the release that is scored."""
    if sample is None:
        return []
    parts = " and ".join(f"{count:,} of {sample.of[n]:,} windows" for n, count in sample.n_windows.items())
    fact = f"the score rests on a SAMPLE, {parts}, drawn with seed {sample.seed}"
    notes = [f"{fact}; the interval shows how far the score of other subjects may differ"]
    if sample.whole_recordings:
        numbers = " and ".join(map(str, sample.whole_recordings))
        fact = f"the sample of challenge {numbers} consists of whole recordings"
        notes.append(f"{fact}, because its predictions depend on earlier windows")
    return notes


def of_left_out(left_out: Sequence[LeftOut]) -> list[str]:
    """Name the recordings that were skipped."""
    if not left_out:
        return []
    n = counted(len({one.recording for one in left_out}), "recording")
    some = "; ".join(map(str, left_out[:_NAMED])) + ("; …" if len(left_out) > _NAMED else "")
    fact = f"the score is PARTIAL and not comparable with a score of the whole release: {n} cannot be used ({some})"
    return [f"{fact}; the server uses all recordings"]


def of_precision(overflows: Sequence[str]) -> list[str]:
    """Name the modules in which a precision has too small a range."""
    return [f"a matrix product exceeds the range of its precision in {module}" for module in overflows]


def of_cost(cost: RunCost) -> list[str]:
    """Name the challenges whose memory grows with every window."""
    return [
        f"memory grows by {mid / _KIB:,.1f} KiB with each window of challenge {number} ({low / _KIB:,.1f} to "
        f"{high / _KIB:,.1f}); the submission may keep the windows that it receives"
        for number, (low, mid, high) in cost.leaks().items()
    ]


def of_replay(replay: Replay, *, exact: bool) -> list[str]:
    """Describe what the replay observed; with `exact`, single windows were requested and are not mentioned."""
    caveats = [
        f"challenge {number} returned the shape {shape} for one window; the scorer reads [0][0] and drops the rest"
        for number, shape in replay.shapes.items()
    ]
    if not exact:
        caveats += [
            f"challenge {number} was predicted one window at a time: {reason}"
            for number, reason in replay.unbatched.items()
        ]
    if replay.network:
        places = ", ".join(replay.network)
        caveats.append(
            f"the submission tried to reach the network ({places}); whether the server has one is not public"
        )
    return caveats


def of_isolation(replay: Replay, why_weaker: str | None) -> list[str]:
    """Say what the weaker isolation level means, and why it was used."""
    if replay.isolation == "namespace":
        return []
    reason = why_weaker or "this level was requested"
    return [f"the submission could read files and reach the network: isolation is process ({reason})"]
