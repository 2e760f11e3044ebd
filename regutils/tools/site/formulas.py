"""TeX to MathML when a page is made, so that it needs no script and no font from elsewhere."""

import re
from xml.etree import ElementTree

from latex2mathml import converter

from ...arguments import require

NAMESPACE = "http://www.w3.org/1998/Math/MathML"
ElementTree.register_namespace("", NAMESPACE)

MO = f"{{{NAMESPACE}}}mo"
LIMITS = {
    f"{{{NAMESPACE}}}{beside}": f"{{{NAMESPACE}}}{below}"
    for beside, below in (("msub", "munder"), ("msup", "mover"), ("msubsup", "munderover"))
}
SUMS = set("∑∏")
BRACES = set("⏟⏞")


def mathml(tex: str, display: bool = False) -> str:
    """Return a formula as a `math` element; `display` puts it on a line of its own.

    The TeX stands in it as `alttext`. Raises ValueError for what the converter does not know.
    """
    # The converter knows neither \tfrac nor \arg.
    plain = re.sub(r"\\arg\b", r"\\operatorname{arg}", tex.replace(r"\tfrac", r"\frac"))
    element = converter.convert(plain, display="block" if display else "inline")
    element = re.sub(r"&(?!#?\w+;)", "&amp;", element)
    try:
        tree = ElementTree.fromstring(element)
    except ElementTree.ParseError:
        tree = None
    words = [] if tree is None else [node.text or "" for node in tree.iter()]
    known = tree is not None and not any(re.search(r"\\[a-zA-Z]|&", word) for word in words)
    require(known, "formula", tex, "TeX that latex2mathml turns into MathML")
    tree.set("alttext", tex)
    _mend(tree)
    return ElementTree.tostring(tree, encoding="unicode")


def _mend(tree: ElementTree.Element) -> None:
    """What browsers would draw otherwise: limits beside a sum, fences and braces too short."""
    for node in tree.iter():
        if node.tag in LIMITS and node[0].tag == MO and node[0].text in SUMS:
            node.tag = LIMITS[node.tag]  # in a line of text browsers put them beside it again
        if node.tag == MO and "minsize" in node.attrib:
            opening = (node.text or "") in "([{⟨"
            node.attrib |= {"stretchy": "true", "form": "prefix" if opening else "postfix"}
        if node.tag == MO and (node.text or "") in BRACES:
            node.set("stretchy", "true")
