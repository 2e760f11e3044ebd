"""The settings of matplotlib that the course's pictures are drawn under."""

import contextlib
import warnings
from collections.abc import Iterator

import matplotlib

# What decides how a picture looks; the rest (backend, keys, saving) stays the user's.
_KINDS = "agg axes font grid hatch image legend lines mathtext patch path text xtick ytick".split()
_SETTINGS = {
    name: value
    for name, value in matplotlib.rcParamsDefault.items()
    if name.split(".")[0] in _KINDS
}


@contextlib.contextmanager
def course_settings() -> Iterator[None]:
    """matplotlib's own settings while the course draws, whatever the user's are.

    Ticks and texts take settings as they are drawn. Setting them takes 10 ms, so it is done only
    where the user's differ. A sign that no font here has is drawn as a box, without a warning.
    """
    now = matplotlib.rcParams
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        if all(now[name] == value for name, value in _SETTINGS.items()):
            yield
        else:
            with matplotlib.rc_context(_SETTINGS):
                yield
