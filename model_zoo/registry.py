"""Every architecture, in one explicit table."""

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
    """One row of the table: what is built for one challenge under a registered name.

    Attributes
    ----------
    name, challenge
        Together the key.
    module
        File of the net in ``model_zoo/nets``, without suffix.
    class_name
        The net's class in that file.
    source
        Where the architecture is described.
    kwargs
        Keyword arguments of its class that the row fixes; a card and a manifest keep them.
    shipped_tag
        Tag of the weights that come with subpack; None where there are none.
    value
        Name of the keyword argument that stands behind a colon (``constant:-0.09``); the net then has no
        weights.
    exempt
        Facts of ``tests/model_zoo/test_nets.py`` that do not hold for it, each with the reason.
    """

    name: str
    challenge: int
    module: str
    class_name: str
    source: str
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    shipped_tag: str | None = None
    value: str | None = None
    exempt: Mapping[str, str] = field(default_factory=dict)

    def build(self, kwargs: Mapping[str, Any]) -> nn.Module:
        """Make a net with fresh weights.

        Parameters
        ----------
        kwargs
            Keyword arguments of its class beside those of the row; the defaults are the challenge's.
        """
        module = importlib.import_module(f"model_zoo.nets.{self.module}")
        net: nn.Module = getattr(module, self.class_name)(**{**self.kwargs, **kwargs})
        return net


def _both(
    name: str, class_name: str, source: str, *, shipped_tags: Mapping[int, str] | None = None
) -> tuple[Architecture, ...]:
    """Enter a net of our own for both challenges; its file has the architecture's name."""
    tags = shipped_tags or {}
    return tuple(Architecture(name, n, name, class_name, source, shipped_tag=tags.get(n)) for n in (1, 2))


def _braindecode(
    name: str, class_name: str, source: str, exempt: Mapping[str, str] | None = None
) -> tuple[Architecture, ...]:
    """Enter a net of braindecode 1.2.0 for both challenges.

    It is called by its class in snake case: an underscore before each word (a capital and two small letters
    or more), and before each acronym (two capitals or more) that follows a small letter or a digit.
    """
    fixed = {"class_name": class_name}
    return tuple(
        Architecture(name, n, "braindecode_net", "BraindecodeNet", source, fixed, exempt=exempt or {}) for n in (1, 2)
    )


_NUMPY_FILTERS = {"torch alone": "its filters are computed by MNE when it is built"}
_NUMPY_SHAPE = {"torch alone": "it reads a shape through numpy when it is built"}
_AUXILIARY = {"gradient": "its four auxiliary heads prediction only where features are asked for"}
_SOLVED = {"gradient": "it has no parameters: its weights are solved, not trained", "start": "its mean is solved too"}
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


def architecture(name: str, challenge: int) -> Architecture:
    """Look up an architecture.

    Parameters
    ----------
    name
        Registered name.
    challenge
        1 or 2.

    Raises
    ------
    RecipeError
        If there is none of that name for that challenge.
    """
    for row in rows_of(name):
        if row.challenge == challenge:
            return row
    raise RecipeError(
        f"{name} has no net for challenge {challenge}", hint=f"subpack models --challenge {challenge} lists what has"
    )


def rows_of(name: str) -> tuple[Architecture, ...]:
    """Look up what a name stands for, challenge by challenge.

    Raises
    ------
    RecipeError
        If no architecture has that name.
    """
    rows = tuple(row for row in ARCHITECTURES if row.name == name)
    if rows:
        return rows
    hint = did_you_mean(name, (row.name for row in ARCHITECTURES)) or "subpack models lists them"
    raise RecipeError(f"there is no architecture {name!r}", hint=hint)
