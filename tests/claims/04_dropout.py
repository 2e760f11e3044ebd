"""What notebook 04 says of dropout, judged in its own kernel."""

# %%
# after: dropout-06-moments
# "the mean does not move … the variance is p/(1 − p)·x²"; "about an eighth of itself"
assert (many.mean(1) - 1).abs().max() < 0.07
assert torch.allclose(many.var(1), ps / (1 - ps), rtol=0.1)
eighth = units.square().sum().sqrt() / units.sum()
assert 0.11 < eighth < 0.14

# %%
# after: dropout-08-torch
assert gap < 1e-6

# %%
# after: dropout-20-train
# "the same input gives the same output … a good part of the answers change … more are wrong"
assert report["eval"][0] == 0
changed = report["train"][0]
assert changed > 0.15
assert report["train"][1] > report["eval"][1] + 0.03

# %%
# after: dropout-28-below-says
# "through most of the run the printed loss lies above the validation loss … the whole network has
# a much lower loss on its training digits"
above = (losses[0] > losses[2]).float().mean()
assert above > 0.6
assert losses[1, 60:].mean() < 0.5 * losses[2, 60:].mean()

# %%
# after: dropout-30-forgot-train-measured
assert gap < 1e-4

# %%
# after: dropout-33-same
off_by = abs(float(wrong - swept.val_error[0, 0, -1]))
assert off_by < 0.01

# %%
# after: dropout-37-what
# "at the end falls for all four: hidden takes off a few points, pixels and both far more"
fallen = at_end[0, :, 0].mean(-1) - at_end[0].mean(-1).amin(1)
assert fallen[0] > 0.015
assert fallen[1:3].min() > 1.4 * fallen[0]
assert fallen[3] > 0.03
by_heart = table("train_error")[0, 0, 0, :, -1].max()  # "learns all of them by heart"
assert by_heart == 0
# "hidden and L2 stay close to the line … pixels and both run clearly below"
below = stopped[0, :, 0].mean(-1) - stopped[0].mean(-1).amin(1)
assert below[[0, 3]].max() < 0.025
assert below[1:3].min() > 1.4 * below[[0, 3]].max()
assert below[1:3].min() > 0.015
# "L2 and hidden rise above the line at the largest strength; pixels are still low there; at
# p = 0.8 in both places far above everything else"
last = stopped[0, :, -1].mean(-1)
assert last[[0, 3]].min() > stopped[0, 0, 0].mean() > last[1]
assert last[2] > 1.6 * last[[0, 1, 3]].max()
assert last[2] > 0.3
low = at_end[0, 2, 2].mean()  # "both at p = 0.4: the curve at the end is low, too"
assert low < stopped[0, 2, 0].mean() + 0.01
not_learnt = table("train_error")[0, 2, 2, :, -1].mean()
assert not_learnt > 0.05  # "learns the wrong labels so slowly"

# %%
# after: dropout-81-test-says
# "hidden gains little or nothing, and so does L2; pixels and both clearly more"
mean_gain = gain.mean(-1)
assert -0.006 < mean_gain[0, 0] < 0.02
assert -0.006 < mean_gain[0, 3] < 0.02
assert mean_gain[0, 1:3].min() > 0.012
assert mean_gain[0, 1:3].min() > 1.5 * mean_gain[0, [0, 3]].max()
assert (gain[0, 1:3] > 0).sum(-1).min() >= 4
# "With right labels … the gains are small or none"
assert -0.004 < mean_gain[1].min() < mean_gain[1].max() < 0.022
# "hidden and L2, run to the end, do worse than nothing stopped early"
assert ends[0, 0].mean() < -0.02
assert ends[0, 3].mean() < 0

# %%
# after: dropout-53-coadapt-says
# "without dropout it costs several times as much; stopping early gives hardly any protection;
# input dropout no better than none, rather worse"
quarter = rise[:, 3].mean(-1)
assert quarter[0] > 2 * quarter[2]
assert quarter[1] > 0.6 * quarter[0]
assert quarter[3] > quarter[0]
assert rise[:, 1].mean(-1).max() < 0.02

# %%
# after: dropout-57-ensemble-says
# "one mask is bad, ten much better, from twenty on little changes"
arithmetic, geometric = means.mean(-1).unbind(1)  # (p, number of masks)
assert (arithmetic[:, 0] / arithmetic[:, 3]).min() > 1.2
assert (arithmetic[:, 4] - arithmetic[:, 5]).abs().max() < 0.06
plain, scaled = whole.mean(-1).T
assert ((geometric[:, -1] / plain) - 1).abs().max() < 0.1
assert arithmetic[0, -1] < plain[0] - 0.1  # "at small p clearly lower"
assert arithmetic[2:, -1].sub(plain[2:]).min() > -0.02  # "at p = 0.6 that advantage is gone"
assert arithmetic[3, -1] > plain[3] + 0.1  # "at 0.8 the whole is better"
best = torch.minimum(arithmetic[:, -1], plain)
assert (scaled - best).max() < 0.05  # "never far from the better of the two"
assert scaled[3] < best[3]  # "at p = 0.8 it is ahead of both"
lowest = torch.cat([means.mean(-1).flatten(), whole.mean(-1).flatten()]).min()
assert early.mean() < lowest  # "stopped in time has a lower loss than any of them"

# %%
# after: dropout-62-linear-explorer
assert torch.allclose(simulated, formula, rtol=0.08)
assert torch.allclose(ours, theirs.float(), rtol=1e-3, atol=1e-4)
doubled = X * torch.tensor([2.0] + [1.0] * 9)  # "no prediction changes"
moved = (doubled @ solution(doubled, y, 0.5) - X @ solution(X, y, 0.5)).abs().max()
assert moved < 1e-4
assert (ours[:-1] * ours[1:] < 0).any(0).sum() >= 2  # "some change sign on the way"
assert (ours.norm(dim=1).diff() < 0).all()

# %%
# after: dropout-74-maps-say
# "to nearly nine tenths … the guess 0 is worse than the mean … between a third and a half"
single, map_gone = near.values()
assert 0.82 < single < 0.93
assert map_gone < 0
assert 0.3 < others < 0.55
