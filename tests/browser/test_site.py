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
        settings = {"viewport": {"width": 1280, "height": 900}} | settings
        context = page.context.browser.new_context(offline=True, **settings)
        contexts.append(context)
        opened = context.new_page()
        opened.on("pageerror", lambda error: troubles.append(str(error)))
        opened.on("console", lambda said: said.type == "error" and troubles.append(said.text))
        opened.on("request", lambda asked: troubles.append(asked.url) if away(asked.url) else None)
        opened.goto((built / "site").as_uri() + "/" + address)
        return opened

    yield open_page
    for context in contexts:
        context.close()
    assert not troubles


def away(url: str) -> bool:
    """Whether an address is more than the page itself and what stands in it."""
    return not url.startswith("data:") and not re.fullmatch(r"file:.*\.html(#.*)?", url)


def explorers(built, path: Path) -> dict[str, dict]:
    """What the kernel showed, by id on the page."""
    found = {}
    for cell in read(built / "run" / path.name).cells:
        for output in cell.get("outputs", []):
            if described := output.get("data", {}).get(frames.MIME):
                found[described["name"] or cell.id] = described
    return found


def shown(opened, name: str, position: int) -> tuple[np.ndarray, str]:
    """(pixels, reading) of an explorer, as soon as it stands at a position."""
    opened.wait_for_selector(f"#{name} canvas[data-position='{position}']", timeout=30_000)
    url = opened.evaluate("name => document.querySelector(`#${name} canvas`).toDataURL()", name)
    picture = Image.open(io.BytesIO(base64.b64decode(url.split(",")[1])))
    return np.asarray(picture.convert("RGB")), opened.locator(f"#{name} .reading").inner_text()


def expected(described: dict, position: int) -> tuple[np.ndarray, str]:
    picture = Image.open(io.BytesIO(base64.b64decode(described["pictures"][position])))
    return np.asarray(picture.convert("RGB")), described["readings"][position]


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
            opened.evaluate(
                "hash => { location.hash = hash; }", f"{name}?{address(described, position)}"
            )
            pixels, reading = shown(opened, name, position)
            wanted, words = expected(described, position)
            np.testing.assert_array_equal(pixels, wanted, err_msg=f"{name} {position}")
            assert reading == " ".join(words.split()), (name, position)


def first_slider(built, path: Path) -> tuple[str, dict]:
    """The first explorer of a page whose first control is a slider."""
    for name, described in explorers(built, path).items():
        if described["controls"][0]["kind"] == "slider" and len(described["controls"]) == 1:
            return name, described
    raise AssertionError(f"{path.name} has no explorer with one slider")


def test_a_slider_follows_the_mouse_and_the_address_follows_the_slider(reader, built):
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
    opened.wait_for_function(
        "end => location.hash === end", arg=f"#{name}?{control['name']}={control['links'][-1]}"
    )


def test_a_slider_follows_the_keys_and_says_where_it_stands(reader, built):
    name, described = first_slider(built, NOTEBOOKS[1])
    control = described["controls"][0]
    word = control["label"].split(",")[0]
    opened = reader(f"{NOTEBOOKS[1].stem}.html")
    slider = opened.locator(f"#{name} input[type=range]")
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


def test_a_choice_is_made_with_the_keys(reader, built):
    for path in NOTEBOOKS:
        for name, described in explorers(built, path).items():
            kinds = [control["kind"] for control in described["controls"]]
            if "choice" not in kinds:
                continue
            which = kinds.index("choice")
            control = described["controls"][which]
            stride = np.prod(
                [len(c["texts"]) for c in described["controls"][which + 1 :]], dtype=int
            )
            places = [c["start"] for c in described["controls"]]
            lengths = [len(c["texts"]) for c in described["controls"]]
            start = int(np.ravel_multi_index(places, lengths))
            opened = reader(f"{path.stem}.html")
            radio = opened.locator(f"#{name} fieldset input").nth(control["start"])
            radio.focus()
            radio.press("ArrowRight")
            step = (control["start"] + 1) % len(control["texts"]) - control["start"]
            position = start + step * int(stride)
            assert shown(opened, name, position)[1] == expected(described, position)[1]
            return
    pytest.fail("no notebook has a choice")


def test_a_move_made_before_the_explorer_wakes_is_not_lost(reader, built):
    """A slow machine: the hand is there before the observer has said that the reader is near."""
    path = NOTEBOOKS[0]
    name, described = list(explorers(built, path).items())[-1]
    opened = reader(f"{path.stem}.html")
    opened.wait_for_function(LOADED)
    assert opened.locator(f"#{name} canvas").get_attribute("data-position") is None
    controls = described["controls"]
    last = len(controls[-1]["texts"]) - 1
    opened.locator(f"#{name} input[type=range]").last.evaluate(
        """(slider, place) => {
            slider.value = place;
            slider.dispatchEvent(new Event("input", { bubbles: true }));
        }""",
        last,
    )
    places = [*(control["start"] for control in controls[:-1]), last]
    lengths = [len(control["texts"]) for control in controls]
    position = int(np.ravel_multi_index(places, lengths))
    assert shown(opened, name, position)[1] == expected(described, position)[1]


def test_text_comes_before_pictures_and_pictures_only_where_the_reader_is(reader, built):
    path = NOTEBOOKS[0]
    opened = reader(f"{path.stem}.html")
    opened.wait_for_function(LOADED)
    name = list(explorers(built, path))[-1]
    assert opened.locator("main h1").is_visible()
    assert opened.locator(f"#{name} canvas").get_attribute("data-position") is None
    opened.locator(f"#{name}").scroll_into_view_if_needed()
    opened.wait_for_selector(f"#{name} canvas[data-position]", timeout=30_000)


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
    film, live = opened.locator(f"#{name} .film"), opened.locator(f"#{name} canvas")
    assert live.is_visible() and not film.is_visible()
    opened.emulate_media(media="print")
    assert film.is_visible() and not live.is_visible()
    assert not opened.locator(f"#{name} .controls").is_visible()


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_on_a_phone_the_panels_stand_one_under_the_other(path, reader, built):
    opened = reader(f"{path.stem}.html", viewport={"width": 390, "height": 844})
    for name, described in explorers(built, path).items():
        opened.locator(f"#{name}").scroll_into_view_if_needed()
        start = 0
        for control in described["controls"]:
            start = start * len(control["texts"]) + control["start"]
        pixels, _ = shown(opened, name, start)
        whole = expected(described, start)[0]
        down = 0
        for x, y, width, height in described["panels"]:
            piece = whole[y : y + height, x : x + width]
            np.testing.assert_array_equal(pixels[down : down + height, :width], piece)
            down += height
        assert pixels.shape[0] == down
        assert opened.evaluate("document.documentElement.scrollWidth") <= 390


ADDRESSES = ["index", *(path.stem for path in NOTEBOOKS)]


@pytest.mark.parametrize("stem", ADDRESSES)
@pytest.mark.parametrize("width", [360, 640])
def test_no_page_is_wider_than_a_phone_or_than_a_screen_at_twice_its_size(stem, width, reader):
    opened = reader(f"{stem}.html", viewport={"width": width, "height": 740})
    opened.wait_for_function(LOADED)
    assert opened.evaluate("document.documentElement.scrollWidth") <= width


# Dark differs from light in colours only, and those stand once for all pages, as do those of code,
# whose thousand words take axe ten seconds a page.
DARK = ["index", NOTEBOOKS[1].stem]


@pytest.mark.parametrize(
    ("stem", "scheme"), [*product(ADDRESSES, ["light"]), *product(DARK, ["dark"])]
)
def test_axe_finds_no_violation(stem, scheme, reader):
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed"
    )
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
    body = opened.evaluate("getComputedStyle(document.body).backgroundColor")
    card = opened.evaluate(
        "name => getComputedStyle(document.querySelector(`#${name} .live`)).backgroundColor", name
    )
    assert max(map(int, re.findall(r"\d+", body)[:3])) < 60 and card == "rgb(255, 255, 255)"


def test_code_is_copied_with_a_button(reader):
    opened = reader(f"{NOTEBOOKS[0].stem}.html", permissions=["clipboard-read", "clipboard-write"])
    button = opened.locator("main .copy").first
    code = opened.locator("main pre.code").first.inner_text()
    button.click()
    button.filter(has_text="Copied").wait_for(timeout=30_000)
    assert opened.evaluate("navigator.clipboard.readText()").strip() == code.strip()
