"""What keeps a score from being the server's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from submission_builder.sandbox.isolation import why_unavailable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from submission_builder.harness.package import Package
    from submission_builder.harness.replay import Replay
    from submission_builder.protocol.challenges import Profile
    from submission_builder.releases.folder import Release
    from submission_builder.workflows.evaluate.cost import RunCost

_NAMED = 3  # how many of a list are named
_KIB = 1024


def of_package(package: Package) -> list[str]:
    """Say what the worker may do with the zip besides running it."""
    return [f"{page} lies at the zip's root; the worker may publish it as the result page" for page in package.pages()]


def of_release(release: Release, profile: Profile) -> list[str]:
    """Say what the release and the rules leave open."""
    caveats = []
    if release.simulated:
        caveats.append("the release is SIMULATED: its scores say that the package works, not how it will rank")
    for task in sorted({spec.task for spec in profile.challenges.values()}):
        missing = release.missing(task)
        if missing:
            some = ", ".join(missing[:_NAMED]) + (", …" if len(missing) > _NAMED else "")
            caveats.append(f"participants.tsv calls {len(missing)} runs available that are not in the folder: {some}")
    if any(not spec.locked_to_stimulus and spec.crop_seed is None for spec in profile.challenges.values()):
        caveats.append(f"under profile {profile.name} the server drew its crops without a seed; here seed 0 stands in")
    caveats.append(
        "recordings come in the order (participant, run); the server's order is not known, and matters "
        "only to a model that keeps state"
    )
    return caveats


def of_sample(sample: dict[str, Any] | None) -> list[str]:
    """Say which part of the release was asked."""
    if sample is None:
        return []
    parts = " and ".join(f"{asked:,} of {sample['of'][n]:,} windows" for n, asked in sample["n_windows"].items())
    fact = f"the score rests on a SAMPLE of whole recordings, {parts}, drawn with seed {sample['seed']}"
    return [f"{fact}; the interval says how far other subjects' may lie"]


def of_rehearsal(overflows: Sequence[str]) -> list[str]:
    """Say where a precision has too small a range."""
    return [f"a matrix product leaves the range of its precision in {at}" for at in overflows]


def of_cost(cost: RunCost) -> list[str]:
    """Say which memory grows, in words."""
    return [
        f"memory grows by {mid / _KIB:,.1f} KiB with each window of challenge {number} ({low / _KIB:,.1f} to "
        f"{high / _KIB:,.1f}); the submission may keep what it is given"
        for number, (low, mid, high) in cost.leaks().items()
    ]


def of_replay(predicted: Replay, *, exact: bool) -> list[str]:
    """Say what the replay saw; one by one is no news where `exact` was asked for."""
    caveats = [
        f"challenge {number} predicted {shape} to one window; the scorer reads prediction[0][0] and drops the rest"
        for number, shape in predicted.shapes.items()
    ]
    if not exact:
        caveats += [
            f"challenge {number} was asked one window at a time: {reason}"
            for number, reason in predicted.unbatched.items()
        ]
    if predicted.network:
        places = ", ".join(predicted.network)
        caveats.append(f"the submission reached for the network ({places}); whether the server has one is not public")
    if predicted.isolation == "process":
        reason = why_unavailable() or "it was asked for"
        caveats.append(f"the submission could read files and reach the network here: isolation is process, as {reason}")
    return caveats
