"""The site in headless Chromium: every explorer shows what the kernel showed, to everybody.

REGUTILS_SITE names a folder with `site` and `run` (what `regutils site --out … --executed …` made);
without it the site of the solved notebooks is built here.
"""

import base64
import io
import os
import re
from itertools import product
from pathlib import Path
from urllib.parse import urlencode

import numpy as np
import pytest
from conftest import NOTEBOOKS, read
from PIL import Image

from regutils.tools.site import building, frames

LOADED = "() => document.readyState === 'complete'"


@pytest.fixture(scope="module")
def built(page, home, solved_run):
    """Folder with the site of all notebooks and with the notebooks executed for it."""
    if given := os.environ.get("REGUTILS_SITE"):
        return Path(given)
    for path in NOTEBOOKS:
        solved_run(path)
    notebooks = [home / "notebooks" / path.name for path in NOTEBOOKS]
    building.build(notebooks, home / "site", home / "run")
    return home


@pytest.fixture
def reader(page, built):
    """Opens a page of the site as a reader with some settings; no network, nothing may go wrong."""
    contexts, troubles = [], []

    def open_page(address: str, **settings):
        settings = {"viewport": {"width": 1280, "height": 900}, "offline": True} | settings
        context = page.context.browser.new_context(**settings)
        contexts.append(context)
        opened = context.new_page()
        opened.on("pageerror", lambda error: troubles.append(str(error)))
        opened.on("console", lambda said: said.type == "error" and troubles.append(said.text))
        here = re.compile(r"data:.*|file:.*\.html(#.*)?", re.S).fullmatch
        opened.on("request", lambda asked: here(asked.url) or troubles.append(asked.url))
        opened.goto((built / "site").as_uri() + "/" + address)
        return opened

    yield open_page
    for context in contexts:
        context.close()
    assert not troubles


def explorers(built, path: Path) -> dict[str, dict]:
    """What the kernel showed, by id on the page."""
    found = {}
    for cell in read(built / "run" / path.name).cells:
        for output in cell.get("outputs", []):
            if described := output.get("data", {}).get(frames.MIME):
                found[described["name"] or cell.id] = described
    return found


def decoded(picture: str) -> np.ndarray:
    """Pixels (height, width, 3) of a picture in base64."""
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(picture))).convert("RGB"))


def shown(opened, name: str, position: int) -> tuple[np.ndarray, str]:
    """(pixels, reading) of an explorer, as soon as it stands at a position."""
    opened.wait_for_selector(f"#{name} canvas[data-position='{position}']", timeout=30_000)
    url = opened.evaluate("name => document.querySelector(`#${name} canvas`).toDataURL()", name)
    return decoded(url.split(",")[1]), opened.locator(f"#{name} .reading").inner_text()


def expected(described: dict, position: int) -> tuple[np.ndarray, str]:
    return decoded(described["pictures"][position]), described["readings"][position]


def address(described: dict, position: int) -> str:
    """The part of an address that sets the controls to a position."""
    values = []
    for control in reversed(described["controls"]):
        position, at = divmod(position, len(control["texts"]))
        values.append((control["name"], control["links"][at]))
    return urlencode(values[::-1])


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_explorer_shows_the_pixels_and_readings_of_the_kernel(path, reader, built):
    found = explorers(built, path)
    assert found
    opened = reader(f"{path.stem}.html")
    for name, described in found.items():
        last = len(described["pictures"]) - 1
        for position in dict.fromkeys((0, last // 2, last)):
            hash = f"{name}?{address(described, position)}"
            opened.evaluate("hash => { location.hash = hash; }", hash)
            pixels, reading = shown(opened, name, position)
            wanted, words = expected(described, position)
            np.testing.assert_array_equal(pixels, wanted, err_msg=f"{name} {position}")
            assert reading == " ".join(words.split()), (name, position)


def first_slider(built, path: Path) -> tuple[str, dict]:
    """The first explorer of a page that has one slider and no more."""
    for name, described in explorers(built, path).items():
        if [control["kind"] for control in described["controls"]] == ["slider"]:
            return name, described


def test_a_slider_follows_the_mouse_and_the_keys_and_the_address_follows_the_slider(reader, built):
    name, described = first_slider(built, NOTEBOOKS[1])
    opened = reader(f"{NOTEBOOKS[1].stem}.html")
    slider = opened.locator(f"#{name} input[type=range]")
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    y = box["y"] + box["height"] / 2
    opened.mouse.move(box["x"] + 8, y)
    opened.mouse.down()
    opened.mouse.move(box["x"] + box["width"] - 2, y, steps=9)
    opened.mouse.up()
    last = len(described["pictures"]) - 1
    pixels, _ = shown(opened, name, last)
    np.testing.assert_array_equal(pixels, expected(described, last)[0])
    control = described["controls"][0]
    end = f"#{name}?{control['name']}={control['links'][-1]}"
    opened.wait_for_function("end => location.hash === end", arg=end)

    word = control["label"].split(",")[0]
    slider.focus()
    for key, position in (("Home", 0), ("ArrowRight", 1), ("End", -1), ("ArrowLeft", -2)):
        slider.press(key)
        position %= len(control["texts"])
        assert shown(opened, name, position)[1] == expected(described, position)[1]
        text = f"{word} = {control['texts'][position]}"
        assert slider.get_attribute("aria-valuetext") == text
    assert opened.locator(f"#{name} .reading").get_attribute("role") == "status"


def test_a_number_in_the_address_that_no_slider_has_gives_the_nearest(reader, built):
    name, described = first_slider(built, NOTEBOOKS[1])
    control = described["controls"][0]
    numbers = [float(link) for link in control["links"]]
    wanted = numbers[-2] + 0.1 * (numbers[-1] - numbers[-2])
    opened = reader(f"{NOTEBOOKS[1].stem}.html#{name}?{control['name']}={wanted}&other=1")
    shown(opened, name, len(numbers) - 2)
    top = opened.locator(f"#{name}").bounding_box()["y"]
    assert 0 <= top < 300, "the address leads to the explorer"


def standing(described: dict, **moved: int) -> int:
    """The position of an explorer whose controls stand at their start, but for those moved."""
    controls = described["controls"]
    places = [moved.get(control["name"], control["start"]) for control in controls]
    return int(np.ravel_multi_index(places, [len(control["texts"]) for control in controls]))


def test_a_choice_is_made_with_the_keys(reader, built):
    path, name, described = next(
        (path, name, described)
        for path in NOTEBOOKS
        for name, described in explorers(built, path).items()
        if any(control["kind"] == "choice" for control in described["controls"])
    )
    choice = next(control for control in described["controls"] if control["kind"] == "choice")
    opened = reader(f"{path.stem}.html")
    radio = opened.locator(f"#{name} fieldset input").nth(choice["start"])
    radio.focus()
    radio.press("ArrowRight")
    position = standing(described, **{choice["name"]: (choice["start"] + 1) % len(choice["texts"])})
    assert shown(opened, name, position)[1] == expected(described, position)[1]


def test_pictures_come_where_the_reader_is_and_a_move_before_that_is_not_lost(reader, built):
    """A slow machine: the hand is there before the observer has said that the reader is near."""
    path = NOTEBOOKS[0]
    name, described = list(explorers(built, path).items())[-1]
    opened = reader(f"{path.stem}.html")
    opened.wait_for_function(LOADED)
    assert opened.locator("main h1").is_visible()
    assert opened.locator(f"#{name} canvas").get_attribute("data-position") is None
    control = described["controls"][-1]
    last = len(control["texts"]) - 1
    opened.locator(f"#{name} input[type=range]").last.evaluate(
        """(slider, place) => {
            slider.value = place;
            slider.dispatchEvent(new Event("input", { bubbles: true }));
        }""",
        last,
    )
    position = standing(described, **{control["name"]: last})
    assert shown(opened, name, position)[1] == expected(described, position)[1]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_without_scripts_the_film_strip_and_its_readings_are_there(path, reader, built):
    opened = reader(f"{path.stem}.html", java_script_enabled=False)
    for name, described in explorers(built, path).items():
        figures = opened.locator(f"#{name} .film figure")
        assert figures.count() == len(described["film"])
        for i, position in enumerate(described["film"]):
            assert figures.nth(i).is_visible()
            words = " ".join(described["readings"][position].split())
            assert figures.nth(i).locator("figcaption").inner_text() == words
        assert not opened.locator(f"#{name} .controls").is_visible()
    strip = figures.first.locator("img")
    strip.scroll_into_view_if_needed()
    opened.wait_for_timeout(300)
    pixels = np.asarray(Image.open(io.BytesIO(strip.screenshot())).convert("L"))
    assert pixels.min() < 80 and np.median(pixels) > 200, "dark lines on white paper"


def test_on_paper_the_film_strip_takes_the_place_of_the_controls(reader, built):
    name, _ = first_slider(built, NOTEBOOKS[1])
    opened = reader(f"{NOTEBOOKS[1].stem}.html")
    parts = [opened.locator(f"#{name} {part}") for part in ("canvas", ".controls", ".film")]
    assert [part.is_visible() for part in parts] == [True, True, False]
    opened.emulate_media(media="print")
    assert [part.is_visible() for part in parts] == [False, False, True]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_on_a_phone_the_panels_stand_one_under_the_other(path, reader, built):
    opened = reader(f"{path.stem}.html", viewport={"width": 390, "height": 844})
    for name, described in explorers(built, path).items():
        opened.locator(f"#{name}").scroll_into_view_if_needed()
        start = standing(described)
        pixels, _ = shown(opened, name, start)
        whole = expected(described, start)[0]
        down, most = 0, 400 * described["size"][0] / described["width"]
        for x, y, width, height in described["panels"]:
            scale = min(1, most / width)
            size = round(width * scale), int(height * scale + 0.5)  # as Math.round
            piece = Image.fromarray(whole[y : y + height, x : x + width])
            got = pixels[down : down + size[1], : size[0]]
            if scale == 1:
                np.testing.assert_array_equal(got, piece)
            else:  # another interpolation than the browser's
                small = np.asarray(piece.resize(size, Image.Resampling.BILINEAR), float)
                assert np.abs(got - small).mean() < 4  # of 255; a mirrored one has 8 or more
            down += size[1]
        assert pixels.shape[0] == down
        assert opened.evaluate("document.documentElement.scrollWidth") <= 390


ADDRESSES = ["index", *(path.stem for path in NOTEBOOKS)]


@pytest.mark.parametrize("stem", ADDRESSES)
def test_no_page_is_wider_than_a_phone_or_than_a_screen_at_twice_its_size(stem, reader):
    opened = reader(f"{stem}.html")
    opened.wait_for_function(LOADED)
    for width in (640, 360):
        opened.set_viewport_size({"width": width, "height": 740})
        assert opened.evaluate("document.documentElement.scrollWidth") <= width


# Dark differs from light in colours only, and those stand once for all pages, as do those of code,
# whose thousand words take axe ten seconds a page.
DARK = ["index", NOTEBOOKS[1].stem]


@pytest.mark.parametrize(
    ("stem", "scheme"), [*product(ADDRESSES, ["light"]), *product(DARK, ["dark"])]
)
def test_axe_finds_no_violation(stem, scheme, reader):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not here")
    opened = reader(f"{stem}.html", color_scheme=scheme, bypass_csp=True)
    opened.wait_for_function(LOADED)
    for fold in opened.locator("main details").all():
        fold.evaluate("element => { element.open = true; }")
    options = {"resultTypes": ["violations"]}
    options |= {"runOnly": ["color-contrast"]} if scheme == "dark" else {}
    passed_over = {"exclude": [["pre.code"]]} if stem not in DARK else None
    results = axe.Axe().run(opened, context=passed_over, options=options)
    assert results.violations_count == 0, results.generate_report()


def test_dark_pages_keep_pictures_on_white_paper(reader, built):
    name, _ = first_slider(built, NOTEBOOKS[1])
    opened = reader(f"{NOTEBOOKS[1].stem}.html#{name}", color_scheme="dark")
    paper = "places => places.map(p => getComputedStyle(document.querySelector(p)).backgroundColor)"
    body, card = opened.evaluate(paper, ["body", f"#{name} .live"])
    assert max(map(int, re.findall(r"\d+", body)[:3])) < 60 and card == "rgb(255, 255, 255)"


def test_code_is_copied_with_a_button(reader):
    opened = reader(f"{NOTEBOOKS[0].stem}.html", permissions=["clipboard-read", "clipboard-write"])
    button = opened.locator("main .copy").first
    code = opened.locator("main pre.code").first.inner_text()
    button.click()
    button.filter(has_text="Copied").wait_for(timeout=30_000)
    assert opened.evaluate("navigator.clipboard.readText()").strip() == code.strip()
