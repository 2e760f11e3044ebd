"""A learner's own pictures: what is a class, what is a part, what is a picture, and its pixels."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from regutils import data


def fill(root: Path, sizes: dict[str, int]) -> None:
    for c, (name, n) in enumerate(sizes.items()):
        (root / name).mkdir(parents=True)
        for i in range(n):
            Image.new("RGB", (60, 40), (10 * c, i, 200)).save(root / name / f"{i}.png")


def test_image_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path.parent))
    fill(tmp_path, {"cats": 4, "dogs": 3})
    found = data.image_folder(f"~/{tmp_path.name}")
    assert found.x.shape == (7, 3, 32, 32) and found.x.dtype == torch.uint8
    assert found.y.tolist() == [0, 0, 0, 0, 1, 1, 1]
    assert found.classes == ("cats", "dogs") and found.test is None
    assert found.x[4, :, 5, 5].tolist() == [10, 0, 200]
    assert len(found.split(3, 2).test.x) == 2
    with pytest.raises(
        ValueError, match=r"n_train \+ n_val must be at most 6 .*; got '5000 \+ 5000'"
    ):
        found.split()


@pytest.mark.parametrize(
    "make, says",
    [
        (lambda root: None, "folder with at least two class folders"),
        (lambda root: fill(root, {"one": 2}), "folder with at least two class folders"),
        (lambda root: fill(root, {"one": 2, "empty": 0}), "pictures in each class folder"),
    ],
)
def test_image_folder_that_is_none(tmp_path, make, says):
    make(tmp_path / "pictures")
    with pytest.raises(ValueError, match=says):
        data.image_folder(tmp_path / "pictures")


def test_hidden_entries_are_no_data(tmp_path, capsys):
    fill(tmp_path, {"a": 2, "b": 2})
    fill(tmp_path, {".ipynb_checkpoints": 1, "__MACOSX": 1, ".cache": 0})
    fill(tmp_path / "a", {".ipynb_checkpoints": 1, "more": 1})
    for name in ("._0.png", "Thumbs.db", ".DS_Store", "desktop.ini"):
        (tmp_path / "b" / name).write_bytes(b"litter")
    (tmp_path / "a" / ".ipynb_checkpoints" / "empty").mkdir()
    found = data.image_folder(tmp_path)
    assert found.classes == ("a", "b") and found.y.tolist() == [0, 0, 0, 1, 1]
    assert capsys.readouterr().err == ""


def test_what_is_left_out_is_counted_and_said(tmp_path, capsys):
    fill(tmp_path, {"a": 1, "b": 1})
    (tmp_path / "a" / "notes.txt").write_text("x")
    (tmp_path / "b" / "more.txt").write_text("x")
    (tmp_path / "b" / "phone.jxl").write_bytes(b"x")
    assert len(data.image_folder(tmp_path).x) == 2
    said = capsys.readouterr().err
    assert "2 .txt" in said and "1 .jxl" in said and said.count("\n") == 1


@pytest.mark.parametrize("ending", ["gif", "jfif", "webp", "JPG"])
def test_usual_endings_are_read(tmp_path, ending):
    fill(tmp_path, {"a": 1, "b": 1})
    kind = "JPEG" if ending.lower() in ("jfif", "jpeg", "jpg") else None
    Image.new("RGB", (8, 8), (0, 0, 255)).save(tmp_path / "a" / f"x.{ending}", kind)
    assert len(data.image_folder(tmp_path).x) == 3


def one(tmp_path, picture, name="x.png", **options):
    """A picture's pixels as image_folder gives them, (3, 16, 16)."""
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
    Image.new("RGB", (8, 8)).save(tmp_path / "b" / "y.png")
    picture.save(tmp_path / "a" / name, **options)
    return data.image_folder(tmp_path, size=16).x[0].float()


def test_a_picture_is_turned_as_its_exif_says(tmp_path):
    picture = Image.new("RGB", (16, 16), "white")
    picture.paste((0, 0, 0), (0, 0, 16, 4))  # a dark band at the top
    exif = Image.Exif()
    exif[0x0112] = 6  # shown turned by 90° clockwise: the band stands at the right
    x = one(tmp_path, picture, exif=exif)
    assert x[:, :, -4:].max() == 0 and x[:, :, :12].min() == 255


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_black_ink_on_transparency_is_black_on_white(tmp_path, mode):
    ink = Image.new("RGBA", (16, 16), (0, 0, 0, 0))
    ink.paste((0, 0, 0, 255), (0, 0, 16, 8))
    picture = ink.convert(mode) if mode != "P" else ink.quantize(4)
    x = one(tmp_path, picture)
    assert x[:, :8].max() == 0 and x[:, 8:].min() == 255


def test_sixteen_bits_are_brought_to_eight(tmp_path):
    ramp = np.linspace(0, 65535, 256).round().astype(np.uint16).reshape(16, 16)
    x = one(tmp_path, Image.fromarray(ramp))
    assert x.mean() == pytest.approx(127.5, abs=0.6) and x.min() == 0 and x.max() == 255


@pytest.mark.parametrize("mode", ["CMYK", "1", "L", "YCbCr"])
def test_other_modes_are_converted(tmp_path, mode):
    picture = Image.new("RGB", (16, 16), "white").convert(mode)
    x = one(tmp_path, picture, "x.tif" if mode in ("CMYK", "1") else "x.jpg")
    assert x.min() >= 250


@pytest.mark.parametrize("content", [b"", b"hello", b"\x89PNG\r\n\x1a\n" + b"\x00" * 40, None])
def test_a_file_that_breaks_its_decoder_is_named(tmp_path, content):
    fill(tmp_path, {"a": 1, "b": 1})
    if content is None:  # a picture cut short
        noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
        Image.fromarray(noise).save(tmp_path / "b" / "bad.png")
        content = (tmp_path / "b" / "bad.png").read_bytes()[:6000]
    (tmp_path / "b" / "bad.png").write_bytes(content)
    with pytest.raises(ValueError, match=r"bad\.png cannot be read") as caught:
        data.image_folder(tmp_path)
    assert "\n" not in str(caught.value)


def test_links_are_read_once_and_never_in_circles(tmp_path, capsys):
    fill(tmp_path, {"cats": 3, "dogs": 2})
    (tmp_path / "cats" / "again").symlink_to(tmp_path / "cats")
    (tmp_path / "cats" / "up").symlink_to(tmp_path)
    (tmp_path / "cats" / "other").symlink_to(tmp_path / "dogs")
    (tmp_path / "all").symlink_to(tmp_path)
    (tmp_path / "dogs" / "twin.png").symlink_to(tmp_path / "cats" / "0.png")
    found = data.image_folder(tmp_path)
    assert found.classes == ("cats", "dogs") and found.y.tolist() == [0, 0, 0, 1, 1]
    assert "1 linked to a second time" in capsys.readouterr().err


def test_a_class_may_be_a_link_to_a_folder_elsewhere(tmp_path):
    fill(tmp_path / "elsewhere", {"big": 2})
    fill(tmp_path / "root", {"a": 1})
    (tmp_path / "root" / "b").symlink_to(tmp_path / "elsewhere" / "big")
    assert data.image_folder(tmp_path / "root").y.tolist() == [0, 1, 1]


COMPOSED, DECOMPOSED = "caf\u00e9", "cafe\u0301"


def test_a_class_in_two_unicode_forms_is_one_or_refused(tmp_path):
    fill(tmp_path / "one", {DECOMPOSED: 2, "tea": 1})
    assert data.image_folder(tmp_path / "one").classes == (COMPOSED, "tea")
    fill(tmp_path / "two", {COMPOSED: 1, DECOMPOSED: 1})
    if len(list((tmp_path / "two").iterdir())) == 2:  # one system takes them for one name
        with pytest.raises(ValueError, match="the same in two Unicode forms"):
            data.image_folder(tmp_path / "two")
