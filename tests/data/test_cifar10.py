"""CIFAR-10: each fault of a download against a server on loopback."""

import hashlib
import http.server
import io
import os
import pickle
import resource
import subprocess
import sys
import tarfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch

from regutils import data


def _batch(seed: int, n: int = 20) -> bytes:
    rng = np.random.default_rng(seed)
    pixels = rng.integers(0, 256, (n, 3072), dtype=np.uint8)
    return pickle.dumps({"data": pixels, "labels": rng.integers(0, 10, n).tolist()})


@pytest.fixture(scope="module")
def archive() -> tuple[bytes, dict[str, bytes]]:
    """A small archive in CIFAR-10's own format, and its files."""
    files = {f"data_batch_{i}": _batch(i) for i in range(1, 6)} | {"test_batch": _batch(6)}
    files["batches.meta"] = pickle.dumps({"label_names": [f"class {c}" for c in range(10)]})
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(f"cifar-10-batches-py/{name}")
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return buffer.getvalue(), files


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    answer = staticmethod(lambda handler: None)

    def handle_error(self, *_):  # a client that gave up is what some tests are about
        pass


@pytest.fixture
def server(archive, monkeypatch):
    """A server on loopback that torchvision's CIFAR10 believes in; `answer` says how it behaves."""
    datasets = pytest.importorskip("torchvision.datasets")

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.server.requests += 1
            self.server.answer(self)

        def log_message(self, *_):
            pass

    server = Server(("127.0.0.1", 0), Handler)
    server.requests, server.content = 0, archive[0]
    server.answer = send
    threading.Thread(target=server.serve_forever, daemon=True).start()
    md5 = {name: hashlib.md5(content).hexdigest() for name, content in archive[1].items()}
    kind = datasets.CIFAR10
    server.here = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setattr(kind, "url", f"{server.here}/cifar-10-python.tar.gz")
    monkeypatch.setattr(kind, "tgz_md5", hashlib.md5(archive[0]).hexdigest())
    batches = [[name, md5[name]] for name in (f"data_batch_{i}" for i in range(1, 6))]
    monkeypatch.setattr(kind, "train_list", batches)
    monkeypatch.setattr(kind, "test_list", [["test_batch", md5["test_batch"]]])
    monkeypatch.setattr(kind, "meta", kind.meta | {"md5": md5["batches.meta"]})
    yield server
    server.shutdown()
    server.server_close()


def send(handler, upto: int | None = None, pause: float = 0.0, content: bytes | None = None):
    """The archive, or its first `upto` bytes; with `pause`, byte by byte."""
    content = handler.server.content if content is None else content
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(content)))
    handler.end_headers()
    for i in range(0, len(content[:upto]), 1 if pause else len(content)):
        handler.wfile.write(content[:upto][i : i + 1] if pause else content[:upto])
        time.sleep(pause)


def left_behind(home: Path) -> list[str]:
    """What stands in a folder, without the lock; what may be resumed as its size in bytes."""
    paths = home.iterdir() if home.is_dir() else ()
    return sorted(
        f"{path.stat().st_size} bytes" if path.suffix == ".part" else path.name
        for path in paths
        if path.suffix != ".lock"
    )


def status(code: int):
    return lambda handler: handler.send_error(code)


def test_download_gives_the_pictures_in_order_and_only_once(server, tmp_path, archive):
    found = data.cifar10(tmp_path / "new" / "folder")
    assert found.x.shape == (100, 3, 32, 32) and found.x.dtype == torch.uint8
    assert found.x.is_contiguous()
    first = pickle.loads(archive[1]["data_batch_1"])
    assert torch.equal(found.x[:20], torch.from_numpy(first["data"]).view(20, 3, 32, 32))
    assert found.y[:20].tolist() == first["labels"]
    test = pickle.loads(archive[1]["test_batch"])["data"]
    assert torch.equal(found.test.x, torch.from_numpy(test).view(-1, 3, 32, 32))
    assert found.classes == tuple(f"class {c}" for c in range(10)) and found.source == "CIFAR-10"
    data.cifar10(tmp_path / "new" / "folder")
    assert server.requests == 1
    assert left_behind(tmp_path / "new" / "folder") == ["cifar-10-batches-py"]


@pytest.mark.parametrize("name", ["cifar-10-python.tar.gz", ".cifar-10-python.tar.gz.part"])
def test_a_whole_archive_put_there_by_hand_or_not_yet_unpacked_needs_no_server(
    name, server, tmp_path
):
    server.answer = status(503)
    (tmp_path / name).write_bytes(server.content)
    assert len(data.cifar10(tmp_path).x) == 100 and server.requests == 0
    by_hand = {name} - {".cifar-10-python.tar.gz.part"}
    assert left_behind(tmp_path) == sorted({"cifar-10-batches-py"} | by_hand)


def test_without_download_nothing_is_asked(server, tmp_path):
    with pytest.raises(data.Unavailable, match=r"is not in .*download=True"):
        data.cifar10(tmp_path, download=False)
    assert server.requests == 0 and left_behind(tmp_path) == []


def test_bad_archive_put_there_by_hand_is_left_alone(server, tmp_path):
    (tmp_path / "cifar-10-python.tar.gz").write_bytes(server.content[:-100])
    with pytest.raises(data.Unavailable, match="put the whole archive there"):
        data.cifar10(tmp_path)
    assert (tmp_path / "cifar-10-python.tar.gz").read_bytes() == server.content[:-100]


def test_tampered_file_is_never_unpickled_and_is_replaced(server, tmp_path):
    class Bomb:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "exploded",))

    data.cifar10(tmp_path)
    (tmp_path / "cifar-10-batches-py" / "data_batch_3").write_bytes(pickle.dumps(Bomb()))
    assert len(data.cifar10(tmp_path).x) == 100
    assert server.requests == 2 and left_behind(tmp_path) == ["cifar-10-batches-py"]


def ranges(handler):
    """A server that sends the rest only, when asked for it; notes what it was asked."""
    wanted = handler.headers.get("Range")
    handler.server.asked.append(wanted)
    content = handler.server.content
    start = int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted else 0
    handler.send_response(206 if wanted else 200)
    handler.send_header("Content-Length", str(len(content) - start))
    handler.end_headers()
    handler.wfile.write(content[start:])


def test_a_broken_download_goes_on_in_the_middle(server, tmp_path):
    server.asked, server.answer = [], lambda handler: send(handler, upto=5000)
    with pytest.raises(data.Unavailable):
        data.cifar10(tmp_path)
    server.answer = ranges
    assert len(data.cifar10(tmp_path).x) == 100
    assert server.asked == ["bytes=5000-"]
    assert left_behind(tmp_path) == ["cifar-10-batches-py"]


def test_mirrors_are_tried_in_order_and_checked_alike(server, tmp_path, monkeypatch):
    here = server.here
    monkeypatch.setenv("REGUTILS_MIRRORS", f"{here}/none, {here}/other\n{here}/mirror")
    asked = []

    def answer(handler):
        asked.append(handler.path)
        if handler.path == "/none":
            handler.send_error(404)
        else:
            send(handler, content=b"another file" if handler.path == "/other" else None)

    server.answer = answer
    assert len(data.cifar10(tmp_path).x) == 100
    assert asked == ["/none", "/other", "/mirror"], "torchvision's own address comes last"


def test_when_no_address_has_it_each_is_named_with_its_reason(server, tmp_path, monkeypatch):
    monkeypatch.setenv("REGUTILS_MIRRORS", f"{server.here}/mirror no-address-at-all")
    server.answer = status(503)
    with pytest.raises(data.Unavailable, match=r"mirror: .*503.*no-address.*cifar-10.*503"):
        data.cifar10(tmp_path)


def test_the_home_folder_is_a_tilde(server, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    data.cifar10("~/one")
    monkeypatch.setenv("REGUTILS_DATA", "~/two")
    data.cifar10()
    assert left_behind(tmp_path) == ["one", "two"]


FAULTS = {
    "stops half-way": (lambda h: send(h, upto=5000), "ended after 5,000 of", ["5000 bytes"]),
    "hangs half-way": (
        lambda h: (send(h, upto=5000), time.sleep(2)),
        "the server stopped answering",
        ["5000 bytes"],
    ),
    "truncated": (lambda h: send(h, content=h.server.content[:-1000]), "MD5 sum differs", []),
    "a portal": (lambda h: send(h, content=b"<html>Please log in</html>"), "MD5 sum differs", []),
    "no HTTP": (lambda h: h.wfile.write(b"nonsense\r\n"), "nonsense", []),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_the_server_is_one_sentence_and_the_next_call_goes_on(
    server, tmp_path, fault, monkeypatch
):
    monkeypatch.setattr(sys.modules[data.Unavailable.__module__], "TIMEOUT", 0.5)
    server.answer, says, kept = FAULTS[fault]
    with pytest.raises(data.Unavailable) as caught:
        data.cifar10(tmp_path)
    message = str(caught.value)
    assert all(part in message for part in (says, "by hand", str(tmp_path), "coloured_digits"))
    assert "\n" not in message and left_behind(tmp_path) == kept
    server.answer = send
    assert len(data.cifar10(tmp_path).x) == 100


def test_a_mirror_that_sends_half_of_another_file_is_not_in_the_way(server, tmp_path, monkeypatch):
    def answer(handler):
        if handler.path == "/bad":
            send(handler, upto=3000, content=b"x" * len(server.content))
        else:
            ranges(handler)

    monkeypatch.setenv("REGUTILS_MIRRORS", f"{server.here}/bad")
    server.asked, server.answer = [], answer
    assert len(data.cifar10(tmp_path).x) == 100
    assert server.asked == ["bytes=3000-", None]


def test_two_kernels_at_once_download_once(server, tmp_path):
    one, two = ThreadPoolExecutor(2).map(data.cifar10, [tmp_path] * 2, timeout=60)
    assert torch.equal(one.x, two.x)
    assert server.requests == 1


def test_full_disk(server, tmp_path):
    """No file may grow beyond 4 KiB: what a full disk does to a write."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    try:
        with pytest.raises(data.Unavailable, match="too large"):
            data.cifar10(tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert len(data.cifar10(tmp_path).x) == 100


def test_torchvision_of_another_build(tmp_path):
    (tmp_path / "torchvision").mkdir()
    broken = 'raise RuntimeError("operator torchvision::nms does not exist")'
    (tmp_path / "torchvision" / "__init__.py").write_text(broken)
    code = (
        "from regutils import data\ntry: data.cifar10('x')\nexcept OSError as e: print(e)\n"
        "data.coloured_digits()"
    )
    here = Path(data.__file__).parents[2]
    env = os.environ | {"PYTHONPATH": f"{tmp_path}{os.pathsep}{here}"}
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=env)
    assert "does not fit torch" in run.stdout and run.stdout.count("\n") == 1
    assert "pip install --upgrade torch torchvision" in run.stdout
