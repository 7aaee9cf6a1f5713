"""Scores of each net after the same training time: three minutes of one core per cell, two seeds, both challenges.

``python tests/benchmarks/training_table.py FOLDER`` simulates a training release and a test release, trains each net
with its shipped config (a net of braindecode: with the defaults), and prints the table in docs/training.md. The number
of epochs follows from the time of a training step, which is measured first. If one epoch takes longer than three
minutes, an epoch has as many windows as fit. A cell stops early after half of its epochs without a better validation
score. Imports, validation and the final scores are not part of the three minutes.

Cells with a card in FOLDER are not trained again, so an interrupted table can be resumed.
"""

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import click
import tomli_w
from joblib import Parallel, delayed

from model_zoo.registry import ARCHITECTURES, Architecture
from model_zoo.training.config import TrainConfig, read_config, shipped_configs

MAIN = (sys.executable, "-m", "submission_builder")
THEIRS = ("eegnex", "shallow_fbcsp_net", "eeg_conformer")
RELEASES = {
    "SIMULATED-train-seed1": ("--subjects", "150", "--trials", "36", "--seed", "1"),
    "SIMULATED-test-seed2": ("--subjects", "120", "--trials", "24", "--seed", "2"),
}
TRAIN, TEST = RELEASES
BATCH, N_STEPS = 64, 5
DEFAULT = TrainConfig()


def in_table(architecture: Architecture) -> bool:
    ours = architecture.class_name != "BraindecodeNet" and architecture.value is None
    return ours or architecture.name in THEIRS


def settings(architecture: Architecture) -> dict[str, Any]:
    """Return the shipped config of a net, or the defaults; `robust_transformer` is trained with the latency loss."""
    config = (
        read_config(architecture.name)
        if architecture.name in shipped_configs()
        else {"architecture": architecture.name}
    )
    latency = architecture.challenge == 1 and architecture.name == "robust_transformer"
    return config | {"challenge": architecture.challenge} | ({"loss": "latency"} if latency else {})


def step_s_per_window(architecture: Architecture, config: dict[str, Any]) -> float:
    """Measure the processor time of one training step, per window."""
    import torch  # noqa: PLC0415 - the cell's own process imports it

    torch.set_num_threads(1)
    net = architecture.build(config.get("net", {})).train()
    if not any(p.requires_grad for p in net.parameters()):
        return 0.0
    optimiser = torch.optim.AdamW(net.parameters())
    X, y = 1e-5 * torch.randn(BATCH, 129, 200), torch.randn(BATCH, 1)

    def step() -> None:
        optimiser.zero_grad()
        torch.nn.functional.mse_loss(net(X), y).backward()
        optimiser.step()

    step()  # warm-up
    start = time.process_time()
    for _ in range(N_STEPS):
        step()
    return (time.process_time() - start) / (N_STEPS * BATCH)


def cell(folder: Path, architecture: Architecture, seed: int, minutes: float, n_windows: int) -> None:
    """Train one net for one challenge from one seed; its card records the scores."""
    tag = f"c{architecture.challenge}-seed{seed}"
    of_cell = folder / "runs" / f"{architecture.name}.{tag}"
    if of_cell.with_name(f"{of_cell.name}.json").exists():
        return
    config = settings(architecture)
    s = step_s_per_window(architecture, config)
    affordable = round(60 * minutes / s) if s else n_windows
    epochs = min(max(1, affordable // n_windows), config.get("epochs", DEFAULT.epochs))
    config |= {"epochs": epochs, "patience": max(4, epochs // 2), "seed": seed, "tag": tag, "device": "cpu"}
    config |= {"train": [str(folder / TRAIN)], "test": str(folder / TEST)}
    if affordable < n_windows:
        config["epoch_windows"] = affordable
    file = of_cell.with_name(f"{of_cell.name}.toml")
    file.write_text(tomli_w.dumps(config))
    run = [*MAIN, "train", "--config", file, "-o", file.parent, "--force"]
    done = subprocess.run(run, capture_output=True, text=True, check=False)
    click.echo(f"{of_cell.name}, {epochs} epochs: {done.stderr if done.returncode else 'done'}")


def release(folder: Path, name: str) -> dict[str, Any]:
    if not (folder / name).exists():
        subprocess.run([*MAIN, "simulate", str(folder / name), *RELEASES[name]], check=True)
    content: dict[str, Any] = json.loads((folder / name / "dataset_description.json").read_text())["Simulated"]
    return content


def line(folder: Path, architecture: Architecture, ideal: float) -> tuple[float, str]:
    cards = sorted((folder / "runs").glob(f"{architecture.name}.c{architecture.challenge}-seed*.json"))
    tests = [json.loads(card.read_text())["scores"]["test"] for card in cards]
    if not tests:
        return 9.0, f"| `{architecture.name}` | {architecture.challenge} | not run | | |"
    scores = [test["nrmse"] for test in tests]
    mean = sum(scores) / len(scores)
    low, high = min(test["interval"][0] for test in tests), max(test["interval"][1] for test in tests)
    gain = round((1 - mean) / (1 - ideal), 2) + 0.0  # no -0 %
    shown = " · ".join(f"{score:.3f}" for score in scores)
    return (
        mean,
        f"| `{architecture.name}` | {architecture.challenge} | {shown} | {low:.2f} to {high:.2f} | {gain:.0%} |",
    )


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--minutes", default=3.0, help="Training time per cell, on one core.")
@click.option("--seeds", default=2)
@click.option("--jobs", default=2, help="Parallel cells, each on one thread.")
def main(folder: Path, minutes: float, seeds: int, jobs: int) -> None:
    (folder / "runs").mkdir(parents=True, exist_ok=True)
    train, test = (release(folder, name) for name in RELEASES)
    architectures = [architecture for architecture in ARCHITECTURES if in_table(architecture)]
    cells = sorted(
        ((architecture, seed) for architecture in architectures for seed in range(seeds)),
        key=lambda cell: cell[0].challenge,
    )
    n_windows = {n: round((1 - DEFAULT.val_share) * train["windows"][f"challenge{n}"]) for n in (1, 2)}
    Parallel(jobs)(
        delayed(cell)(folder, architecture, seed, minutes, n_windows[architecture.challenge])
        for architecture, seed in cells
    )
    click.echo("| net | challenge | nrmse by seed | 95 % interval | share of the ideal gain |\n|---|---|---|---|---|")
    for n in (1, 2):
        lines = [
            line(folder, architecture, test["ideal"][f"challenge{n}"])
            for architecture in architectures
            if architecture.challenge == n
        ]
        click.echo("\n".join(text for _, text in sorted(lines)))


if __name__ == "__main__":
    main()
