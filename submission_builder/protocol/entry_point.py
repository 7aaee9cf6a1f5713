"""How the server gets a model out of a submission, and what it calls (protocol facts, sections 2 and 9)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class EntryPoint:
    """The entry class of ``submission.py``.

    Attributes
    ----------
    class_name
        What is imported.
    made_with
        What its constructor is given: any of ``sfreq`` (Hz), ``device`` and ``meta`` (a dict of ``challenge``,
        ``sfreq``, ``n_chans`` and ``n_times``).
    getter
        The method that hands out a model; ``{challenge}`` stands for the number.
    got_with
        What that method is given, as above.
    asks
        The model's method that is called with windows, ``(batch, n_chans, n_times)``, in volts.
    in_eval_mode
        Whether the model's ``eval`` is called before.
    """

    class_name: str
    made_with: tuple[str, ...]
    getter: str
    got_with: tuple[str, ...]
    asks: str
    in_eval_mode: bool


SUBMISSION = EntryPoint(
    class_name="Submission",
    made_with=("sfreq", "device"),
    getter="get_model_challenge_{challenge}",
    got_with=(),
    asks="forward",
    in_eval_mode=True,
)
"""The contract of 2025."""
