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
tests = {name: np.array([run["test_error"] for run in row]) for name, row in rows.items()}
augmented = tests["augmentation"]
assert [augmented.mean().round(3), augmented.std().round(3)] == [0.43, 0.013]
assert [np.mean(kept).round(3), np.std(kept).round(3)] == [0.488, 0.004]
assert [tests["L2"].mean().round(3), tests["L2"].std().round(3)] == [0.486, 0.009]
for name in ("augmentation", "mixup", "label smoothing", "dropout"):
    assert tests[name].mean() < np.mean(kept) - 0.02
assert tests["augmentation + dropout"].mean() > tests["augmentation"].mean()
# "L2 and L1 gain about one picture in a hundred when they may stop as well … 0.473, 0.476, 0.485"
stopped = {name: looks[name].min(1).mean() for name in ("none", "L2", "L1")}
assert [round(stopped["L2"], 3), round(stopped["L1"], 3)] == [0.473, 0.476]
assert round(stopped["none"], 3) == 0.485
assert [tests["L1"].mean().round(3), tests["L1"].std().round(3)] == [0.505, 0.007]
# "the best looks prefer the same ones"
preferred = {"L2": 0.002, "L1": 1e-5, "dropout": 0.3}
for name, value in preferred.items():
    sweep = sweeps[name]
    assert sweep["values"][1:][sweep["val_error"][1:].min(-1).mean(1).argmin()] == value
    assert sweep["values"][1:][sweep["val_error"][1:, :, -1].mean(1).argmin()] == value
left = np.mean([run["train_error"][-1] for run in rows["augmentation + dropout"]])
assert left.round(2) == 0.42
for file, at in (("cifar10_smoothing", 0.2), ("cifar10_mixup", 1.0)):
    sweep = results.read(file)
    assert sweep["values"][sweep["val_error"][..., -1].mean(1).argmin()] == at
    assert at == max(sweep["values"])
    assert sweep["values"][sweep["val_error"].min(-1).mean(1).argmin()] == at

# %%
# after: cifar-49-longer-see
end_gap, best_gap = (
    float(np.diff([e[:, -1].mean() if last else e.min(1).mean() for e in longer["val_error"]])[0])
    for last in (True, False)
)
assert round(-end_gap, 3) == 0.045
assert round(-best_gap, 3) == 0.019

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
