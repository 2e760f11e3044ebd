"""What notebook 04 states about dropout, each formula against a simulation or a library that would show it wrong."""

import torch

from regutils import data, models, sweep


def test_sweep_ends_without_a_progress_bar():
    split = data.digits(20)
    result = sweep.sweep(lambda: models.MLP(64, 10), split, [0.0], penalty=None, seeds=[0], steps=3, lr=0.1, every=2,
                         progress=False)
    assert result.steps.tolist() == [2, 3]


def test_models_of_a_sweep_over_p_have_their_p_and_their_weights():
    split, ps = data.digits(20), [0.0, 0.5]
    result = sweep.sweep(lambda: models.MLP(64, 16, 16, 10, dropout=0.1), split, [0.0, 0.0], penalty=None, seeds=[0, 1],
                         steps=2, lr=0.1, vary={"dropout.p": ps}, progress=False)
    for k, p in enumerate(ps):
        model = result.model(k, 1)
        assert float(model.dropout.p) == float(model.dropout2.p) == p
        torch.testing.assert_close(model(split.val.x), result.predict(split.val.x)[k, 1])
        assert torch.equal(model.train()(split.val.x), model(split.val.x)) == (p == 0)
