"""Commands and flags that fit a run."""

from model_zoo.figures import key_of, read_figures
from model_zoo.registry import ARCHITECTURES, find_architecture
from model_zoo.training.config import RunConfig
from submission_builder.workflows.train.next_steps import more_dropout, next_steps, smaller_net
from submission_builder.workflows.train.run_spec import RunSpec


def test_flags_fit_the_net(tmp_path):
    tcn = find_architecture("tcn", 1)
    assert more_dropout(tcn, {}) == "more dropout (--net drop_prob=0.4)"
    assert more_dropout(find_architecture("cnn", 1), {"drop_prob": [0.3, 0.6, 0.7]}) == (
        "more dropout (--net 'drop_prob=[0.4,0.7,0.7]')"
    )
    assert more_dropout(find_architecture("cnn", 1), {"drop_prob": [0.8, 0.3, 0.3]}) == (
        "more dropout (--net 'drop_prob=[0.8,0.4,0.4]')"
    )
    assert more_dropout(tcn, {"drop_prob": 0.7}) is None
    config = RunConfig(architecture="tcn", challenge=2, train=("x",), lr=2e-3)
    steps = next_steps(RunSpec(tcn, config), tmp_path / "my net.pt")
    assert steps.lower_learning_rate == "--lr 0.0002"
    assert steps.build == f"subpack build --c1 constant:1.6 --c2 '{tmp_path}/my net.pt'"
    ridge = RunConfig(architecture="spectral_ridge", challenge=2, train=("x",))
    assert next_steps(RunSpec(find_architecture("spectral_ridge", 2), ridge), tmp_path / "w.pt").regularise == ()


def test_a_smaller_net_has_at_most_half_the_parameters():
    architectures = [
        architecture for architecture in ARCHITECTURES if architecture.challenge == 1 and architecture.value is None
    ]
    sizes = {architecture.name: read_figures()[key_of(architecture)].parameters for architecture in architectures}
    for architecture in architectures:
        phrase = smaller_net(architecture)
        if phrase:
            assert (
                2 * sizes[phrase.removeprefix("a smaller net (subpack train ").removesuffix(")")]
                <= sizes[architecture.name]
            )
    assert smaller_net(min(architectures, key=lambda architecture: sizes[architecture.name])) is None
    assert smaller_net(find_architecture("tcn", 1))
