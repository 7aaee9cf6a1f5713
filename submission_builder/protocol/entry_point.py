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
    constructor_arguments
        What its constructor is given: any of ``sfreq`` (Hz), ``device`` and ``meta`` (a dict of ``challenge``,
        ``sfreq``, ``n_chans`` and ``n_times``).
    getter
        The method that hands out a model; ``{challenge}`` stands for the number.
    getter_arguments
        What that method is given, as above.
    predict_method
        The model's method that is called with windows, ``(batch, n_chans, n_times)``, in volts.
    calls_eval
        Whether the model's ``eval`` is called before.
    """

    class_name: str
    constructor_arguments: tuple[str, ...]
    getter: str
    getter_arguments: tuple[str, ...]
    predict_method: str
    calls_eval: bool


SUBMISSION = EntryPoint(
    class_name="Submission",
    constructor_arguments=("sfreq", "device"),
    getter="get_model_challenge_{challenge}",
    getter_arguments=(),
    predict_method="forward",
    calls_eval=True,
)
"""The contract of 2025."""
