"""Show the effect of each augmentation of a config on the same few windows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from model_zoo.training.augmentation import augment
from model_zoo.training.dataset import WindowDataset
from model_zoo.training.order import ShuffledBatches
from submission_builder.base.errors import ConfigError
from submission_builder.protocol.challenges import SFREQ

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from model_zoo.training.config import TrainConfig
    from submission_builder.protocol.windows import WindowReader, WindowTable

AUGMENTATIONS = ("time_shift_s", "channel_dropout", "time_mask_s", "noise", "cutmix", "mixup")
"""Keys of a config that set an augmentation, in the order in which they are applied."""


@dataclass(frozen=True)
class PreviewRow:
    """A few windows after one augmentation."""

    title: str
    """Name of the augmentation and its setting."""
    windows: NDArray[np.float32]
    """Windows in volts, ``(n_shown, n_chans, n_times)``."""
    target: NDArray[np.float32]
    """Targets in their unit, ``(n_shown,)``."""


def preview(table: WindowTable, reader: WindowReader, config: TrainConfig, n_shown: int = 4) -> list[PreviewRow]:
    """Return windows as recorded, after each augmentation of the config alone, and after all of them together.

    Parameters
    ----------
    table, reader
        The windows, and the reader of their signals.
    config
        Settings.
    n_shown
        Number of windows.

    Raises
    ------
    ConfigError
        If the config has no augmentation.
    """
    enabled = [key for key in AUGMENTATIONS if getattr(config, key)]
    if not enabled:
        raise ConfigError(f"the config has no augmentation to preview; set one of {', '.join(AUGMENTATIONS)}")
    alone = [
        (f"{key} = {getattr(config, key):g}", {other: 0.0 for other in AUGMENTATIONS if other != key})
        for key in enabled
    ]
    cases = [("as recorded", dict.fromkeys(AUGMENTATIONS, 0.0)), *alone, ("all together", {})]
    return [_shown(title, table, reader, config.model_copy(update=update), n_shown) for title, update in cases]


def _shown(title: str, table: WindowTable, reader: WindowReader, config: TrainConfig, n_shown: int) -> PreviewRow:
    max_shift = round(config.time_shift_s * SFREQ)
    batch = next(iter(ShuffledBatches(table.recording, n_shown, config.seed, max_shift=max_shift)))
    X, target = WindowDataset(table, reader)[batch]
    X, target = augment(X, target, config, np.random.default_rng(config.seed))
    return PreviewRow(title, X.numpy(), target.flatten().numpy())
