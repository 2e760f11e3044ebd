"""TeX to MathML when a page is made, so that it needs no script and no font from elsewhere."""

import re
from xml.etree import ElementTree

from latex2mathml import converter

from ...arguments import require


def mathml(tex: str, display: bool = False) -> str:
    """A formula as a `math` element; `display` puts it on a line of its own.

    The TeX stands in it as `alttext`. Raises ValueError for what the converter does not know.
    """
    element = converter.convert(tex, display="block" if display else "inline")
    element = re.sub(r"&(?!#?\w+;)", "&amp;", element)
    try:
        tree = ElementTree.fromstring(element)
    except ElementTree.ParseError:
        tree = None
    words = [] if tree is None else [node.text or "" for node in tree.iter()]
    known = tree is not None and not any(re.search(r"\\[a-zA-Z]|&", word) for word in words)
    require(known, "formula", tex, "TeX that latex2mathml turns into MathML")
    tree.set("alttext", tex)
    for prefix in ("http://www.w3.org/1998/Math/MathML",):
        ElementTree.register_namespace("", prefix)
    return ElementTree.tostring(tree, encoding="unicode")
