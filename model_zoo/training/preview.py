"""What each augmentation of a config does to the same few windows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from model_zoo.training.augmentation import augment
from model_zoo.training.dataset import WindowDataset
from model_zoo.training.order import Batch, ShuffledBatches
from submission_builder.base.errors import ConfigError
from submission_builder.protocol.challenges import SFREQ

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from model_zoo.training.config import TrainConfig
    from submission_builder.protocol.windows import WindowReader, WindowTable

AUGMENTATIONS = ("time_shift_s", "channel_dropout", "time_mask_s", "noise", "cutmix", "mixup")
"""Keys of a config, in the order in which they act."""


@dataclass(frozen=True)
class PreviewRow:
    """A few windows.

    Attributes
    ----------
    title
        What was done to them.
    windows, target
        In volts; in the target's unit.

    Shape
    -----
    windows: ``(n_shown, n_chans, n_times)`` · target: ``(n_shown,)``
    """

    title: str
    windows: NDArray[np.float32]
    target: NDArray[np.float32]


def preview(table: WindowTable, reader: WindowReader, config: TrainConfig, n_shown: int = 4) -> list[PreviewRow]:
    """Show windows as recorded, after each augmentation that the config asks for alone, and after all of them.

    Raises
    ------
    ConfigError
        If it asks for none.
    """
    asked = [key for key in AUGMENTATIONS if getattr(config, key)]
    if not asked:
        raise ConfigError(f"the config asks for no augmentation; its keys are {', '.join(AUGMENTATIONS)}")
    alone = [
        (f"{key} = {getattr(config, key):g}", {other: 0.0 for other in AUGMENTATIONS if other != key}) for key in asked
    ]
    cases = [("as recorded", dict.fromkeys(AUGMENTATIONS, 0.0)), *alone, ("all of them", {})]
    return [_shown(title, table, reader, config.model_copy(update=update), n_shown) for title, update in cases]


def _shown(title: str, table: WindowTable, reader: WindowReader, config: TrainConfig, n_shown: int) -> PreviewRow:
    max_shift = round(config.time_shift_s * SFREQ)
    rows, shift = next(iter(ShuffledBatches(table.recording, n_shown, config.seed, max_shift=max_shift)))
    X, target = WindowDataset(table, reader)[Batch(rows, shift)]
    X, target = augment(X, target, config, np.random.default_rng(config.seed))
    return PreviewRow(title, X.numpy(), target.flatten().numpy())
