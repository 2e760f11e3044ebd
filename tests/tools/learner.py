"""A learner at a kernel, without a browser: runs cells, hears what widgets say."""

import os
import queue
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import nbformat
from jupyter_client.manager import KernelManager

WIDGET = "application/vnd.jupyter.widget-view+json"


class Learner:
    """A kernel of its own process, and the front end's side of its messages.

    - folder: the kernel's working folder
    - environment: the kernel's variables, this process's unless given
    - errors: what cells and widgets have raised, one line each
    - states: what is known of each widget, by its comm
    """

    def __init__(self, folder: Path, environment: Mapping[str, str] = os.environ):
        self.manager = KernelManager(kernel_name="python3")
        self.manager.kernel_spec.argv[0] = sys.executable
        self.manager.start_kernel(cwd=str(folder), env=dict(environment))
        self.client = self.manager.client()
        self.client.start_channels()
        self.errors: list[str] = []
        self.states: dict[str, dict] = {}
        try:
            self.client.wait_for_ready(timeout=120)
        except RuntimeError:
            self.close()
            raise

    @property
    def pid(self) -> int:
        return self.manager.provisioner.pid

    def close(self) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)

    def send(self, source: str, cell: str | None = None) -> str:
        """Ask for a cell to be run, as a front end does; the request's id."""
        content = {"code": source, "silent": False, "store_history": True, "allow_stdin": False}
        message = self.client.session.msg("execute_request", content, metadata={"cellId": cell})
        self.client.shell_channel.send(message)
        return message["header"]["msg_id"]

    def run(self, source: str, cell: str | None = None, seconds: float = 300) -> list[dict]:
        """Run a cell to its end; what it showed, as a notebook keeps it.

        Raises queue.Empty when the kernel says nothing for so many seconds.
        """
        return self.finish(self.send(source, cell), seconds)

    def finish(self, request: str, seconds: float = 300, interrupt: bool = False) -> list[dict]:
        """Wait for the end of a request; what it showed.

        interrupt: press the stop button when the kernel has been at it for 0.3 seconds; one that is
        about to begin does not hear it.
        """
        shown, named = [], {}  # what a progress bar shows is replaced, by its name
        press = None  # when the stop button is pressed
        while True:
            message = self._next(time.perf_counter() + seconds if press is None else press)
            if message is None and press is None:
                raise queue.Empty
            if message is None:
                self.manager.interrupt_kernel()
                press = None
                continue
            self._hear(message)
            if message["parent_header"].get("msg_id") != request:
                continue
            kind, content = message["msg_type"], message["content"]
            if interrupt and kind == "execute_input":
                press = time.perf_counter() + 0.3
            name = content.get("transient", {}).get("display_id")
            if kind in ("stream", "display_data", "execute_result", "error"):
                shown.append(nbformat.v4.output_from_msg(message))
                named[name] = shown[-1]
            if kind == "update_display_data" and name in named:
                named[name].data = nbformat.from_dict(content["data"])
            if kind == "status" and content["execution_state"] == "idle":
                return shown

    def _hear(self, message: dict) -> None:
        kind, content = message["msg_type"], message["content"]
        if kind == "error":
            self.errors.append(f"{content['ename']}: {content['evalue']}")
        if kind in ("comm_open", "comm_msg"):
            state = content["data"].get("state", {})
            self.states.setdefault(content["comm_id"], {}).update(state)
            if 'role="alert"' in str(state.get("value", "")):
                self.errors.append(state["value"])

    def explorer(self, shown: list[dict]) -> tuple[str, str] | None:
        """The comms of the first slider and the picture, if an explorer is among what was shown."""
        for output in shown:
            if view := output.get("data", {}).get(WIDGET):
                children = self.states[view["model_id"]]["children"]
                parts = [child.removeprefix("IPY_MODEL_") for child in children]
                models = [self.states[part]["_model_name"] for part in parts]
                wanted = ("SelectionSliderModel", "ImageModel")
                return tuple(parts[models.index(model)] for model in wanted)
        return None

    def _next(self, until: float) -> dict | None:
        """The next message, or None at that time."""
        try:
            return self.client.get_iopub_msg(timeout=max(0, until - time.perf_counter()))
        except queue.Empty:
            return None
