"""What notebook 06 says, judged in its own kernel."""

# %%
# after: choosing-05-sweep
# "train.sweep does the same": rounding may turn an answer.
most_apart = max(map(abs, apart))
assert most_apart <= 2

# %%
# after: choosing-06-truth
# "the score is 0.2 + 0.78 · true error": two labels, each wrong by itself, of ten classes.
coin = torch.Generator().manual_seed(0)
n_drawn, n_others = 400_000, torch.randint(1, 10, (2, 400_000), generator=coin)
spoiled = torch.rand(2, n_drawn, generator=coin) < torch.tensor([[0.3], [0.2]])
answer_less_label = (spoiled * n_others).diff(dim=0)[0] % 10
measured = float((answer_less_label != 0).double().mean())
assert abs(measured - (0.2 + 0.7 / 0.9 * 0.3)) < 0.004

# %%
# after: choosing-07-explorer-says
# Recorded, so exact: 40; 2.9, 1.8, 1.2, 1.1, 2.2 and under one point; 0.3, 4.8, 9.7
right_choices = (chosen == truth.argmin(1)).sum(-1)
assert right_choices[0, 0] == 40

said = {(0, 0): 2.9, (2, 0): 1.8, (2, 1): 1.2, (3, 0): 1.1, (1, 4): 2.2}
furthest = max(abs(float(points[at]) - value) for at, value in said.items())
assert furthest < 0.05
assert points[2:, 4].max() < 1
told = regret[3, 0] - regret[2, 1]
assert told.mean().abs() < told.std() / 10  # "cannot tell from 1.2"
assert default == 7
given = [100 * float(values.mean()) for values in rivals.values()]
assert abs(given[0] - 4.8) < 0.05
assert abs(given[1] - 0.3) < 0.05
assert abs(100 * float((truth[:, 0] - best).mean()) - 9.7) < 0.05
step_known = truth5[50:, 0, 0, truth5[:50, 0, 0].mean(0).argmin()]
assert abs(100 * float((step_known - best[50:]).mean()) - 3.4) < 0.05
# "eight of the ten values, from 0 to 0.128, while the best one is 0.032 or 0.064 in 99"
kinds_chosen = chosen[2, 0].unique().tolist()
assert len(kinds_chosen) == 8
assert (kinds_chosen[0], kinds_chosen[-1]) == (0, 8)
assert truth.argmin(1).bincount(minlength=10)[6:8].sum() == 99
single = scores[:, 0, :, 0]
ties = ((single <= single.amin(1, keepdim=True) + 1e-6).sum(1) > 1).sum()
assert ties > 50
by_weakest = truth[torch.arange(100), single.argmin(1)] - best  # "argmin … 4.7 … lowest … 2.9"
assert abs(100 * float(by_weakest.mean()) - 4.7) < 0.05

# %%
# after: choosing-09-se-says
# Recorded: 0.06 to 0.07 against 0.05; 1.3 to 1.5; 0.026 and 0.042; 1.8, 1.4, 1.0; 13 to 18
leads = torch.stack([lost[a] - lost[b] for a in rules for b in rules if a < b])  # the largest: 0.7
assert abs(leads.mean(1).max() - 0.7) < 0.05
assert (leads.mean(1).abs() > 0.2 * leads.std(1)).sum() == 1  # "only the largest …"
real_level, usual_level = score.std(0), se.square().mean(0).sqrt()
factor = real_level / usual_level
assert 1.29 < factor.min() < factor.max() < 1.5
assert 0.055 < real_level.min() < real_level.max() < 0.075
assert 0.045 < usual_level.min() < usual_level.max() < 0.054
assert abs(real_se[1] - 0.026) < 0.0005
assert abs(usual_se[1] - real_se[1]) < 0.001
assert real_se[1] < real_se[0] / 2
assert abs((once[:, 0] - once[:, 7]).mean(-1).std() - 0.042) < 0.0005
means = [float(values.mean()) for values in lost.values()]
assert max(abs(a - b) for a, b in zip(means, (1.8, 1.4, 1.0))) < 0.06
assert (low < 6).sum() == 24
assert (truth.argmin(1) < 6).sum() <= 1
worst = [float(values.max()) for values in lost.values()]
assert 12.5 < min(worst)
assert max(worst) < 18.5
# The formula: folds that correlate by ρ have the standard error σ/√K·√(1 + (K − 1)ρ).
rho = torch.stack([torch.corrcoef(once[:, k].T)[~torch.eye(5, dtype=bool)].mean() for k in ten])
by_formula = once.std(0).mean(-1) / 5**0.5 * (1 + 4 * rho).sqrt()
assert (by_formula / real_level - 1).abs().max() < 0.03

# %%
# after: choosing-13-optimism-says
# "14 to 18 points", "most of the formula"; "about half as much", "two to five tenths"
at_128 = dict(zip(KINDS, below.mean(-1)[:, -1].tolist()))
assert 14.5 < at_128["pure chance"] < 18
assert at_128["pure chance"] > 0.7 * lines["σ√(2 ln m)"][-1]
assert 0.4 < at_128["128 starts"] / at_128["pure chance"] < 0.65
assert 0.22 < at_128["8 λ × 16 starts"] / at_128["pure chance"] < 0.45
assert below.mean(-1)[:, 0].abs().max() < 1.3  # "At m = 1 the score is right on average"
assert max(abs(float(value)) for value in lines["nested, 8 λ × 16 starts"]) < 2
some, all_of_them = (drawn["8 λ × 16 starts"][i].truth.mean() for i in (0, -1))
assert all_of_them < some - 0.03
same = (torch.corrcoef(errors["128 starts"]).sum() - 128) / (128 * 127)
assert same > 0.5  # "They fail on the same pictures"

# %%
# after: choosing-22-sure-says
# Recorded: 79 to 91; 94 to 98; 95 to 98 of a hundred
share_of = {name: (round(float(s.min()), 2), round(float(s.max()), 2)) for name, s in holds.items()}
assert share_of == {"usual": (0.79, 0.91), "1.5 times": (0.94, 0.98), "nested": (0.95, 0.98)}
missed = ~usual.holds(on_scale)
# "Most that miss lie above the truth"
assert (on_scale < usual.error)[missed].double().mean() > 0.6
nested_off, off = ((intervals[k].error - on_scale).mean() for k in ("nested", "usual"))
assert 0 < nested_off < 0.6 * off  # "nested corrects its centre for that"

# %%
# after: choosing-25-contests-says
# Recorded: nine of ten by three points, eight of ten; 0.54; five points, eight points
won = {name: train.probability_better(c, none_stopped) for name, c in contest.items()}
assert abs(won["L2, stopped"][0] - 0.9) < 0.005
assert abs(won["input dropout, stopped"][0] - 0.8) < 0.005
assert abs(won["hidden dropout, stopped"][0] - 0.54) < 0.005
assert won["hidden dropout, stopped"][1] < 0.5 < won["input dropout, stopped"][1]
gaps = dict(zip(contest, apart.mean(1).tolist()))
assert abs(gaps["L2, stopped"] + 3.2) < 0.1
assert abs(gaps["none, to the end"] - 4.9) < 0.05
assert abs(gaps["none, to the end"] - gaps["L2, to the end"] - 8.2) < 0.1
assert abs(float(contest["L2, stopped"].mean()) - 0.219) < 0.0005
assert abs(float(contest["L2, to the end"].mean()) - 0.218) < 0.0005

# %%
# after: choosing-62-metric-says
# "two to eight times as strong"; over- and underconfident; the lines
stronger = lams[picked[0]] / lams[picked[1]]
assert 1.9 < stronger < 8.1
surer = [float(sure[k] - right[k].float().mean()) for k in (0, int(picked[0]))]
assert surer[0] > 0.1
sure0, right0 = confidence[0].flatten(), right[0].flatten().double()
dots = [(sure0 * 10).long() == b for b in range(10)]
large = [dot for dot in dots if dot.double().mean() > 0.05]  # of a twentieth of the answers
# "all but the smallest dots lie below the diagonal"
assert all(sure0[dot].mean() > right0[dot].mean() for dot in large)
assert surer[1] < -0.15
# "In error the best λ is then still one to four points better. In log loss … at most 0.03"
best = on_val.amin(-1).mean(-1).argmin(1)
gained = [float(at_stop[i, 0].mean() - at_stop[i, best[i]].mean()) for i in range(2)]
assert 0 < gained[0] < 0.045
assert abs(gained[1]) < 0.035

# %%
# after: choosing-53-lr-says
# "the lowest errors lie between a = 2 and a = 4 at every rate"; "most of the gain is lost"
test_at = at_end.mean(-1)  # (rate, decay)
off_lowest = (test_at[:, 4:6].amin(1) - test_at.amin(1)).max()
assert off_lowest < 0.01
steep = (test_at[:, [2, 6]].amin(1) - test_at.amin(1)).min()
assert steep > 0.02
kept = (test_at[3, 0] - test_at[3, 2]) / (test_at[3, 0] - test_at[3].min())
assert kept < 0.5
as_good = (stop[:2, 0] - test_at[:2].amin(1)).max()
assert as_good < 0.02
ahead = stop[3, 0] - stop[3, early[3]]  # "Where decay may stop too"
assert ahead > 0
loop_apart = abs(float(error) - float(valleys[0].test_error[4, 0, -1]))
assert loop_apart < 0.02

# %%
# after: choosing-33-fair-says
# Recorded: 0.251, 0.218, 0.238, 0.219, 0.248
fair = [none_stopped, contest["L2, to the end"], truth5[:, 0, 5, -1]]
fair += [contest["L2, stopped"], contest["hidden dropout, stopped"]]
off = [abs(float(e.mean()) - told) for e, told in zip(fair, (0.251, 0.218, 0.238, 0.219, 0.248))]
assert max(off) < 0.0006
