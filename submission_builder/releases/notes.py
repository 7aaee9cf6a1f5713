"""Facts about a release that a reader of its scores has to know.

Some facts change no score here but stop the official pipeline (the start kit's ``local_scoring.py`` with eegdash 0.3.8,
mne-bids 0.17.0 and braindecode 1.2.0, the versions of the server). Other facts say which subjects, recordings or
trials a score does not contain.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from submission_builder.protocol.challenges import ChallengeSpec
    from submission_builder.releases.survey import Survey

_SHOWN = 3  # names in the text; the field holds all


@dataclass(frozen=True)
class Note:
    """One fact about a release."""

    kind: str
    """Short name of the fact, such as ``subject_not_listed``."""
    text: str
    """The fact as a sentence without names and without a period."""
    names: tuple[str, ...]
    """The subjects or recordings that it concerns, sorted."""
    official_chain_fails: bool
    """Whether the official pipeline raises an exception here, so that the server gives no score."""

    def __str__(self) -> str:
        more = f" and {len(self.names) - _SHOWN} more" if len(self.names) > _SHOWN else ""
        return f"{self.text}: {', '.join(self.names[:_SHOWN])}{more}"

    def to_dict(self) -> dict[str, Any]:
        """Return the note as plain values for JSON."""
        return asdict(self) | {"names": list(self.names)}


def participant_notes(subjects: Collection[str], listed: Collection[str], unprefixed: Collection[str]) -> list[Note]:
    """Compare the subjects that have recordings with the rows of participants.tsv.

    Parameters
    ----------
    subjects
        Subjects with recordings, without ``sub-``.
    listed
        Subjects in participants.tsv, without ``sub-``.
    unprefixed
        Those of `listed` whose ``participant_id`` does not begin with ``sub-``.
    """
    fails = "the official pipeline fails on them (mne-bids 0.17.0 raises ValueError, eegdash 0.3.8 KeyError)"
    missing = sorted(set(subjects) - set(listed))
    bare = sorted(set(subjects) & set(unprefixed))
    notes = []
    if missing:
        text = f"participants.tsv has no row for {counted(len(missing), 'subject')} with recordings; here they have no "
        notes.append(_failing("subject_not_listed", f"{text}factor score, and {fails}", missing))
    if bare:
        text = f"participants.tsv gives the participant_id of {counted(len(bare), 'subject')} without the prefix sub-; "
        notes.append(_failing("id_without_prefix", f"{text}here they are found, and {fails}", bare))
    return notes


def dropout_notes(
    spec: ChallengeSpec, survey: Survey, scored: Sequence[bool], with_target: Collection[str] | None
) -> list[Note]:
    """Name the recordings and subjects that have no window in a challenge; the official pipeline drops the same ones.

    Parameters
    ----------
    spec
        The challenge.
    survey
        The usable recordings.
    scored
        Whether each usable recording has a window.
    with_target
        Subjects that have a factor score; None in challenge 1.
    """
    if with_target is None:
        return _recording_notes(spec, survey, scored, "no_complete_trial", "no trial with stimulus and response")
    subjects = {recording.subject for recording in survey.recordings}
    without = sorted(subjects - set(with_target))
    has_target = [recording.subject in with_target for recording in survey.recordings]
    notes = []
    if without:
        text = (
            f"challenge {spec.number} does not score {len(without):,} of {counted(len(subjects), 'subject')} "
            f"({has_target.count(False):,} of {counted(len(has_target), 'recording')}): "
            f"participants.tsv has no {spec.target} for them"
        )
        notes.append(Note("no_factor_score", text, tuple(without), official_chain_fails=False))
    long_enough = [scores or not target for scores, target in zip(scored, has_target, strict=True)]
    return notes + _recording_notes(spec, survey, long_enough, "too_short", f"fewer than {spec.long_samples} samples")


def counted(n: int, noun: str) -> str:
    """Return a number with its noun, in the plural unless the number is 1."""
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


def _failing(kind: str, text: str, names: Sequence[str]) -> Note:
    return Note(kind, text, tuple(names), official_chain_fails=True)


def _recording_notes(spec: ChallengeSpec, survey: Survey, fits: Sequence[bool], kind: str, reason: str) -> list[Note]:
    """Name the recordings that do not fit, and count the subjects of whom no recording fits."""
    pairs = list(zip(survey.recordings, fits, strict=True))
    names = sorted(recording.name for recording, fit in pairs if not fit)
    if not names:
        return []
    subjects = {recording.subject for recording, _ in pairs}
    lost = subjects - {recording.subject for recording, fit in pairs if fit}
    text = f"challenge {spec.number} does not score {len(names):,} of {counted(len(pairs), 'recording')} ({reason})"
    if lost:
        verb = "has" if len(lost) == 1 else "have"
        text += f"; {len(lost):,} of {counted(len(subjects), 'subject')} {verb} no other recording"
    return [Note(kind, text, tuple(names), official_chain_fails=False)]
