"""Work on several processors: each piece once, and what goes wrong is told."""

from __future__ import annotations

import threading
from functools import partial

import pytest

from gradcli.processors import Aside, Shared, cores, side_by_side


def test_each_piece_is_done_once() -> None:
    done: list[int] = []
    left = Shared(range(1000))
    side_by_side(lambda: done.extend(left), 3)
    assert sorted(done) == list(range(1000))


def test_there_is_a_processor() -> None:
    assert cores() >= 1


def test_what_a_thread_raises_is_raised_here_when_all_have_ended() -> None:
    left = Shared(range(10**9))
    begun = threading.Barrier(3)

    def work() -> None:
        begun.wait()
        if threading.current_thread() is not threading.main_thread():
            left.stop()
            raise ValueError("no")
        for _ in left:
            pass

    with pytest.raises(ValueError, match="no"):
        side_by_side(work, 3)
    assert list(left) == []


def test_where_no_thread_can_be_had_this_one_does_it_all(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    done: list[int] = []
    left = Shared(range(10))
    side_by_side(lambda: done.extend(left), 4)
    assert done == list(range(10))


@pytest.mark.parametrize("threads", [1, 2])
def test_pieces_beside_are_done_in_order(threads: int) -> None:
    aside = Aside(threads)
    done: list[int] = []
    for k in range(100):
        aside.do(partial(done.append, k))
    aside.wait()
    assert done == list(range(100))


def test_this_thread_goes_on_beside_a_piece() -> None:
    aside, here, there = Aside(2), threading.Event(), threading.Event()

    def work() -> None:
        here.wait()
        there.set()

    aside.do(work)
    here.set()
    aside.wait()
    assert there.is_set()


def test_what_a_piece_raised_is_raised_by_the_next_or_the_end_and_once() -> None:
    aside = Aside(2)
    done: list[int] = []

    def fail() -> None:
        raise ValueError("no")

    aside.do(fail)
    with pytest.raises(ValueError, match="no"):
        aside.do(partial(done.append, 1))
    aside.do(fail)
    with pytest.raises(ValueError, match="no"):
        aside.wait()
    aside.wait()
    assert not done


def test_pieces_are_done_here_where_no_thread_can_be_had(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    aside = Aside(2)
    done: list[threading.Thread] = []
    aside.do(partial(done.append, threading.current_thread()))
    assert done == [threading.current_thread()]
