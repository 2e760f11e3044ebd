"""What notebook 05 says, judged in its own kernel. Recorded numbers are exact."""

# %%
# after: cifar-18-explorer-see
# "end 6 % above them … from epoch 5 on their mean is never more than 0.7 % away"
with_decay, without = summed
assert round(100 * (with_decay[:, -1].mean() / published[-1] - 1)) == 6
assert round(np.abs(without.mean(0) / published - 1)[4:].max(), 3) == 0.007

# %%
# after: cifar-08-network
assert same

# %%
# after: cifar-10-loop
# "a first epoch prints about 2.3 times the number of batches"
first_epoch = printed[0] / (len(dataloader) * np.log(10))
assert abs(first_epoch - 1) < 0.03
assert round(157 * np.log(10), 1) == 361.5

# %%
# after: cifar-14-fit
sums = len(dataloader) * np.array(history.running)
assert np.abs(sums / printed - 1).max() < 0.02

# %%
# after: cifar-20-analysis
# "the second only from the sixth epoch on: the first three falls grow, from 3.4 to 24.0"
falls = -np.diff(published)
assert falls[[0, 2]].round(1).tolist() == [3.4, 24.0]
assert (np.diff(falls[4:]) < 0).all()
assert falls[4] > falls[3]

# %%
# after: cifar-21-unseen
# "wrong on more than half … nearly as often … Weight decay made it worse on both"
means = {
    wd: [np.mean([run[f"{part}_error"][-1] for run in row]) for part in ("train", "val")]
    for wd, row in note["runs"].items()
}
for seen_error, unseen_error in means.values():
    assert seen_error > 0.5
    assert unseen_error - seen_error < 0.02
assert means["0.01"][0] > means["0"][0]
assert means["0.01"][1] > means["0"][1]

# %%
# after: cifar-24-random-see
# "falls just as nicely, while on other pictures about nine answers in ten stay wrong"
assert random_run.running[-1] < 0.6 * random_run.running[0]
assert random_run.val_error[-1] > 0.8

# %%
# after: cifar-30-merge
assert (one - two).abs().max() < 1e-3
assert sizes == [66250, 10250]

# %%
# after: cifar-42-l2-see
none_end, none_best = at_end[0, 0], best_look[0, 0]
assert [none_best.mean().round(3), none_best.std().round(3)] == [0.49, 0.001]
assert [none_end.mean().round(3), none_end.std().round(3)] == [0.494, 0.005]
l2 = sweeps["L2"]
lowest = best_look[0].mean(-1).argmin()
assert l2["values"][lowest] == 0.002
assert [best_look[0, lowest].mean().round(3), best_look[0, lowest].std().round(3)] == [0.475, 0.004]
# "In loss it gains much: 1.45 at the lowest look"; "Its neighbours have 0.462 and 0.472"
assert l2["val_loss"][0].min(-1).mean().round(2) == 1.45
neighbours = best_look[2, [2, 4]].mean(-1).round(3).tolist()
assert neighbours == [0.462, 0.472]
train_end, loss_end = (l2[field].mean(1)[:, -1] for field in ("train_error", "val_loss"))
assert train_end[[0, 7]].round(2).tolist() == [0.1, 0.36]
assert [loss_end[0].round(1), loss_end[7].round(2)] == [2.3, 1.35]
assert [train_end[8].round(2), at_end[0, 8].mean().round(2)] == [0.62, 0.62]
# "first in the large linear layer. At λ = 0.0003 nearly half is exactly 0"; "the smallest tried"
l1 = sweeps["L1"]
half, most = (zeros[1, 5:7] / sum(results.WEIGHTS.values())).round(2)
assert 0.4 < half < 0.5
assert [most, at_end[1, 6].mean().round(3)] == [0.86, 0.52]  # "at 0.0006"
assert best_look[1].mean(-1).argmin() == 1
assert best_look[1].mean(-1).min() > best_look[0].mean(-1).min()
# "At p = 0.3 … 0.447 ± 0.003 … From p = 0.3 to 0.6 the last look is the best one"
assert best_look[2].mean(-1).argmin() == 3
assert [best_look[2, 3].mean().round(3), best_look[2, 3].std().round(3)] == [0.447, 0.003]
assert (val[2, 3:7].argmin(-1) == 3).all()
assert 0.035 < none_best.mean() - best_look[2, 3].mean() < 0.05

# %%
# after: cifar-52-table-see
said = {
    "none": (0.492, 0.004),
    "L2": (0.471, 0.007),
    "L1": (0.484, 0.006),
    "dropout": (0.454, 0.005),
    "augmentation": (0.387, 0.011),
    "label smoothing": (0.450, 0.004),
    "mixup": (0.439, 0.006),
    "augmentation + dropout": (0.415, 0.002),
}
found = {name: (row.mean(), row.std()) for name, row in zip(longer["values"], tests)}
assert list(found) == list(said)
for name, row in found.items():
    assert np.abs(np.array(row) - said[name]).max() <= 0.0005 + 1e-9, name
left = dict(zip(longer["values"], longer["train_error"][..., -1].mean(-1).round(2)))
assert left["augmentation + dropout"] == 0.36
assert left["augmentation"] == 0.24
# "Without a method the best looks come after 6 to 10 epochs … With augmentation … 26 to 32"
epoch = dict(zip(longer["values"], np.array(longer["epochs"])[looks.argmin(-1)]))
assert sorted(epoch["none"])[::2] == [6, 10]
assert sorted(epoch["augmentation"])[::2] == [26, 32]
assert looks[0, :, -1].mean().round(3) == 0.525
assert [looks[4, :, :8].min(-1).mean().round(3), best[4].mean().round(3)] == [0.431, 0.383]
# Each strength is the one that its sweep preferred; two at the largest, L1 at the smallest.
preferred = {"cifar10_l2": 2e-3, "cifar10_l1": 1e-5, "cifar10_dropout": 0.3}
preferred |= {"cifar10_smoothing": 0.2, "cifar10_mixup": 1.0}
for file, value in preferred.items():
    sweep = results.read(file)
    assert sweep["values"][1:][sweep["val_error"][1:, :, -1].mean(1).argmin()] == value
jobs = longer["jobs"]
assert [jobs["L2"][0]["lam"], jobs["L1"][0]["lam"], jobs["dropout"][0]["p"]] == [2e-3, 1e-5, 0.3]
assert [jobs["label smoothing"][0]["label_smoothing"], jobs["mixup"][0]["mixup"]] == [0.2, 1.0]
assert [max(results.read(f)["values"]) for f in ("cifar10_smoothing", "cifar10_mixup")] == [0.2, 1]
# Question 5.6, after sixteen epochs; the summary's "one to two … nearly five".
sixteen = longer["train_error"][..., 7].mean(-1)
assert sixteen[7] > 3 * sixteen[0]
assert looks[7, :, :8].min(-1).mean() > looks[4, :, :8].min(-1).mean()
assert 0.01 < best[0].mean() - best[1].mean() < 0.02
assert 0.04 < looks[0, :, -1].mean() - looks[1, :, -1].mean() < 0.05

# %%
# after: cifar-57-live-see
# "Σw² is a small part of what it was … what comes down is the validation loss"
size, loss_now = np.array(curves["penalty"]), np.array(curves["val_loss"])
assert size[20] > 1.5 * size[0]
assert size[30] < 0.4 * size[20]
assert loss_now[28:].mean() < loss_now[18:21].mean()

# %%
# after: cifar-57-live-early
length = (early_curves["penalty"][4] / curves["penalty"][0]) ** 0.5  # at step 100
assert abs(length - 0.3) < 0.02  # "to about three tenths of its length"
assert min(early_curves["val_error"]) > 0.75
