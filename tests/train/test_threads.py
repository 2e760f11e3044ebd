"""Threads are given up where others work, and taken back: a machine that is made up, no clock."""

import pytest
import torch

from regutils.train import threads
from regutils.train.threads import Look, Sharing, fitting, look, room


@pytest.mark.parametrize(
    ("idle", "own", "cores"), [(0.0, 2.0, 2.0), (0.0, 1.0, 1.0), (1.5, 0.5, 2.0), (0.2, 0.6, 0.8)]
)
def test_room_is_what_is_idle_and_what_is_ours(idle, own, cores):
    before, after = Look(10.0, 5.0, 1.0), Look(11.0, 5.0 + idle, 1.0 + own)
    assert room(before, after) == pytest.approx(cores)


@pytest.mark.parametrize(
    ("cores", "most", "threads"),
    [(2.0, 2, 2), (1.7, 2, 2), (1.6, 2, 1), (0.1, 2, 1), (8.0, 4, 4), (2.9, 4, 3)],
)
def test_threads_fit_the_room_and_never_exceed_the_users_number(cores, most, threads):
    assert fitting(cores, most) == threads


@pytest.fixture
def two_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def made_up(moments):
    """Looks at a machine of two cores whose other processes take so much, a second apart."""
    at, idle, own = -1e9, 0.0, 0.0
    for others, ours in moments:
        at, idle, own = at + 1, idle + 2 - others - ours, own + ours
        yield Look(at, idle, own)


def test_a_thread_is_given_up_and_taken_back(two_threads):
    moments = [(0.0, 0.0), (1.0, 1.0), (1.0, 1.0), (0.0, 1.0)]
    looks = made_up(moments)
    sharing = Sharing(lambda: next(looks))
    seen = []
    for _ in moments[1:]:
        sharing()
        seen.append(torch.get_num_threads())
    assert seen == [1, 1, 2]


def test_a_number_that_the_user_sets_is_the_most(two_threads):
    looks = made_up([(0.0, 0.0), (0.0, 2.0), (0.0, 1.0)])
    sharing = Sharing(lambda: next(looks))
    torch.set_num_threads(1)
    sharing()
    sharing()
    assert torch.get_num_threads() == 1 and sharing.most == 1


def test_the_machine_can_be_looked_at():
    first, second = look(), look()
    assert second.at > first.at and second.idle >= first.idle and second.own >= first.own


def test_nothing_changes_where_bits_matter(two_threads):
    looks = made_up([(0.0, 0.0), (1.5, 0.5), (1.5, 0.5)])
    sharing = Sharing(lambda: next(looks))
    sharing.steady = True
    sharing()
    assert torch.get_num_threads() == 2
    sharing.steady = False
    sharing()
    assert torch.get_num_threads() == 1


def test_steady_threads_end_as_they_began():
    with threads.steady_threads(), threads.steady_threads():
        before = torch.get_num_threads()
    assert torch.get_num_threads() == before
