"""What notebook 07 says of λ that moves while a network trains, judged in its own kernel."""

# %%
# after: play-05-desk
# "At λ = 0 the validation loss falls, then it rises while the training loss goes on falling."
# "… none is exactly 0."
from statistics import fmean

from regutils.course.exercises.playground import edge as right_edge
from regutils.course.playground import TrainingSession, parse
from regutils.course.recorded.small import SCHEDULES

curves = explorer_live.session.run.curves
ghost = explorer_live.session.ghost
assert curves["step"][-1] == ghost["step"][-1] == 1020
assert fmean(ghost["val_loss"][-10:]) > 1.4 * min(ghost["val_loss"])
assert fmean(ghost["train_loss"][-10:]) < fmean(ghost["train_loss"][10:20])
assert explorer_live.session.run.zeros == (0, 320)
assert len(explorer_live.scenes()) == 2
assert "from fresh weights" in explorer_live.reading

# %%
# after: play-06-desk-says
# Said of any such run, so judged on five draws of points, weights and batches.
sessions = []
for seed in range(5):
    session = TrainingSession(parse(f"data=moons wrong=0.2 draw={seed} seed={seed}"))
    start = session.setting
    for step in range(1020):
        if step == 600:
            before = session.run.trainer.model(session.run.trainer.split.train.x).argmax(1)
            session.apply(**vars(start) | {"lam": 0.01})
        session.step()
    session.cold_measured = session.start_cold()
    for _ in range(1020):
        session.cold.step()
    sessions.append((session, before))


def tail(session, name, end=None):
    return fmean(session.run.curves[name][:end][-10:])


# "When λ comes, the validation loss falls at once, within 60 steps or so."
falls = [s.run.curves["val_loss"][33] < tail(s, "val_loss", 31) for s, _ in sessions]
assert sum(falls) >= 4
# "The run that was steered and the cold run end close together."
apart = [abs(tail(s, "val_loss") - fmean(s.cold.curves["val_loss"][-10:])) for s, _ in sessions]
assert max(apart) < 0.1
# "It lies below both." "Stopping … gave a lower validation loss than λ = 0.01 in the end."
ahead = [tail(s, "val_loss") - s.best("val_loss") for s, _ in sessions]
assert sum(gap > 0 for gap in ahead) >= 4
# "Most of the wrong labels are no longer repeated."
repeated = []
for session, _ in sessions:
    x, y = session.run.trainer.split.train
    clean = parse(f"data=moons wrong=0 draw={session.setting.draw}")
    wrong = y != playground.TrainingSession(clean).run.trainer.split.train.y
    found = session.run.trainer.model.eval()(x).argmax(1)
    repeated.append(float((found == y)[wrong].float().mean()))
assert max(repeated) < 0.5
# "The weights become smaller."
smaller = [tail(s, "penalty") / tail(s, "penalty", 31) for s, _ in sessions]
assert max(smaller) < 0.6
# "λ holds the loss about where it is to the last of the 3,000 steps."
held = []
for session, _ in sessions:
    then = tail(session, "val_loss")
    while session.run.trainer.steps < 3000:
        session.run.step()
    held.append(max(tail(session, "val_loss", n) for n in range(61, 152)) / then)
assert max(held) < 1.15

# %%
# after: play-08-late
# "This loop does what the run above did"
assert abs(by_hand - in_playground) < 0.02

# %%
# after: play-14-code-same
assert abs(theirs - ours) < 1e-3

# %%
# after: play-11-schedules-says
end = dict(zip(shapes, runs["val_loss"][:, :, -1]))
error = dict(zip(shapes, runs["val_error"][:, :, -1]))
best = stopped["val_loss"]
for name, shape in shapes.items():
    assert all(abs(SCHEDULES[name](f) - shape[round(600 * f)]) < 1e-9 for f in (0, 0.25, 0.5, 0.9))
said = {"late": 0.56, "rising": 0.56, "from the start": 0.57, "early": 0.68, "falling": 0.70}
for name, loss in said.items():
    assert abs(end[name].mean() - loss) < 0.006
assert abs(without["val_loss"][:, -1].mean() - 1.53) < 0.005
assert abs(best.mean() - 0.51) < 0.005
assert min((best < end[name]).sum() for name in ("late", "rising", "from the start")) == 7
assert (best < end["falling"]).all() and (best < end["early"]).all()
for name in ("late", "rising"):
    k = list(shapes).index(name)
    own = runs["val_loss"][k].min(-1)
    assert abs(own.mean() - 0.49) < 0.005
    assert abs((best - own).mean() - 0.02) < 0.002
    assert abs((best - own).std(ddof=1) / 10**0.5 - 0.014) < 0.0015
for name, said in (("late", 0.176), ("rising", 0.175)):
    assert abs(runs["val_error"][list(shapes).index(name)].min(-1).mean() - said) < 6e-4
assert abs(stopped["val_error"].mean() - 0.187) < 6e-4
assert abs(error["from the start"][1] - 0.51) < 0.005
assert abs(error["late"][1] - 0.21) < 0.005 and abs(error["rising"][1] - 0.21) < 0.005

# %%
# after: play-18-experiment-1
# The solution: "the validation error falls, though not below that of λ = 0 at its best step"
for draw in range(3):
    session = TrainingSession(parse(f"data=moons wrong=0.3 lr=0.05 width=32 draw={draw}"))
    for step in range(2800):
        if step == 2000:
            learned = tail(session, "val_error")
            session.apply(**vars(session.setting) | {"lam": 0.01})
        session.step()
    forgotten = tail(session, "val_error")
    assert session.best("val_error") < forgotten < learned


# %%
# after: play-25-ex2-solution
# "Momentum makes training more tolerant": SGD on λw² alone diverges from (1 + m)/lr on.
def size_after(lam, lr, momentum, steps=400):
    w = torch.ones((), requires_grad=True)
    sgd = torch.optim.SGD([w], lr=lr, momentum=momentum)
    for _ in range(steps):
        sgd.zero_grad()
        (lam * w.square()).backward()
        sgd.step()
    return float(w.detach().abs())


for lr, momentum in ((0.05, 0.0), (0.5, 0.5), (0.5, 0.9)):
    at = right_edge.right(lr, momentum)
    assert size_after(0.97 * at, lr, momentum) < 1e-2
    assert not size_after(1.03 * at, lr, momentum) < 1e2  # or nan
