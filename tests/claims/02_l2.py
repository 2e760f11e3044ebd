"""What notebook 02 says, judged in its own kernel."""

# %%
# after: l2-44-eigenbasis
assert gap < 1e-8
assert factors.min() > 0

# %%
# after: l2-48-ridge-says
# "The largest coefficient is that of direction 10; a few per cent of it are left; next to nothing"
turned = solutions @ V.T
assert turned[0].abs().argmax() == 9
lowest_error = int(ridge_errors["val"].argmin())
assert factors[lowest_error, 9] < 0.1
gain = float(ridge_errors["val"][0] - ridge_errors["val"][lowest_error])
assert gain < 0.02
assert (solutions != 0).all()

# %%
# after: l2-06-one-weight
assert abs(after_one_step(weight_decay=0.01) - after_one_step(lam=0.005)) < 1e-6
assert abs(after_one_step(weight_decay=0.01) - after_one_step(lam=0.01)) > 1e-3

# %%
# after: l2-08-network
# "The first two are as good as equal … The third visibly is not": over seeds and processors 2e-4
# at most, and 0.02
apart = {name: float((weights - written).abs().max()) for name, weights in others.items()}
assert apart["SGD(weight_decay=0.01)"] < 1e-3
assert apart["train.fit, λ = 0.005"] < 1e-3
assert apart["the loop, λ = 0.01"] > 1e-2

# %%
# after: l2-25-solutions
assert (by_sklearn - ridge(0.05)).abs().max() < 1e-6

# %%
# after: l2-14-see
# "At λ = 0 the training error is 0 … about a quarter … no longer 0 … steeply … most alike"
assert noisy.train_error[0, :, -1].max() == 0
none_end, none_stopped = at_end[0].mean(), stopped[0].mean()
assert 0.2 < none_end < 0.29
lowest = int(at_end.mean(1).argmin())
assert noisy.train_error[lowest, :, -1].mean() > 0.05
assert at_end[-1].mean() > 0.85
one_answer = [len(a.unique()) == 1 for a in noisy.predict(split.val.x)[-1].argmax(-1)]
assert sum(one_answer) > len(one_answer) / 2
zeros = sum(int((w == 0).sum()) for w in layers.values())
assert zeros == 0
# "Without any penalty, stopped early, better than with any λ at the end"
assert none_stopped < at_end.mean(1).min()

# %%
# after: l2-17-lies
# "repeats all 30 … fewer than half and, for about half, names the digit"
assert wrong.sum() == 30
assert repeats[0] == 1
assert repeats[best] < 0.5
assert corrects[best] > 0.4

# %%
# after: l2-20a-patience
assert theirs.tolist() == [list(pair) for pair in ours]

# %%
# after: l2-20e-patience-says
# "Too little patience …; from a moderate patience on one and the same step; …worse the longer"
means = {name: rows.mean(1) for name, rows in by_patience.items()}
assert means["weights kept"][0] > means["weights kept"][-1] + 0.004
at_50 = patiences.index(50)
steady = (ends[at_50:, :, 0] == ends[-1, :, 0]).float().mean()
assert steady > 0.8
assert means["weights at the end"][-1] > means["weights at the end"][patiences.index(10)] + 0.02

# %%
# after: l2-68-test-says
# "the penalty alone gains a good deal … stopping gains more … Both together are no better"
tests = {name: judged(noisy, *rule) for name, rule in rules.items()}
end, l2_end, stop, l2_stop = (errors.mean() for errors in tests.values())
assert end - l2_end > 0.04
assert l2_end - stop > 0.01
both = tests["no penalty, stopped"] - judged(noisy, kept, best_stopped)
assert both.mean() < 0.015
# "With right labels stopping gains nothing …; a quarter of a point to one and a half"
clean_end, clean_stop, clean_l2 = (errors.mean() for errors in by_clean.values())
assert clean_end - clean_stop < 0.01
assert 0 < clean_stop - clean_l2 < 0.02
assert clean_end - clean_l2 < clean_stop - clean_l2 + 0.002  # "by less over … the end"
# "takes a Σw² about half as large again. Correct the labels, and both go down"
assert 1.35 < sizes[0] / sizes[1] < 1.65
assert end - stop > 0.08

# %%
# after: l2-28-adam
# "wipes these weights out …; AdamW multiplies every weight alike"
start_size = before[..., blank].abs().mean()
for a in (0.002, 0.02):
    adam = trained(torch.optim.Adam, a).weights["linear1.weight"][0][..., blank].abs().mean()
    assert adam / start_size < 0.01
    adamw = trained(torch.optim.AdamW, a).weights["linear1.weight"][0][..., blank].abs().mean()
    assert abs(float(adamw / start_size) - (1 - 3e-3 * a) ** 200) < 1e-3

# %%
# after: l2-30-adam-map
# "Tuned, the two end within a point or so … neither is better than without decay"
found = {}
for name, (val, test) in table.items():
    i, j = divmod(int(val.mean(-1).argmin()), 5)
    found[name] = float(test[i, j].mean())
    undecayed = int(val[:, 0].mean(-1).argmin())
    gained = test[undecayed, 0].mean() - test[i, j].mean()
    assert gained < 0.01
difference = abs(found["Adam"] - found["AdamW"])
assert difference < 0.025

# %%
# after: l2-36-intercept
prediction = float((ones @ w).mean())
assert abs(prediction - 5 / 1.2) < 0.01
