"""What a training run is told: one flat table of settings, a TOML file of them, and where it is checked."""

from __future__ import annotations

import tomllib
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from submission_builder.base.errors import ConfigError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_SHIPPED = Path(__file__).with_name("configs")


class TrainConfig(BaseModel):
    """How a net is trained. Each field is a key of the TOML file and, with dashes, a flag of ``subpack train``."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    epochs: int = Field(50, ge=1, description="At most this many passes over the training windows.")
    epoch_windows: int | None = Field(None, ge=2, description="Windows of an epoch, other ones in each; all, if unset.")
    patience: int = Field(10, ge=1, description="Epochs without a better validation nrmse until training stops.")
    batch_size: int = Field(32, ge=2, description="Windows a step, over all processes.")
    lr: float = Field(1e-3, gt=0, description="Step size of AdamW; the peak of its schedule.")
    weight_decay: float = Field(1e-4, ge=0, description="Of AdamW.")
    schedule: Literal["one_cycle", "cosine", "plateau"] = Field(
        "one_cycle", description="Of the step size: a rise and a cosine, the same by epochs, or a tenth at rest."
    )
    warmup_epochs: int = Field(1, ge=0, description="Linear rise of the step size (cosine).")
    plateau_epochs: int = Field(3, ge=1, description="Epochs without gain before the step size falls (plateau).")
    clip: float = Field(1.0, gt=0, description="Largest norm of a gradient; longer ones are scaled to it.")
    ema_decay: float = Field(0.0, ge=0, lt=1, description="Of the running mean of the weights; 0 keeps none.")
    loss: Literal["mse", "huber", "l1", "latency"] = Field("mse", description="latency: for nets that predict when.")
    label_width_start_s: float = Field(0.4, gt=0, description="Width of the label in the first epoch (latency).")
    label_width_end_s: float = Field(0.1, gt=0, description="Width of the label in the last epoch (latency).")
    val_share: float = Field(0.2, gt=0, lt=1, description="Share of the subjects held out to choose the epoch.")
    channel_dropout: float = Field(0.0, ge=0, lt=1, description="Chance that a channel is silenced.")
    time_mask_s: float = Field(0.0, ge=0, lt=2, description="Length of the piece that is silenced.")
    noise: float = Field(0.0, ge=0, description="Gaussian noise, in units of each channel's std in the window.")
    time_shift_s: float = Field(0.0, ge=0, lt=2, description="A window starts up to so much earlier or later.")
    mixup: float = Field(0.0, ge=0, description="Alpha of the Beta distribution that windows are mixed by; 0: never.")
    cutmix: float = Field(0.0, ge=0, le=1, description="Chance that a window gets a piece of another one's.")
    seed: int = Field(0, ge=0, description="Of split, first weights, order, dropout and augmentation.")
    precision: Literal["32", "16-mixed", "bf16-mixed"] = Field("32", description="Of the arithmetic.")
    device: Literal["auto", "cpu", "cuda"] = Field("auto", description="Where it trains.")
    devices: int = Field(1, ge=1, description="Processes on a machine, one a GPU (DDP).")
    nodes: int = Field(1, ge=1, description="Machines (DDP), started as Lightning expects it of a cluster.")
    workers: int = Field(0, ge=0, description="Processes that read windows beside each training process.")

    @model_validator(mode="after")
    def _batches_divide(self) -> Self:
        if self.batch_size % self.n_processes or self.batch_size // self.n_processes < 2:  # noqa: PLR2004 - BatchNorm
            raise ValueError(
                f"batch_size {self.batch_size} cannot be shared by {self.n_processes} processes: "
                "each takes the same number, 2 or more"
            )
        return self

    @property
    def n_processes(self) -> int:
        """How many processes train together."""
        return self.devices * self.nodes


class RunConfig(TrainConfig):
    """A whole run of ``subpack train``: a net, the data and how it is trained."""

    architecture: str = Field(description="What is trained: a name that subpack models lists.")
    challenge: int = Field(ge=1, le=2, description="1: response time, 2: externalizing.")
    net: dict[str, Any] = Field(default_factory=dict, description="Keyword arguments of the net.")
    tag: str | None = Field(None, description="Name of these weights.")
    train: tuple[Path, ...] = Field(min_length=1, description="Release folders to train on.")
    val: Path | None = Field(None, description="Release that chooses the epoch, in place of a share of the subjects.")
    test: Path | None = Field(None, description="Release that is scored at the end and chooses nothing.")
    folds: int | None = Field(
        None, ge=2, description="Cross-validate: each subject is scored by a net that never saw it."
    )

    @model_validator(mode="after")
    def _one_split(self) -> Self:
        if self.folds and self.val:
            raise ValueError("folds and val cannot both be given: folds hold out subjects of the training releases")
        return self

    @property
    def name(self) -> str:
        """Tag of the weights: the one given, or ``cN-seedS``."""
        return self.tag or f"c{self.challenge}-seed{self.seed}"

    def card(self) -> dict[str, Any]:
        """Say what a card keeps: every setting, and of folders only their names."""
        content = self.model_dump(mode="json")
        content["train"] = [folder.name for folder in self.train]
        return content | {key: folder and folder.name for key, folder in (("val", self.val), ("test", self.test))}


def shipped_configs() -> list[str]:
    """Names of the configs that come with subpack."""
    return sorted(path.stem for path in _SHIPPED.glob("*.toml"))


def read_config(source: str) -> dict[str, Any]:
    """Read a TOML file, or a shipped config by its name.

    Raises
    ------
    ConfigError
        If there is none, or it is no TOML.
    """
    path = _SHIPPED / f"{source}.toml" if source in shipped_configs() else Path(source)
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(
            f"there is no config {source}: neither a file nor one of {', '.join(shipped_configs())}",
            hint=did_you_mean(source, shipped_configs()),
        ) from None
    except OSError as error:
        raise ConfigError(f"config {source} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise ConfigError(f"config {source} is not TOML: {error}") from error


def run_config(settings: Mapping[str, Any], where: str) -> RunConfig:
    """Check settings and make a config of them.

    Parameters
    ----------
    settings
        By key.
    where
        What an error calls their source.

    Raises
    ------
    ConfigError
        If a key is unknown or missing, or a value is not what it should be; all of them are named.
    """
    try:
        return RunConfig(**settings)
    except ValidationError as error:
        faults = error.errors()
        unknown = [str(fault["loc"][0]) for fault in faults if fault["type"] == "extra_forbidden"]
        hints = [f"for {key}, {hint}" for key in unknown if (hint := did_you_mean(key, RunConfig.model_fields))]
        lines = "\n  ".join(sorted(error_line(dict(fault)) for fault in faults))
        raise ConfigError(f"{where} cannot be used\n  {lines}", hint=" ".join(hints) or None) from error


def run_configs(
    settings: Mapping[str, Any], architectures: Sequence[str], seeds: Sequence[int], where: str
) -> list[RunConfig]:
    """Make a config for each architecture with each seed; several seeds end a given tag in ``-seedS``.

    Parameters
    ----------
    settings, where
        As for :func:`run_config`; they name what is not named beside them.
    architectures, seeds
        In place of the ones in `settings`, unless there are none.

    Raises
    ------
    ConfigError
        As for :func:`run_config`.
    """
    named = {"architecture": architectures, "seed": seeds}
    axes = [[(key, value) for value in dict.fromkeys(values)] for key, values in named.items() if values]
    configs = [run_config({**settings, **dict(chosen)}, where) for chosen in product(*axes)]
    if len(set(seeds)) < 2:  # noqa: PLR2004 - several
        return configs
    return [config.model_copy(update={"tag": config.tag and f"{config.tag}-seed{config.seed}"}) for config in configs]


def error_line(fault: Mapping[str, Any]) -> str:
    """DiagnosisKind a fault that pydantic found."""
    key = ".".join(str(part) for part in fault["loc"])
    if fault["type"] == "extra_forbidden":
        return f"there is no key {key}"
    if fault["type"] == "missing":
        return f"{key} is missing"
    said = str(fault["msg"]).removeprefix("Value error, ")
    return f"{key} is {fault['input']!r}; {said[:1].lower()}{said[1:]}" if key else said
