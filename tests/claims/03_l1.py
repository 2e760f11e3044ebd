"""What notebook 03 says of L1, judged in its own kernel."""

# %%
# after: l1-22-toy-see
# The text: "at λ = 0.6 it is 0.6"; from 1.2 on the soft threshold stays at 0, the other does not.
assert (prox[5, 0, -1] - 0.6).abs() < 1e-3
assert (prox[8:, 0, -1] == 0).all()
assert (sub[7:, 0, 1:] != 0).all()
late = sub[8, 0, 30:]
assert late.max() - late.min() > 0.3
assert torch.equal(
    soft_threshold(torch.linspace(-2, 2, 41), 0.7),
    penalties.soft_threshold(torch.linspace(-2, 2, 41), 0.7),
)

# %%
# after: l1-06-biases
# The text: "dozens of times smaller", and torch.norm is deprecated.
assert 24 < W.abs().sum() / torch.linalg.norm(W, 1) < 64
assert "deprecated" in torch.norm.__doc__
assert loss - data_loss > data_loss

# %%
# after: l1-15-loop
# The text: the loop and train.sweep give the same.
assert off < 1e-3

# %%
# after: l1-17-count-see
# The text: "hardly any weight is exactly 0, although most are tiny"; "leaves most at exactly 0".
assert zeros["SGD, |w| in the loss"] < 0.001
assert zeros["Adam, |w| in the loss"] < 0.001
assert 0.75 < zeros["SGD, soft threshold"] < 0.9
assert min(small.values()) > 0.75

# %%
# after: l1-30-sklearn
# The text: the referee agrees, on the weights and on which of them are 0.
assert off < 1e-6
assert torch.equal(w1[0, 9] == 0, theirs == 0)

# %%
# after: l1-34-sparse-see
# The text: with 5 true features L1's error is several times smaller than ridge's, the refit's
# lowest; stopping early is no better than ridge.
mean = {name: e.mean(1) for name, e in judged.items()}
assert 3 * mean["L1"][0] < mean["L2"][0]
assert mean["L1, refit"][0] < mean["L1"][0]
assert (mean["L2"] - mean["λ = 0, stopped early"]).abs().max() < 0.02
# "L1 finds all five, and at the λ that predicts best keeps a dozen or two of false ones".
best = squared_error(*val, w1).argmin(-1)[: len(SEEDS)]
rows_of = torch.arange(len(SEEDS))
at_best = kept[: len(SEEDS)][rows_of, best]
found = (at_best & (truth[: len(SEEDS)] != 0)).sum(-1)
others = (at_best & (truth[: len(SEEDS)] == 0)).sum(-1).double().mean()
assert (found == 5).all()
assert 8 < others < 28
# "A larger λ removes the false ones"; "short of their refitted values, on average by roughly λ/2
# once λ is not small … from 1 itself they are further away": 0.25 to 0.39 λ at λ = 0.1
assert false[0, 17] < 3
alive = kept[: len(SEEDS), 9] & (truth[: len(SEEDS)] != 0)
is_, again = (w[: len(SEEDS), 9][alive].abs() for w in (w1, refit))
short = (again - is_).mean() / grid[9]
assert 0.2 < short < 0.6
true_kept = kept[: len(SEEDS), 17] & (truth[: len(SEEDS)] != 0)  # λ = 1
lost = (refit[: len(SEEDS), 17].abs() - w1[: len(SEEDS), 17].abs())[true_kept] / grid[17]
assert 0.4 < lost.mean() < 0.75
assert (1 - is_).mean() > (again - is_).mean()

# %%
# after: l1-34-sparse-see-2
# The text: with 20 ahead, and varying much more; with 100 far worse from λ = 0.01 on.
assert mean["L1"][1] < mean["L2"][1]
assert judged["L1"][1].std() > 2 * judged["L1"][0].std()
worse = (error["L1"][2].mean(0) - error["L2"][2].mean(0))[1:18]
assert worse.min() > 0.15
assert (squared_error(*val, w1)[-len(SEEDS) :].argmin(-1) == 0).all()

# %%
# after: l1-38-bootstrap-see
# The text on paths, the four errors, and the bars.
off_and_on = (lasso[:-1] == 0) & (lasso[1:] != 0)
signs = lasso[:, 6].sign()
assert signs[0] > 0 > signs[13]
assert [names[j] for j in range(10) if off_and_on[:, j].any() and j != 6] == []
assert (ridge != 0).all()
assert ridge[-1, 9] > 2 * ridge[0, 9]
four = torch.stack([errors["L1"][0], stopped, errors["L2"].min(), errors["L1"].min()])
assert four.max() - four.min() < 0.01
assert share[13, [1, 2, 3, 6, 8]].min() > 0.9
assert share[13, [0, 4, 5, 7, 9]].max() < 0.9
tc, ldl = boot[:, 13, 4], boot[:, 13, 5]
assert 0.5 < (tc & ~ldl).double().mean() < 0.65
assert 0.12 < (ldl & ~tc).double().mean() < 0.26

# %%
# after: l1-47-network-see
# The text: eight constant pixels, emptied; more than a third of zeros costs nothing, nine tenths
# about a point; gains of a point at most.
constant = digits.train.x.std(0) == 0
assert constant.sum() == 8
assert (layer[0, 4][..., constant] == 0).all()
assert zeros[0, 1].mean() > 0.33
assert (at_end[0, 1] - at_end[0, 0]).mean().abs() < 0.006
assert zeros[0, 4].mean() > 0.9
assert 0 < (at_end[0, 4] - at_end[0, 0]).mean() < 0.02
best = stopped.mean(-1).argmin(-1)
gains = torch.stack([(judged[i, 0] - judged[i, best[i]]).mean() for i in range(5)])
assert gains.max() < 0.02
assert gains[3] > gains[0] - 0.004
# "beyond that it climbs faster"; "too much for L1 and L2, though not for the group lasso"
rises = at_end[:, -1].mean(-1) - at_end[:, 0].mean(-1)
assert rises[0] > 2 * (at_end[0, 4] - at_end[0, 0]).mean()
assert rises[[0, 3]].min() > 0.01 > rises[1]

# %%
# after: l1-68-group-see
# The text: whole columns; fewer pixels than L1, more connections; wrong labels.
on = (layer[1] != 0).sum(-2)
assert ((on == 0) | (on == 64)).all()
assert pixels[1, 6].mean() < pixels[0, 5].mean()
assert zeros[1, 6].mean() < zeros[0, 5].mean() - 0.2
assert at_end[2, 0].mean() > 2 * at_end[0, 0].mean()
assert stopped[2, 0].mean() < at_end[2].mean(-1).min()
# "with stopping L1 adds about a point, and L2 as much"
assert 0.002 < gains[2] < 0.018
assert (gains[4] - gains[2]).abs() < 0.008

# %%
# after: l1-52-prune-see
# "rise by a few points at most"; with 3 % only L1's is as before; the top 3 % hold more with L2
rise = torch.stack([(e[5] - e[-1]).mean() for e in pruned.values()])
assert rise.max() < 0.05
assert pruned["L1"][2].mean() < pruned["L1"][-1].mean() + 0.02
assert pruned["none"][2].mean() > 1.5 * pruned["L1"][2].mean()
assert pruned["L2"][2].mean() > pruned["none"][2].mean()
spread = [
    layer[i, k].square().flatten(1).sort(descending=True).values for i, k in ((0, 0), (3, cheap[3]))
]
tops = [(squares[:, :123].sum(1) / squares.sum(1)).mean() for squares in spread]
assert tops[1] > tops[0] + 0.03
