"""Loaders of pictures: each fault of a download against a server on loopback, the stand-in."""

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
from pathlib import Path

import numpy as np
import pytest
import torch

from regutils import data, progress
from regutils.data import downloading, obtaining


def _file(name: str, content: bytes) -> tuple[tarfile.TarInfo, io.BytesIO]:
    info = tarfile.TarInfo(f"cifar-10-batches-py/{name}")
    info.size = len(content)
    return info, io.BytesIO(content)


def _batch(seed: int, n: int = 20) -> bytes:
    rng = np.random.default_rng(seed)
    return pickle.dumps(
        {
            "data": rng.integers(0, 256, (n, 3072), dtype=np.uint8),
            "labels": rng.integers(0, 10, n).tolist(),
        }
    )


@pytest.fixture(scope="module")
def archive() -> tuple[bytes, dict[str, bytes]]:
    """A small archive in CIFAR-10's own format, and its files."""
    files = {f"data_batch_{i}": _batch(i) for i in range(1, 6)} | {"test_batch": _batch(6)}
    files["batches.meta"] = pickle.dumps({"label_names": [f"class {c}" for c in range(10)]})
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, content in files.items():
            tar.addfile(*_file(name, content))
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
    monkeypatch.setattr(
        kind, "url", f"http://127.0.0.1:{server.server_port}/cifar-10-python.tar.gz"
    )
    monkeypatch.setattr(kind, "tgz_md5", hashlib.md5(archive[0]).hexdigest())
    monkeypatch.setattr(
        kind, "train_list", [[f"data_batch_{i}", md5[f"data_batch_{i}"]] for i in range(1, 6)]
    )
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


def status(code: int):
    return lambda handler: handler.send_error(code)


def left_behind(home: Path) -> list[str]:
    """What stands in a folder; what may be resumed as its size in bytes."""
    paths = home.iterdir() if home.is_dir() else ()
    return sorted(
        f"{path.stat().st_size} bytes" if path.suffix == ".part" else path.name for path in paths
    )


def test_download_gives_the_pictures_in_order_and_only_once(server, tmp_path, archive):
    found = data.cifar10(tmp_path / "new" / "folder")
    assert (
        found.x.shape == (100, 3, 32, 32)
        and found.x.dtype == torch.uint8
        and found.x.is_contiguous()
    )
    first = pickle.loads(archive[1]["data_batch_1"])
    assert torch.equal(found.x[:20], torch.from_numpy(first["data"]).view(20, 3, 32, 32))
    assert found.y[:20].tolist() == first["labels"]
    test = pickle.loads(archive[1]["test_batch"])["data"]
    assert torch.equal(found.test.x, torch.from_numpy(test).view(-1, 3, 32, 32))
    assert found.classes == tuple(f"class {c}" for c in range(10)) and found.source == "CIFAR-10"
    data.cifar10(tmp_path / "new" / "folder")
    assert server.requests == 1
    assert left_behind(tmp_path / "new" / "folder") == ["cifar-10-batches-py"]


def test_folder_is_the_environments(server, tmp_path, monkeypatch):
    monkeypatch.setenv("REGUTILS_DATA", str(tmp_path / "there"))
    data.cifar10()
    assert left_behind(tmp_path / "there") == ["cifar-10-batches-py"]


def test_archive_put_there_by_hand_needs_no_server(server, tmp_path):
    server.answer = status(404)
    (tmp_path / "cifar-10-python.tar.gz").write_bytes(server.content)
    assert len(data.cifar10(tmp_path).x) == 100
    assert server.requests == 0


@pytest.mark.parametrize(
    "fault, says, kept",
    [
        (status(404), "404", []),
        (status(503), "503", []),
        (
            lambda handler: send(handler, upto=5000),
            "the connection ended after 5,000 of",
            ["5000 bytes"],
        ),
        (lambda handler: send(handler, pause=0.05), "the server stopped answering", None),
        (
            lambda handler: (send(handler, upto=5000), time.sleep(3)),
            "the server stopped answering",
            ["5000 bytes"],
        ),
        (lambda handler: time.sleep(3), "the server stopped answering", []),
        (
            lambda handler: send(handler, content=handler.server.content[:-1000]),
            "MD5 sum differs",
            [],
        ),
        (
            lambda handler: send(handler, content=b"<html>Please log in</html>"),
            "MD5 sum differs",
            [],
        ),
        (lambda handler: handler.wfile.write(b"nonsense\r\n"), "nonsense", []),
    ],
    ids=[
        "404",
        "503",
        "stops half-way",
        "drips",
        "hangs half-way",
        "hangs",
        "truncated",
        "a portal",
        "no HTTP",
    ],
)
def test_fault_of_the_server_is_one_sentence_and_leaves_what_can_be_resumed(
    server, tmp_path, fault, says, kept
):
    server.answer = fault
    started = time.monotonic()
    with pytest.raises(data.Unavailable) as caught:
        data.cifar10(tmp_path, patience=0.5)
    assert time.monotonic() - started < 3
    message = str(caught.value)
    assert (
        says in message
        and "by hand" in message
        and str(tmp_path) in message
        and "coloured_digits" in message
    )
    assert "\n" not in message
    assert kept is None or left_behind(tmp_path) == kept
    server.answer = send
    assert len(data.cifar10(tmp_path).x) == 100


def test_no_network(server, tmp_path, monkeypatch):
    server.shutdown()
    server.server_close()
    with pytest.raises(data.Unavailable, match=r"refused.*by hand"):
        data.cifar10(tmp_path)


def test_without_download_nothing_is_asked(server, tmp_path):
    with pytest.raises(data.Unavailable, match=r"is not in .*download=True"):
        data.cifar10(tmp_path, download=False)
    assert server.requests == 0 and left_behind(tmp_path) == []


def test_bad_archive_put_there_by_hand_is_left_alone(server, tmp_path):
    (tmp_path / "cifar-10-python.tar.gz").write_bytes(server.content[:-100])
    with pytest.raises(data.Unavailable, match="left alone"):
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


def test_tampered_archive_with_the_right_sum_outside(server, tmp_path, monkeypatch):
    """Even if the archive's own sum were fooled, its files are checked before they are placed."""
    import torchvision

    monkeypatch.setattr(torchvision.datasets.CIFAR10, "test_list", [["test_batch", "0" * 32]])
    with pytest.raises(data.Unavailable, match="files are not CIFAR-10's"):
        data.cifar10(tmp_path)
    assert left_behind(tmp_path) == []


def test_interrupt_leaves_only_what_can_be_resumed(server, tmp_path, monkeypatch):
    def update(self, n):
        raise KeyboardInterrupt

    monkeypatch.setattr(progress.tqdm, "update", update)
    with pytest.raises(KeyboardInterrupt):
        data.cifar10(tmp_path)
    (left,) = left_behind(tmp_path)
    assert left.endswith(" bytes")
    monkeypatch.undo()


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


def test_what_another_process_left_is_taken_up(server, tmp_path):
    part = tmp_path / ".cifar-10-python.tar.gz.999999999-1.part"
    part.write_bytes(server.content[:6000])
    server.asked, server.answer = [], ranges
    assert len(data.cifar10(tmp_path).x) == 100
    assert server.asked == ["bytes=6000-"]


@pytest.mark.parametrize("answer", [ranges, send], ids=["ranges", "no ranges"])
def test_a_half_file_that_does_not_match_is_thrown_away_and_the_whole_asked_for(
    server, tmp_path, answer
):
    part = tmp_path / ".cifar-10-python.tar.gz.999999999-1.part"
    part.write_bytes(b"x" * 6000)
    server.asked, server.answer = [], answer
    assert len(data.cifar10(tmp_path).x) == 100
    assert server.requests == (2 if answer is ranges else 1)


def test_a_half_file_longer_than_the_whole_is_thrown_away(server, tmp_path):
    part = tmp_path / ".cifar-10-python.tar.gz.999999999-1.part"
    part.write_bytes(server.content + b"more")
    server.answer = status(416)
    with pytest.raises(data.Unavailable, match="MD5 sum differs"):
        data.cifar10(tmp_path)
    assert left_behind(tmp_path) == []


def test_mirrors_are_tried_in_order_and_checked_alike(server, tmp_path, monkeypatch):
    here = f"http://127.0.0.1:{server.server_port}"
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


def test_a_mirror_that_sends_half_of_another_file_is_not_in_the_way(server, tmp_path):
    def answer(handler):
        if handler.path == "/bad":
            send(handler, upto=3000, content=b"x" * len(server.content))
        else:
            ranges(handler)

    server.asked, server.answer = [], answer
    here = f"http://127.0.0.1:{server.server_port}"
    got = downloading.fetch(
        [f"{here}/bad", f"{here}/good"],
        tmp_path / "a.tar",
        hashlib.md5(server.content).hexdigest(),
        patience=10,
        advice="",
    )
    assert got.read_bytes() == server.content
    assert server.asked == ["bytes=3000-", None]


def test_when_no_address_has_it_each_is_named_with_its_reason(server, tmp_path, monkeypatch):
    here = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setenv("REGUTILS_MIRRORS", f"{here}/mirror no-address-at-all")
    server.answer = status(503)
    with pytest.raises(data.Unavailable, match=r"mirror: .*503.*no-address.*cifar-10.*503"):
        data.cifar10(tmp_path)


@pytest.mark.parametrize(("seconds", "told"), [(0.01, False), (400, True)])
def test_a_slow_server_is_told_once_with_the_ways_round(server, tmp_path, capsys, seconds, told):
    """A clock that is looked at once a block, and goes on by so many seconds each time."""
    now = iter(range(10_000))
    server.content = server.content * 3
    got = downloading.fetch(
        [f"http://127.0.0.1:{server.server_port}/a.tar"],
        tmp_path / "a.tar",
        hashlib.md5(server.content).hexdigest(),
        patience=1e9,
        advice="Take another way.",
        clock=lambda: next(now) * seconds,
    )
    assert got.read_bytes() == server.content
    said = capsys.readouterr().err
    assert said.count("Take another way.") == told
    assert not told or ("kB/s" in said and "min left" in said)


def test_the_home_folder_is_a_tilde(server, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    data.cifar10("~/one")
    monkeypatch.setenv("REGUTILS_DATA", "~/two")
    data.cifar10()
    assert left_behind(tmp_path) == ["one", "two"]


def test_two_kernels_at_once(server, tmp_path):
    """Both get whole pictures: each downloads for itself, one of them gets the place."""
    gate, results = threading.Barrier(2), []

    def both(handler):
        gate.wait(timeout=20)
        send(handler)

    server.answer = both
    threads = [
        threading.Thread(target=lambda: results.append(data.cifar10(tmp_path))) for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert len(results) == 2 and torch.equal(results[0].x, results[1].x)
    assert left_behind(tmp_path) == ["cifar-10-batches-py"]


def test_folder_that_cannot_be_made(server, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(data.Unavailable, match="by hand"):
        data.cifar10(tmp_path / "file" / "below")


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_unwritable_folder(server, tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(data.Unavailable, match="Permission denied"):
        data.cifar10(tmp_path)
    tmp_path.chmod(0o700)


def test_full_disk(server, tmp_path, monkeypatch):
    """No file may grow beyond 4 KiB: what a full disk does to a write."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    try:
        with pytest.raises(data.Unavailable, match="too large"):
            data.cifar10(tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert left_behind(tmp_path) == []
    assert len(data.cifar10(tmp_path).x) == 100


@pytest.mark.parametrize(
    "broken, says",
    [
        ('raise RuntimeError("operator torchvision::nms does not exist")', "does not fit torch"),
        (
            'raise ImportError("No module named torchvision.ops")',
            "pip install --upgrade torch torchvision",
        ),
    ],
)
def test_torchvision_of_another_build(tmp_path, broken, says):
    (tmp_path / "torchvision").mkdir()
    (tmp_path / "torchvision" / "__init__.py").write_text(broken)
    code = (
        "from regutils import data\ntry: data.cifar10('x')\nexcept OSError as e: print(e)\n"
        "data.coloured_digits()"
    )
    env = os.environ | {
        "PYTHONPATH": f"{tmp_path}{os.pathsep}{Path(obtaining.__file__).parents[2]}"
    }
    said = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=env, check=True
    ).stdout
    assert (
        says in said and "pip install --upgrade torch torchvision" in said and said.count("\n") == 1
    )


def test_regutils_needs_torchvision_for_nothing_else():
    code = (
        "import sys; from regutils import data; data.coloured_digits(); "
        "assert 'torchvision' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


# --- the stand-in


def test_coloured_digits_are_the_same_every_time():
    one, two, other = data.coloured_digits(), data.coloured_digits(), data.coloured_digits(seed=1)
    assert torch.equal(one.x, two.x) and not torch.equal(one.x, other.x)
    assert one.x.shape == (1797, 3, 32, 32) and one.x.dtype == torch.uint8
    assert torch.bincount(one.y).min() > 170
    assert torch.equal(one.y, two.y) and torch.equal(one.y, other.y)


def test_coloured_digits_are_quick():
    data.coloured_digits()
    started = time.process_time()
    data.coloured_digits()
    assert time.process_time() - started < 2


# --- split and augmentation


def test_split_is_standardised_by_its_training_part_and_shares_nothing():
    found = data.coloured_digits()
    split = found.split(600, 400, seed=3)
    assert [len(part.x) for part in (split.train, split.val, split.test)] == [600, 400, 797]
    torch.testing.assert_close(split.train.x.mean((0, 2, 3)), torch.zeros(3), atol=1e-5, rtol=0)
    torch.testing.assert_close(
        split.train.x.std((0, 2, 3), correction=0), torch.ones(3), atol=1e-5, rtol=0
    )
    rows = torch.cat([part.x.flatten(1) for part in (split.train, split.val, split.test)])
    assert len(rows.unique(dim=0)) == len(found.x)
    order = torch.randperm(1797, generator=torch.Generator().manual_seed(3))
    train = found.x[order[:600]].float()
    wanted = (found.x[order[600]].float() - train.mean((0, 2, 3)).view(3, 1, 1)) / train.std(
        (0, 2, 3), correction=0
    ).view(3, 1, 1)
    torch.testing.assert_close(split.val.x[0], wanted, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("sizes", [(0, 10), (1797, 10), (10, 0), (1000, 797)])
def test_split_refuses_sizes(sizes):
    with pytest.raises(ValueError, match=r"n_train|n_val"):
        data.coloured_digits().split(*sizes)


def _augment_one(x, top, left, mirrored, pad):
    """The plain way: pad, cut, mirror one picture."""
    c, h, w = x.shape
    padded = torch.zeros(c, h + 2 * pad, w + 2 * pad)
    padded[:, pad : pad + h, pad : pad + w] = x
    cut = padded[:, top : top + h, left : left + w]
    return cut.flip(2) if mirrored else cut


@pytest.mark.parametrize("pad", [0, 2, 4])
def test_augmentation_equals_one_picture_at_a_time(pad):
    x = torch.randn(64, 3, 32, 24)
    torch.manual_seed(7)
    got = data.augment(x, pad)
    torch.manual_seed(7)
    top, left = torch.randint(0, 2 * pad + 1, (2, 64))
    mirrored = torch.rand(64) < 0.5
    for i in range(64):
        assert torch.equal(got[i], _augment_one(x[i], top[i], left[i], mirrored[i], pad))
    assert got.shape == x.shape and got.is_contiguous(memory_format=torch.channels_last)
    assert 16 < mirrored.sum() < 48


@pytest.mark.parametrize("pad", [8, -1, 1.5, True, None, "2"])
def test_augmentation_refuses_a_pad(pad):
    with pytest.raises(ValueError, match="pad must be"):
        data.augment(torch.zeros(2, 3, 8, 8), pad=pad)


@pytest.mark.parametrize("x", [torch.zeros(3, 8, 8), np.zeros((2, 3, 8, 8))])
def test_augmentation_is_of_a_batch_of_pictures(x):
    with pytest.raises(ValueError, match=r"x must be a tensor of pictures \(n, c, h, w\); got"):
        data.augment(x)
