"""In the kernel: an explorer's output carries what it shows for every setting of its controls."""

import base64
import re
from collections.abc import Mapping, Sequence
from itertools import product

import numpy as np
from IPython import get_ipython

from ... import live
from . import layers
from .panels import panels

MIME = "application/vnd.regutils.explorer+json"

# More combinations than these are thinned out; a page has to be sent.
MOST = 400

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
    - ground, layers: see `layers.split`, in base64; layers and readings run as `settings()` does,
      the last control fastest.
    - film: positions in `layers` that a page shows where no script runs.
    """
    told = _recorded(box) if hasattr(box, "scenes") else _explored(box)
    controls, pictures, readings, film = told
    ground, over = layers.split(pictures)
    height, width = layers.laid(ground, over[0]).shape[:2]
    return {
        "alt": box.alt,
        "width": box.canvas.width,
        "size": [width, height],
        "panels": panels(box.canvas.fig, width, height, width / box.canvas.width),
        "controls": controls,
        "ground": base64.b64encode(ground).decode(),
        "layers": [base64.b64encode(layer).decode() for layer in over],
        "readings": readings,
        "film": film,
    }


def _explored(box: live.Box) -> tuple[list[dict], list[bytes], list[str], list[int]]:
    """Return controls, pictures, readings and film of an explorer."""
    every = box.settings()
    values = {name: list(dict.fromkeys(each[name] for each in every)) for name in box.controls}
    thinned = _thinned({name: len(options) for name, options in values.items()})
    kept = {name: [values[name][i] for i in places] for name, places in thinned.items()}
    controls = [
        _control(name, box.controls[name], values[name], places) for name, places in thinned.items()
    ]
    note = " ".join(
        f"(On this page {len(kept[name])} of {len(values[name])} values of {control['label']}.)"
        for name, control in zip(kept, controls)
        if len(kept[name]) < len(values[name])
    )
    pictures, readings = [], []
    for setting in product(*kept.values()):
        picture, reading = box.frame(**dict(zip(kept, setting)))
        pictures.append(picture)
        readings.append(f"{reading} {note}".strip())
    film = []
    for setting in box.film:
        at = 0
        for name, places in thinned.items():
            at = at * len(places) + _nearest(values[name].index(setting[name]), places)
        film.append(at)
    return controls, pictures, readings, list(dict.fromkeys(film))


def _recorded(box: live.Box) -> tuple[list[dict], list[bytes], list[str], list[int]]:
    """Return the same of a playground: one slider over the ends of its recorded scenes."""
    taken, pictures, readings = (list(part) for part in zip(*box.scenes()))
    texts = [str(steps) for steps in taken]
    control = {"name": "steps", "label": "steps of training, recorded", "kind": "slider"}
    control |= {"texts": texts, "links": texts, "start": 0}
    return [control], pictures, readings, list(range(len(taken)))


def _control(name: str, control, values: Sequence, places: Sequence[int]) -> dict:
    """Return a control as JSON; `places` are those of its values that the page has."""
    options = getattr(control, "options", None)
    if isinstance(options, Mapping):
        texts = [str(text) for text in options]
    elif options is not None:
        pairs = [option if isinstance(option, tuple) else (option, option) for option in options]
        texts = [str(text) for text, _ in pairs]
    else:
        texts = [f"{value:g}" if isinstance(value, float) else str(value) for value in values]
    start = values.index(control.value) if control.value in values else 0
    return {
        "name": name,
        "label": control.description or name,
        "kind": "slider" if hasattr(control, "readout") else "choice",
        "texts": [texts[i] for i in places],
        "links": [_link(texts[i], values[i]) for i in places],
        "start": _nearest(start, places),
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


def lacking(data: Mapping) -> bool:
    """Return whether the data of an output are those of an explorer without its frames."""
    widget = "application/vnd.jupyter.widget-view+json" in data and "image/png" in data
    return widget and MIME not in data
