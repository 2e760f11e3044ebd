"""What notebook 01 says, judged in its own kernel."""

# %%
# after: concept-degree-live
# "falls all the way … lowest at a small degree … more than a thousand times larger"
assert not (degree_train[0].diff() > 1e-9).any()
best_degree = int(degree_val[0].argmin()) + 1
assert best_degree <= 6
assert degree_val[0, 14] > 1000 * degree_val[0].min()

# %%
# after: concept-degree-see
# "The curve goes wrong at an end first"; "with 160 points degree 15 is almost harmless"
off = (curves[0, 14] - truth).abs()
assert grid[off.argmax(), 0].abs() > 0.8
assert degree_val[3, 14] < 1.3 * degree_val[3].min()
assert degree_val.min() > 0.07  # "no curve can have a validation error far below" 0.09

# %%
# after: concept-lambda-see
# "in the hundreds of thousands … hundreds of times smaller … a third … nearly as good"
largest = weights.abs().amax(1)
assert 1e5 < largest[0] < 1e6
assert 100 < largest[0] / largest[1] < 1000
assert not (lam_train.diff() < -1e-9).any()
squares = weights.square().sum(1)
assert (squares[1:] <= squares[:-1] * (1 + 1e-9)).all()
share = float(cost[best] / (cost[best] + lam_train[best]))
assert 0.25 < share < 0.42
assert lam_val[best] < 1.2 * degree_val[0, 2]
assert 0.85 < min(path) / lam_val[best] < 1.15  # "gradient descent … comes about as low"
assert lam_val[-1] > 3 * lam_val[best]
assert lam_train[-1] > 5 * lam_train[best]

# %%
# after: concept-bias-see
# "On the left all the error is variance … on the right … wrong together"
assert variance[0] > 0.9 * expected[0]
assert bias[-1] > 5 * variance[-1]
assert 0 < lowest < 31
assert bias[0].isnan()

# %%
# after: concept-geometry-see
# "both L2 weights shrink together, and neither stops at zero"; "w₂ is exactly zero while w₁ works"
assert (l2_path[1:] < l2_path[:-1]).all()
assert (l2_path > 0).all()
alone = (l1_path[:, 1] == 0) & (l1_path[:, 0] != 0)
assert alone.sum() >= 3
assert (l1_path[-1] == 0).all()

# %%
# after: concept-geometry-see
# "w* is also the point of lowest loss inside the ball", tried at points of the L1 ball
inside = torch.randn(2000, 2, generator=torch.Generator().manual_seed(0)).double()
inside = inside / inside.abs().sum(1, keepdim=True) * l1_path[16].abs().sum()
gaps = inside - c
losses = 0.5 * torch.einsum("ni,ij,nj->n", gaps, A, gaps)
lowest_loss = 0.5 * (l1_path[16] - c) @ A @ (l1_path[16] - c)
assert losses.min() > lowest_loss - 1e-9

# %%
# after: concept-network-train
# The loop and the sweep agree.
apart = abs(float(wrong - same.val_error[same.at(0.02), 0, -1]))
assert apart < 0.015

# %%
# after: concept-network-see
# "learns all its labels by heart, and gets about a quarter of the fresh digits wrong"
none_end, none_stopped = at_end[0, 0, 0].mean(), stopped[0, 0, 0].mean()
assert table("train_error")[0, 0, 0, :, -1].max() == 0
assert 0.2 < none_end < 0.3
assert none_stopped < 0.17
# "L2 and dropout lower the error at the end a good deal, L1 hardly"
lowest_end = at_end[0].mean(-1).amin(-1)
assert none_end - lowest_end[0] > 0.03
assert none_end - lowest_end[2] > 0.02
assert none_end - lowest_end[1] < 0.03
# "Stopping early without any method is better than every method run to the end"
assert none_stopped < lowest_end.min()
# "a method that may stop as well ends about on the line"
assert stopped[0].mean(-1).amin(-1).min() > none_stopped - 0.02
# right labels: "The errors are small"
assert stopped[1].mean(-1).amin(-1).max() < 0.12

# %%
# after: concept-test-see
# "with wrong labels hardly any of the three gets that far": no gain of two points
for j in range(3):
    k = int(stopped[0, j].mean(1).argmin())
    judged = test[0, j, k].gather(-1, kept[0, j, k][:, None])[:, 0].mean()
    none = test[0, 0, 0].gather(-1, kept[0, 0, 0][:, None])[:, 0].mean()
    assert none - judged < 0.02

# %%
# after: concept-plain-loop
assert lowest < 0.13
