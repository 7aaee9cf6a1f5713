"""The registry: every architecture of the zoo, in one table."""

from __future__ import annotations

import importlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from submission_builder.base.errors import RecipeError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import nn


@dataclass(frozen=True)
class Architecture:
    """An entry of the registry: the net that a name stands for in one challenge. Name and challenge are the key."""

    name: str
    challenge: int  # 1 or 2
    module: str  # file in model_zoo/nets, without suffix
    class_name: str  # class of the net in that file
    source: str  # publication that describes the architecture
    kwargs: Mapping[str, Any] = field(default_factory=dict)  # fixed arguments; cards and manifests record them
    shipped_tag: str | None = None  # tag of the weights that are part of subpack; None if there are none
    value: str | None = None  # argument that the number in `constant:-0.09` sets; such a net has no weights
    exempt: Mapping[str, str] = field(default_factory=dict)  # fact of tests/model_zoo/test_nets.py: why it fails

    def build(self, kwargs: Mapping[str, Any]) -> nn.Module:
        """Build the net with freshly initialised weights.

        Parameters
        ----------
        kwargs
            Keyword arguments of the class, in addition to :attr:`kwargs`. The defaults fit the challenge.
        """
        module = importlib.import_module(f"model_zoo.nets.{self.module}")
        net: nn.Module = getattr(module, self.class_name)(**{**self.kwargs, **kwargs})
        return net


def _both(
    name: str, class_name: str, source: str, *, shipped_tags: Mapping[int, str] | None = None
) -> tuple[Architecture, ...]:
    """Register one of our own nets for both challenges; its module has the architecture's name."""
    tags = shipped_tags or {}
    return tuple(Architecture(name, n, name, class_name, source, shipped_tag=tags.get(n)) for n in (1, 2))


def _braindecode(
    name: str, class_name: str, source: str, exempt: Mapping[str, str] | None = None
) -> tuple[Architecture, ...]:
    """Register a net of braindecode 1.2.0 for both challenges.

    Its name is the class name in snake case. An underscore precedes each word (a capital and at least two small
    letters) and each acronym (at least two capitals) that follows a small letter or a digit.
    """
    fixed = {"class_name": class_name}
    return tuple(
        Architecture(name, n, "braindecode_net", "BraindecodeNet", source, fixed, exempt=exempt or {}) for n in (1, 2)
    )


_NUMPY_FILTERS = {"torch alone": "MNE computes its filters when the net is built"}
_NUMPY_SHAPE = {"torch alone": "it reads a shape through numpy when the net is built"}
_AUXILIARY = {"gradient": "forward discards the outputs of its four auxiliary heads unless return_features is set"}
_SOLVED = {
    "gradient": "it has no parameters; its weights are buffers that a closed-form solution fills",
    "output bias": "the closed-form solution includes the mean of the targets",
}
_PLAIN = "a plain CNN"
_ATTENTION = "Vaswani et al. (2017)"
_GATES = "Woo et al. (2018), Vaswani et al. (2017)"
_LATENCY = "Bai et al. (2018), Hu et al. (2018)"
_PRE_NORM = "Xiong et al. (2020)"

ARCHITECTURES: tuple[Architecture, ...] = (
    Architecture("cnn", 1, "cnn", "CompactResponseTimeCNN", _PLAIN, shipped_tag="c1-demo"),
    Architecture("cnn", 2, "cnn", "CompactExternalizingCNN", _PLAIN, shipped_tag="c2-demo"),
    *_both("lightweight_attn", "LightweightAttentionCNN", _ATTENTION, shipped_tags={1: "c1-demo"}),
    *_both("attn", "AttentionCNN", _ATTENTION),
    *_both("tcn", "TCN", "Bai et al. (2018)"),
    *_both("sparse_attn", "SparseAttentionCNN", _GATES),
    *_both("sparse_attn_large", "SparseAttentionLargeCNN", _GATES),
    *_both("compact_k5", "CompactK5CNN", _PLAIN),
    *_both("response_time_798k", "ResponseTimeCNN", _PLAIN),
    Architecture("latency_tcn", 1, "latency_tcn", "LatencyTCN", _LATENCY),
    Architecture("latency_unet", 1, "latency_unet", "LatencyUNet", "Ronneberger et al. (2015), over time"),
    Architecture("latency_attn", 1, "latency_attn", "LatencyAttentionCNN", _ATTENTION),
    Architecture("robust_transformer", 1, "robust_latency_transformer", "RobustLatencyTransformer", _PRE_NORM),
    Architecture("robust_transformer", 2, "robust_pooled_transformer", "RobustPooledTransformer", _PRE_NORM),
    Architecture("spectral_ridge", 2, "spectral_ridge", "SpectralRidge", "Hoerl & Kennard (1970)", exempt=_SOLVED),
    Architecture("spectral_mlp", 2, "spectral_mlp", "SpectralMLP", "a plain perceptron"),
    *_braindecode("eegnex", "EEGNeX", "Chen et al. (2024)"),
    *_braindecode("atc_net", "ATCNet", "Altaheri et al. (2022)"),
    *_braindecode("attention_base_net", "AttentionBaseNet", "Wimpff et al. (2023)"),
    *_braindecode("bdtcn", "BDTCN", "Gemein et al. (2020)"),
    *_braindecode("biot", "BIOT", "Yang et al. (2023)"),
    *_braindecode("contra_wr", "ContraWR", "Yang et al. (2023)"),
    *_braindecode("ct_net", "CTNet", "Zhao et al. (2024)"),
    *_braindecode("deep4_net", "Deep4Net", "Schirrmeister et al. (2017)"),
    *_braindecode("eeg_conformer", "EEGConformer", "Song et al. (2022)", _NUMPY_SHAPE),
    *_braindecode("eeg_inception_erp", "EEGInceptionERP", "Santamaria-Vazquez et al. (2020)"),
    *_braindecode("eeg_inception_mi", "EEGInceptionMI", "Zhang et al. (2021)"),
    *_braindecode("eeg_miner", "EEGMiner", "Ludwig et al. (2024)"),
    *_braindecode("eeg_net", "EEGNet", "Lawhern et al. (2018)"),
    *_braindecode("eeg_simple_conv", "EEGSimpleConv", "El Ouahidi et al. (2023)"),
    *_braindecode("eegit_net", "EEGITNet", "Salami et al. (2022)"),
    *_braindecode("eegtc_net", "EEGTCNet", "Ingolfsson et al. (2020)"),
    *_braindecode("fbc_net", "FBCNet", "Mane et al. (2021)", _NUMPY_FILTERS),
    *_braindecode("fbms_net", "FBMSNet", "Liu et al. (2022)", _NUMPY_FILTERS),
    *_braindecode("if_net", "IFNet", "Wang et al. (2023)", _NUMPY_FILTERS),
    *_braindecode("labram", "Labram", "Jiang et al. (2024)"),
    *_braindecode("msvt_net", "MSVTNet", "Liu et al. (2024)", _AUXILIARY),
    *_braindecode("scc_net", "SCCNet", "Wei et al. (2019)"),
    *_braindecode("shallow_fbcsp_net", "ShallowFBCSPNet", "Schirrmeister et al. (2017)"),
    *_braindecode("signal_jepa_post_local", "SignalJEPA_PostLocal", "Guetschel et al. (2024)"),
    *_braindecode("signal_jepa_pre_local", "SignalJEPA_PreLocal", "Guetschel et al. (2024)"),
    *_braindecode("sinc_shallow_net", "SincShallowNet", "Borra et al. (2020)"),
    *_braindecode("sleep_stager_chambon2018", "SleepStagerChambon2018", "Chambon et al. (2018)"),
    *_braindecode("sparc_net", "SPARCNet", "Jing et al. (2023)"),
    *_braindecode("sync_net", "SyncNet", "Li et al. (2017)"),
    *_braindecode("t_sception", "TSception", "Ding et al. (2020)"),
    *_braindecode("tid_net", "TIDNet", "Kostas & Rudzicz (2020)"),
    *_braindecode("u_sleep", "USleep", "Perslev et al. (2021)"),
    *(Architecture("constant", n, "constant", "Constant", "the baseline", value="value") for n in (1, 2)),
)


def find_architecture(name: str, challenge: int) -> Architecture:
    """Return the architecture of a name for a challenge.

    Parameters
    ----------
    name
        Registered name.
    challenge
        1 or 2.

    Raises
    ------
    RecipeError
        If the name is not registered, or not for this challenge.
    """
    for architecture in architectures_named(name):
        if architecture.challenge == challenge:
            return architecture
    raise RecipeError(
        f"{name} is not an architecture for challenge {challenge}",
        hint=f"subpack models --challenge {challenge} lists those that are",
    )


def architectures_named(name: str) -> tuple[Architecture, ...]:
    """Return the architectures of a name, one for each challenge that it serves.

    Raises
    ------
    RecipeError
        If the name is not registered.
    """
    found = tuple(architecture for architecture in ARCHITECTURES if architecture.name == name)
    if found:
        return found
    hint = did_you_mean(name, (architecture.name for architecture in ARCHITECTURES)) or "subpack models lists them"
    raise RecipeError(f"there is no architecture {name!r}", hint=hint)
