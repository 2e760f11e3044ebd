"""A notebook prepared for its page, and the exporter that writes it."""

import base64
import html
import io
import json
import re
from collections.abc import Set
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from nbconvert.exporters import TemplateExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from PIL import Image
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from ...arguments import require
from .formulas import mathml
from .frames import MIME

TEMPLATES = Path(__file__).parent / "templates"

# Of several pictures in one output the first of these is shown.
PICTURES = ("image/svg+xml", "image/png", "image/jpeg", "image/webp", "image/gif")


class Text(IPythonRenderer):
    """Render Markdown with formulas in MathML, links between pages, and headings with ids.

    A link that leads nowhere on the site becomes plain text. pages, folder: as in `Page`.
    """

    def __init__(self, pages: Set[str], folder: Path):
        super().__init__(escape=False, embed_images=True, path=str(folder))
        self.pages = pages
        self.folder = folder
        self.headings: list[tuple[int, str, str]] = []
        self.links: list[str] = []

    def inline_math(self, body: str) -> str:
        return mathml(body)

    def block_math(self, body: str) -> str:
        return f'<span class="formula">{mathml(body, display=True)}</span>'

    def heading(self, text: str, level: int, **attrs) -> str:
        words = html.unescape(re.sub(r"<annotation.*?</annotation>|<[^>]+>", "", text)).strip()
        name = words.replace(" ", "-")
        while name in {other for _, other, _ in self.headings}:
            name += "-"
        self.headings.append((level, name, text))
        quoted = html.escape(name)
        here = text if level == 1 else f'<a class="here" href="#{quoted}">{text}</a>'
        return f'<h{level} id="{quoted}">{here}</h{level}>\n'

    def link(self, text: str, url: str, title: str | None = None) -> str:
        parts = urlsplit(url)
        path = Path(unquote(parts.path))
        if parts.scheme or not parts.path:
            return super().link(text, url, title)
        if path.suffix == ".ipynb" and path.parent == Path() and path.stem in self.pages:
            page = parts._replace(path=quote(f"{path.stem}.html")).geturl()
            return super().link(text, page, title)
        if path.suffix == ".ipynb" or ".." in path.parts or not (self.folder / path).is_file():
            return text
        self.links.append(path.as_posix())
        return super().link(text, url, title)

    def table(self, text: str) -> str:
        return f'<div class="wide"><table>\n{text}</table></div>\n'

    def table_cell(self, text: str, align: str | None = None, head: bool = False) -> str:
        # An empty corner is no heading of anything. The policy forbids `style`, so a class aligns.
        name, scope = ("th", ' scope="col"') if head and text.strip() else ("td", "")
        side = f' class="{align}"' if align else ""
        return f"  <{name}{scope}{side}>{text}</{name}>\n"

    def block_code(self, code: str, info: str | None = None) -> str:
        if (info or "").split()[:1] == ["python"]:
            return coloured(code)
        return f'<pre class="code">{html.escape(code)}</pre>\n'


class Page(TemplateExporter):
    """Write one notebook as one HTML file.

    - pages: stems of the notebooks that have a page.
    - folder: where the notebooks lie, with the files that they point to.

    Afterwards `resources` holds explorers (each with an id of its own, from its name in the
    notebook), headings (level, id, HTML) and links (paths of other files that the text points to).
    """

    def __init__(self, pages: Set[str], folder: Path):
        super().__init__(template_name="page", extra_template_basedirs=[str(TEMPLATES)])
        self.register_filter("data", data)
        self.text = Text(pages, folder)
        self.markdown = MarkdownWithMath(renderer=self.text)
        self.explorers = {}

    def _file_extension_default(self):
        return ".html"

    def from_notebook_node(self, nb, resources=None, **options):
        """Write the page; raises ValueError for an explorer that carries no frames."""
        for cell in nb.cells:
            if cell.cell_type == "markdown":
                self.text.attachments = cell.get("attachments", {})
                cell.metadata["html"] = self.markdown.render(cell.source)
            if cell.cell_type == "code":
                self._fold(cell)
                for output in cell.outputs:
                    self._show(output, cell.id)
        found = {"explorers": list(self.explorers.values()), "links": self.text.links}
        found["headings"] = self.text.headings
        return super().from_notebook_node(nb, resources | found, **options)

    def _fold(self, cell) -> None:
        """Name a folded cell by the comment that it begins with."""
        hidden = cell.metadata.get("jupyter", {}).get("source_hidden", False)
        code = cell.source
        if hidden or "hide-input" in cell.metadata.get("tags", []):
            first, _, rest = code.partition("\n")
            said = first.startswith("#")
            cell.metadata["folded"] = first.lstrip("# ").rstrip(".") if said else "Code"
            code = rest if said else code
        cell.metadata["html"] = coloured(code)

    def _show(self, output, cell: str) -> None:
        """Give an output its explorer, its picture or its HTML; errors lose their colours."""
        data = output.get("data", {})
        bare = "application/vnd.jupyter.widget-view+json" in data and MIME not in data
        require(not (bare and "image/png" in data), "explorer", cell, "executed with its frames")
        picture = next((kind for kind in PICTURES if kind in data), None)
        rich = data.get("text/markdown") or data.get("text/latex")
        if MIME in data:
            name = data[MIME]["name"] or cell
            while name in self.explorers:
                name += "-"
            self.explorers[name] = output.metadata["explorer"] = data[MIME] | {"id": name}
        elif picture:
            output.metadata["still"] = _still(picture, data[picture], output.metadata)
        elif rich:
            output.metadata["html"] = self.markdown.render(rich)
        elif "ename" in output:
            output.text = re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(output.traceback))


def _still(kind: str, picture: str, metadata: dict) -> dict:
    """Return source, alt text and size of an `img`, so that the text does not jump later."""
    about = metadata.get(kind, {})
    still = {"alt": about.get("alt", ""), "width": about.get("width"), "height": None}
    if kind == "image/svg+xml":
        code = base64.b64encode(picture.encode()).decode()
    else:
        code = "".join(picture.split())
        width, height = Image.open(io.BytesIO(base64.b64decode(code))).size
        still["width"] = still["width"] or width
        still["height"] = round(still["width"] * height / width)
    return still | {"source": f"data:{kind};base64,{code}"}


def coloured(code: str) -> str:
    """Return Python as a `pre` element, its parts named by pygments' short classes."""
    formatter = HtmlFormatter(nowrap=True)
    return f'<pre class="code"><code>{highlight(code, PythonLexer(), formatter)}</code></pre>\n'


def data(explorer: dict) -> str:
    """Return what the script needs of an explorer, as JSON that may stand in a `script` element.

    The pictures of the film strip are images of the page already and stand as null.
    """
    needed = {name: explorer[name] for name in ("controls", "readings", "size", "width", "panels")}
    film = set(explorer["film"])
    needed["pictures"] = [None if i in film else p for i, p in enumerate(explorer["pictures"])]
    return json.dumps(needed, ensure_ascii=False).replace("<", "\\u003c")
