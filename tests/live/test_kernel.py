"""What a real IPython kernel shows: cells that are run again, the stop button, bars."""

from pathlib import Path

import pytest
from jupyter_client.manager import start_new_kernel

MAKE = """
import sys
sys.path.insert(0, FOLDER)
from moving import stem
from regutils import live, progress

def make(alt="one stem"):
    fig, _, panel = stem([0.0, 0.5])
    return live.explore(live.Canvas(fig, [panel], alt=alt), lambda k: f"x = {[0.0, 0.5][k]}",
                        x=live.slider([0.0, 0.5], "x"))
"""
TRAIN = """
taken = []
fig, _, panel = stem([1.0])
def count(x):
    taken.append(x)
box = live.play(live.Canvas(fig, [panel], alt="one stem"), count,
                lambda x: f"{len(taken)} steps", taken.clear, steps=10**9,
                x=live.slider([0.0, 0.5], "x"))
box.bar.train.value = True
"""


@pytest.fixture(scope="module")
def kernel():
    manager, client = start_new_kernel()
    try:
        run(client, MAKE.replace("FOLDER", repr(str(Path(__file__).parents[1]))))
        yield manager, client
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def run(client, code, cell=None):
    """Run code as a front end does; its messages."""
    heard = []
    content = {"code": code, "silent": False, "store_history": True, "allow_stdin": False}
    message = client.session.msg("execute_request", content, metadata={"cellId": cell})
    client.shell_channel.send(message)
    while True:
        answer = client.get_iopub_msg(timeout=60)
        if answer["parent_header"].get("msg_id") != message["header"]["msg_id"]:
            continue
        heard.append(answer)
        if answer["msg_type"] == "status" and answer["content"]["execution_state"] == "idle":
            break
    assert not [found["content"] for found in heard if found["msg_type"] == "error"]
    return heard


def printed(client, code) -> str:
    heard = run(client, f"print({code})")
    return "".join(m["content"]["text"] for m in heard if m["msg_type"] == "stream").strip()


ALIVE = "len(get_ipython().kernel.comm_manager.comms)"


@pytest.mark.parametrize("cells", ["named", "by source"])
def test_a_cell_run_thirty_times_leaves_the_widgets_of_one_run(kernel, cells):
    _, client = kernel
    cell = "abc" if cells == "named" else None
    run(client, "box = make(); other = make('another'); box", cell)
    before = printed(client, ALIVE)
    for _ in range(30):
        run(client, "box = make(); other = make('another'); box", cell)
    assert printed(client, ALIVE) == before
    run(client, "another = make()", "def")
    run(client, "box.set(x=0.5); other.set(x=0.5); another.set(x=0.5)")  # all live side by side


@pytest.fixture
def subshell(kernel):
    """A thread of the kernel's own, in which JupyterLab has it answer widgets."""
    _, client = kernel
    told = client.kernel_info(reply=True, timeout=60)["content"]
    if "kernel subshells" not in told.get("supported_features", ()):
        pytest.skip("this ipykernel has no subshells")
    client.control_channel.send(client.session.msg("create_subshell_request"))
    return client.get_control_msg(timeout=60)["content"]["subshell_id"]


COUNTED = """
import threading
seen, working, moved = [], False, threading.Event()
def reading(k):
    seen.append((k, threading.current_thread() is threading.main_thread(), working))
    return f"x = {k}"
fig, _, panel = stem(range(10))
box = live.explore(live.Canvas(fig, [panel], alt="a stem"), reading, x=live.slider(range(10), "x"))
seen.clear()
"""


def test_what_comes_through_a_subshell_waits_for_the_cell_that_runs(kernel, subshell):
    _, client = kernel
    run(client, COUNTED)
    busy = {"code": "working = True; moved.wait(60); working = False", "silent": False}
    client.shell_channel.send(client.session.msg("execute_request", busy))
    wait = "import time\nwhile not working: time.sleep(0.01)\n"
    moves = wait + "for x in (3, 7, 2, 9): box.controls['x'].value = x\nmoved.set()"
    message = client.session.msg("execute_request", {"code": moves, "silent": False})
    message["header"]["subshell_id"] = subshell
    client.shell_channel.send(message)
    while printed(client, "box.reading") != "x = 9":
        pass
    assert printed(client, "seen[0]") == "(9, True, False)"  # of moves that wait the last one
    assert printed(client, "{drawn[1:] for drawn in seen}") == "{(True, False)}"
    while printed(client, "box.image.value == box.frame(x=9)[0]") != "True":
        pass  # until it has been sharpened


def test_training_pauses_at_an_interrupt_and_ends_when_its_cell_is_run_again(kernel):
    manager, client = kernel
    run(client, TRAIN, "training")
    while int(printed(client, "len(taken)")) == 0:
        pass
    manager.interrupt_kernel()
    while printed(client, "box.bar.train.value") == "True":
        pass
    stopped = printed(client, "len(taken)")
    run(client, "import asyncio; await asyncio.sleep(0.2)")
    assert printed(client, "len(taken)") == stopped
    run(client, "box.bar.train.value = True")  # and it can be started again
    while printed(client, "len(taken)") == stopped:
        pass
    run(client, "before = box")
    run(client, TRAIN, "training")
    run(client, "await before.player.task")
    run(client, "box.bar.train.value = False; await box.player.task")


def test_nothing_is_left_of_a_progress_bar(kernel):
    _, client = kernel
    heard = run(client, "for _ in progress.bar(range(3), 'work', delay=0): pass")
    assert not [message for message in heard if message["msg_type"] == "stream"]
    drawn = [m["content"] for m in heard if m["msg_type"].endswith("display_data")]
    assert "work" in drawn[0]["data"]["text/plain"] and drawn[-1]["data"] == {}
    assert len({each["transient"]["display_id"] for each in drawn}) == 1
