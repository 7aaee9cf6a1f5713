"""What to do with a trained net."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from submission_builder.verdicts.words import Verdict, Word

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Remedies:
    """What can be typed next.

    Attributes
    ----------
    build
        Command that packs the net, or the ensemble of the folds.
    lower_lr
        Flag for a smaller step size.
    regularise
        Flags and commands for more dropout or a smaller net; none where a net is solved, not trained.
    """

    build: str
    lower_lr: str
    regularise: tuple[str, ...]


@dataclass(frozen=True)
class Advice:
    """What to do.

    Attributes
    ----------
    build
        Whether the net is worth a submission.
    said
        In words, with the flags to type.
    command
        What packs it; None where that is not worth it.
    """

    build: bool
    said: str
    command: str | None


_FOREMOST = (
    *(Word.LEAKAGE, Word.DIVERGED, Word.UNDEFINED, Word.GAIN),
    *(Word.CONSTANT_ANSWERS, Word.BY_HEART, Word.OVER_FITS, Word.WORSE, Word.NO_GAIN),
)
_OF_THE_NET = frozenset({Word.LEAKAGE, Word.DIVERGED, Word.BY_HEART, Word.OVER_FITS})
"""Hold whatever side they were seen on."""


def foremost(verdicts: Sequence[Verdict], decisive: str) -> Word:
    """Choose the word that stands for a run where there is room for one: what the tree of :func:`advise` goes by.

    Parameters
    ----------
    verdicts, decisive
        As for :func:`advise`.
    """
    words = {verdict.word for verdict in verdicts if verdict.about == decisive or verdict.word in _OF_THE_NET}
    return min(words, key=_FOREMOST.index)


def advise(verdicts: Sequence[Verdict], decisive: str, remedies: Remedies) -> Advice:
    """Go down the tree: leakage, divergence, a gain beyond its interval, training far below validation.

    Parameters
    ----------
    verdicts
        All that was found.
    decisive
        The side whose gain counts.
    remedies
        What to type.
    """
    words = {verdict.word for verdict in verdicts}
    gain = any(verdict.word is Word.GAIN and verdict.about == decisive for verdict in verdicts)
    if Word.LEAKAGE in words:
        said = "find out what leaks before anything is built"
    elif Word.DIVERGED in words:
        said = f"train again with smaller steps: {remedies.lower_lr}"
    elif gain:
        said = f"the gain on {decisive} is beyond its interval: build it"
        return Advice(build=True, said=said, command=remedies.build)
    elif words & {Word.BY_HEART, Word.OVER_FITS} and remedies.regularise:
        said = "keep the earlier submission, and try " + ", or ".join(remedies.regularise)
    else:
        said = f"keep the earlier submission; {decisive} shows no gain beyond its interval"
    return Advice(build=False, said=said, command=None)
