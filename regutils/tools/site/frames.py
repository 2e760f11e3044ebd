"""In the kernel: an explorer's output carries what it shows for every setting of its controls."""

import base64
import io
import os
import re
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import product

import numpy as np
from IPython import get_ipython
from PIL import Image

from ... import live
from ...live.canvas import few_colours
from .panels import panels

MIME = "application/vnd.regutils.explorer+json"

# More combinations than these are thinned out; a page has to be sent.
MOST = 400

# Of a picture on a page, in lossless WebP. 07's dashboard, which has 19,000: 262 kB in all, 104 kB
# in 256, which differ by 16 of 255 at most.
COLOURS = 256

# What a kernel runs first whose explorers shall carry their frames.
SETUP = "from regutils.tools.site import frames\n\nframes.carry()"


def carry() -> None:
    """Make every explorer that this kernel shows from now on carry its frames in its output."""
    shell = get_ipython()

    def bundle(box: live.Box) -> tuple[dict, dict]:
        data, metadata = box._repr_mimebundle_()
        names = [name for name, value in shell.user_ns.items() if value is box and name[0] != "_"]
        return data | {MIME: {"name": names[0] if names else ""} | described(box)}, metadata

    shell.display_formatter.mimebundle_formatter.for_type(live.Box, bundle)


def described(box: live.Box) -> dict:
    """Return an explorer as JSON: its controls, a picture and a reading for each combination.

    - alt, width: of the picture; width in points of the screen.
    - size: width and height in pixels.
    - panels: rectangles (x, y, width, height) in pixels that a narrow screen stacks.
    - controls: each with name, label, kind (slider or choice), texts, links (for addresses), start.
    - pictures, readings: of all combinations, the last control fastest; WebP in base64.
    - start: position among them where the controls start.
    - film: positions that a page shows where no script runs.
    """
    controls, pictures, readings, film = (
        _recorded(box) if hasattr(box, "scenes") else _explored(box)
    )
    width, height = Image.open(io.BytesIO(pictures[0])).size
    start = np.ravel_multi_index(
        [control["start"] for control in controls], [len(control["texts"]) for control in controls]
    )
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        encoded = list(pool.map(webp, pictures))
    return {
        "alt": box.canvas.alt,
        "width": box.canvas.width,
        "size": [width, height],
        "panels": panels(box.canvas.fig, width, height, width / box.canvas.width),
        "controls": controls,
        "pictures": encoded,
        "readings": readings,
        "start": int(start),
        "film": film,
    }


def webp(picture: bytes) -> str:
    """Return a picture that PIL reads as lossless WebP of few colours, in base64."""
    few, buffer = few_colours(Image.open(io.BytesIO(picture)).convert("RGB"), COLOURS), io.BytesIO()
    few.convert("RGB").save(buffer, "WEBP", lossless=True)
    return base64.b64encode(buffer.getvalue()).decode()


def _explored(box: live.Box) -> tuple[list[dict], list[bytes], list[str], list[int]]:
    """Return controls, pictures, readings and film of an explorer."""
    values = {name: live.values(control) for name, control in box.controls.items()}
    thinned = _thinned({name: len(options) for name, options in values.items()})
    controls = [_control(name, box.controls[name], places) for name, places in thinned.items()]
    note = " ".join(
        f"(On this page {len(places)} of {len(values[name])} values of {control['label']}.)"
        for (name, places), control in zip(thinned.items(), controls)
        if len(places) < len(values[name])
    )
    kept = [[values[name][i] for i in places] for name, places in thinned.items()]
    shown = [box.frame(**dict(zip(thinned, setting))) for setting in product(*kept)]
    pictures, readings = zip(*shown)
    film = []
    for setting in box.film:
        at = [_nearest(values[name].index(setting[name]), thinned[name]) for name in thinned]
        film.append(int(np.ravel_multi_index(at, [len(places) for places in thinned.values()])))
    readings = [f"{reading} {note}".strip() for reading in readings]
    return controls, pictures, readings, list(dict.fromkeys(film))


def _recorded(box: live.Box) -> tuple[list[dict], list[bytes], list[str], list[int]]:
    """Return the same of a playground: one slider over the ends of its recorded scenes."""
    taken, pictures, readings = (list(part) for part in zip(*box.scenes()))
    texts = [str(steps) for steps in taken]
    control = {"name": "steps", "label": "steps of training, recorded", "kind": "slider"}
    control |= {"texts": texts, "links": texts, "start": 0}
    return [control], pictures, readings, list(range(len(taken)))


def _control(name: str, control, places: Sequence[int]) -> dict:
    """Return a control as JSON; `places` are those of its values that the page has."""
    values = live.values(control)
    texts = [option[0] if isinstance(option, tuple) else option for option in control.options]
    return {
        "name": name,
        "label": control.description or name,
        "kind": "slider" if hasattr(control, "readout") else "choice",
        "texts": [texts[i] for i in places],
        "links": [_link(texts[i], values[i]) for i in places],
        "start": _nearest(values.index(control.value), places),
    }


def _link(text: str, value) -> str:
    """Name a value in an address: "0 (off)" is 0, and 1e+02 is 1e2, since + is a blank there."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return text
    number = f"{value:g}" if " " in text else text
    return re.sub(r"e\+0*", "e", number)


def _thinned(lengths: Mapping[str, int]) -> dict[str, list[int]]:
    """Return positions along each control, ends included, with at most MOST combinations.

    The control with the most positions loses every second one, until it is enough or only the ends
    are left.
    """
    counts = dict(lengths)
    while np.prod(list(counts.values())) > MOST and max(counts.values()) > 2:
        longest = max(counts, key=counts.get)
        counts[longest] = counts[longest] // 2 + 1
    return {
        name: np.linspace(0, lengths[name] - 1, count).round().astype(int).tolist()
        for name, count in counts.items()
    }


def _nearest(wanted: int, places: Sequence[int]) -> int:
    return min(range(len(places)), key=lambda i: abs(places[i] - wanted))
