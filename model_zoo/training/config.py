"""Settings of a training run: one flat table that defines the TOML file, the flags and the card, and validates them."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from submission_builder.base.errors import ConfigError, did_you_mean
from submission_builder.base.toml_text import decode_toml

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_SHIPPED = Path(__file__).with_name("configs")


class TrainConfig(BaseModel):
    """How a net is trained. Each field is a key of the TOML file and, with dashes, a flag of ``subpack train``."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    epochs: int = Field(50, ge=1, description="Maximum number of epochs.")
    epoch_windows: int | None = Field(
        None, ge=2, description="Windows per epoch, a new random subset in each; if unset, all training windows."
    )
    patience: int = Field(
        10, ge=1, description="Early stopping: stop after this many epochs without a lower validation nrmse."
    )
    batch_size: int = Field(32, ge=2, description="Windows per optimizer step, summed over all processes.")
    lr: float = Field(1e-3, gt=0, description="Learning rate of AdamW; the maximum of the schedule.")
    weight_decay: float = Field(1e-4, ge=0, description="Weight decay of AdamW.")
    schedule: Literal["one_cycle", "cosine", "plateau"] = Field(
        "one_cycle",
        description="Learning-rate schedule: one-cycle, warm-up + cosine, or reduce on plateau (× 0.1).",
    )
    warmup_epochs: int = Field(
        1, ge=0, description="Epochs of linear warm-up of the learning rate (schedule cosine only)."
    )
    plateau_epochs: int = Field(
        3,
        ge=1,
        description="Epochs without a lower validation nrmse until the learning rate drops (schedule plateau only).",
    )
    clip: float = Field(1.0, gt=0, description="Gradient clipping: maximum norm of the gradient.")
    ema_decay: float = Field(
        0.0,
        ge=0,
        lt=1,
        description="Decay of the exponential moving average (EMA) of the weights; 0 disables averaging.",
    )
    loss: Literal["mse", "huber", "l1", "latency"] = Field(
        "mse", description="Loss function; latency needs a net that predicts a distribution over response times."
    )
    label_width_start_s: float = Field(
        0.4,
        gt=0,
        description="Standard deviation (s) of the Gaussian soft label in the first epoch (loss latency only).",
    )
    label_width_end_s: float = Field(
        0.1,
        gt=0,
        description="Standard deviation (s) of the Gaussian soft label in the last epoch (loss latency only).",
    )
    val_share: float = Field(0.2, gt=0, lt=1, description="Fraction of the training subjects held out for validation.")
    channel_dropout: float = Field(0.0, ge=0, lt=1, description="Probability that a channel is set to zero.")
    time_mask_s: float = Field(
        0.0, ge=0, lt=2, description="Duration (s) of a random segment that is masked with zeros in all channels."
    )
    noise: float = Field(
        0.0,
        ge=0,
        description="Standard deviation of added Gaussian noise, relative to each channel's own in the window.",
    )
    time_shift_s: float = Field(
        0.0, ge=0, lt=2, description="Maximum random shift (s) of a window, in either direction."
    )
    mixup: float = Field(0.0, ge=0, description="Alpha of the Beta distribution for mixup; 0 disables it.")
    cutmix: float = Field(
        0.0, ge=0, le=1, description="Probability that a segment of a window is replaced by another window's (CutMix)."
    )
    seed: int = Field(
        0,
        ge=0,
        description="Random seed for the split, the initial weights, the order of windows, dropout and augmentation.",
    )
    precision: Literal["32", "16-mixed", "bf16-mixed"] = Field(
        "32", description="Lightning's precision: float32, or mixed precision with float16 or bfloat16."
    )
    device: Literal["auto", "cpu", "cuda"] = Field(
        "auto", description="Device to train on; auto uses a GPU if available."
    )
    devices: int = Field(1, ge=1, description="Number of training processes per machine (DDP), one for each GPU.")
    nodes: int = Field(1, ge=1, description="Number of machines (DDP), started by the cluster as Lightning requires.")
    workers: int = Field(0, ge=0, description="Number of DataLoader workers per training process.")

    @model_validator(mode="after")
    def _batches_divide(self) -> Self:
        if self.batch_size % self.n_processes or self.batch_size // self.n_processes < 2:  # noqa: PLR2004 - BatchNorm
            raise ValueError(
                f"batch_size {self.batch_size} cannot be divided among {self.n_processes} processes: "
                "each needs the same number of windows, at least 2"
            )
        return self

    @property
    def n_processes(self) -> int:
        """Number of processes that train together."""
        return self.devices * self.nodes


class RunConfig(TrainConfig):
    """A run of ``subpack train``: architecture, data and training settings."""

    architecture: str = Field(description="Architecture to train; subpack models lists them.")
    challenge: int = Field(ge=1, le=2, description="1: response time, 2: externalizing factor.")
    net: dict[str, Any] = Field(default_factory=dict, description="Keyword arguments of the net.")
    tag: str | None = Field(None, description="Name of the trained weights.")
    train: tuple[Path, ...] = Field(min_length=1, description="Release folders to train on.")
    val: Path | None = Field(
        None, description="Validation release, which selects the best epoch; without it, --val-share applies."
    )
    test: Path | None = Field(None, description="Test release, used only for the final score.")
    folds: int | None = Field(
        None,
        ge=2,
        description="Number of cross-validation folds; the subjects of a fold are scored by a net trained on others.",
    )

    @model_validator(mode="after")
    def _one_split(self) -> Self:
        if self.folds and self.val:
            raise ValueError("folds and val cannot be combined: the folds hold out subjects of the training releases")
        return self

    @property
    def name(self) -> str:
        """Tag of the weights: `tag`, or ``cN-seedS`` for challenge N and seed S."""
        return self.tag or f"c{self.challenge}-seed{self.seed}"

    def card(self) -> dict[str, Any]:
        """Return the settings as a card stores them: folders without their parents."""
        content = self.model_dump(mode="json")
        content["train"] = [folder.name for folder in self.train]
        return content | {key: folder and folder.name for key, folder in (("val", self.val), ("test", self.test))}


def shipped_configs() -> list[str]:
    """Return the names of the configs that subpack ships."""
    return sorted(path.stem for path in _SHIPPED.glob("*.toml"))


def read_config(source: str) -> dict[str, Any]:
    """Read settings from a TOML file, or from a shipped config by its name.

    Parameters
    ----------
    source
        Name of a shipped config, else the path of a file.

    Raises
    ------
    ConfigError
        If the file does not exist, cannot be read, or is not valid TOML.
    """
    path = _SHIPPED / f"{source}.toml" if source in shipped_configs() else Path(source)
    try:
        return decode_toml(path.read_bytes())
    except FileNotFoundError:
        raise ConfigError(
            f"config {source} does not exist; expected a TOML file or one of {', '.join(shipped_configs())}",
            hint=did_you_mean(source, shipped_configs()),
        ) from None
    except OSError as error:
        raise ConfigError(f"config {source} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise ConfigError(f"config {source} is not valid TOML: {error}") from error


def run_config(settings: Mapping[str, Any], where: str) -> RunConfig:
    """Validate settings and return them as a config.

    Parameters
    ----------
    settings
        Values by key.
    where
        Name of their source, for the error message.

    Raises
    ------
    ConfigError
        If a key is unknown or missing, or a value is invalid. The message lists all such keys.
    """
    try:
        return RunConfig(**settings)
    except ValidationError as error:
        errors = error.errors()
        unknown = [str(one["loc"][0]) for one in errors if one["type"] == "extra_forbidden"]
        hints = [f"for {key}, {hint}" for key in unknown if (hint := did_you_mean(key, RunConfig.model_fields))]
        lines = "\n  ".join(sorted(error_line(dict(one)) for one in errors))
        raise ConfigError(f"{where} is invalid\n  {lines}", hint=" ".join(hints) or None) from error


def run_configs(
    settings: Mapping[str, Any], architectures: Sequence[str], seeds: Sequence[int], where: str
) -> list[RunConfig]:
    """Return one config for each combination of architecture and seed.

    With several seeds, a given tag gets the suffix ``-seedS``.

    Parameters
    ----------
    settings
        Values by key.
    architectures, seeds
        Override those of `settings`; empty keeps the values of `settings`.
    where
        Name of the settings' source, for the error message.

    Raises
    ------
    ConfigError
        If the settings are invalid, as for :func:`run_config`.
    """
    named = {"architecture": architectures, "seed": seeds}
    axes = [[(key, value) for value in dict.fromkeys(values)] for key, values in named.items() if values]
    configs = [run_config({**settings, **dict(chosen)}, where) for chosen in product(*axes)]
    if len(set(seeds)) < 2:  # noqa: PLR2004 - several
        return configs
    return [config.model_copy(update={"tag": config.tag and f"{config.tag}-seed{config.seed}"}) for config in configs]


def error_line(error: Mapping[str, Any]) -> str:
    """Describe one of pydantic's validation errors in one line."""
    key = ".".join(str(part) for part in error["loc"])
    if error["type"] == "extra_forbidden":
        return f"key {key} is unknown"
    if error["type"] == "missing":
        return f"key {key} is missing"
    message = str(error["msg"]).removeprefix("Value error, ")
    return f"{key} is {error['input']!r}; {message[:1].lower()}{message[1:]}" if key else message
