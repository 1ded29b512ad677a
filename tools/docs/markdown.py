"""What the checks of the documentation need to know of a Markdown page."""

import re
from dataclasses import dataclass, field

_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})\s*(\S*)\s*(.*?)\s*$")
_HEADING = re.compile(r"^(#{1,6})\s+(.*?)\s*#*\s*$")
_NAMED = re.compile(r'<a id="([^"]+)"')
_LINK = re.compile(r"!?\[(?:[^\[\]]|\[[^\]]*\])*\]\(\s*<?([^)\s>]+)>?[^)]*\)")
_SOURCE = re.compile(r'<(?:img|a|source)\s[^>]*?(?:src|href|srcset)="([^"]+)"')
_SPAN = re.compile(r"(`+)(.+?)\1", re.S)


@dataclass
class Block:
    """A fenced block. `note` is what follows the language on the fence."""
    line: int
    language: str
    note: str
    text: str


@dataclass
class Page:
    """A page, taken apart. Lines are numbered from 1."""
    blocks: list = field(default_factory=list)
    anchors: set = field(default_factory=set)
    # Pairs of a line and a link's target.
    links: list = field(default_factory=list)
    # Pairs of a line and the text of `inline code`.
    spans: list = field(default_factory=list)


def slug(heading):
    """The anchor that GitHub gives a heading."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
    text = text.replace("`", "").lower()
    return re.sub(r"[^\w\- ]", "", text).replace(" ", "-")


def read(text):
    """Takes a page apart."""
    page = Page()
    # The page without its blocks and its comments, line by line.
    prose = []
    block = fence = None
    for number, line in enumerate(text.splitlines(), 1):
        match = _FENCE.match(line)
        if block is None and match:
            fence, language, note = match.groups()
            block = Block(number, language, note, "")
            line = ""
        elif block is not None:
            if match and match[1].startswith(fence) and not match[2]:
                page.blocks.append(block)
                block = None
            else:
                block.text += line + "\n"
            line = ""
        prose.append(line)
    if block is not None:
        page.blocks.append(block)
    _read_prose(page, prose)
    return page


def _read_prose(page, lines):
    seen = {}
    for line in lines:
        page.anchors.update(_NAMED.findall(line))
        match = _HEADING.match(line)
        if not match:
            continue
        name = slug(match[2])
        count = seen.get(name, 0)
        seen[name] = count + 1
        page.anchors.add(f"{name}-{count}" if count else name)
    # Links and spans may continue on the next line, but not in the next
    # paragraph.
    first = 1
    for paragraph in re.split(r"(\n(?:\s*\n)+)", "\n".join(lines)):
        _read_paragraph(page, paragraph, first)
        first += paragraph.count("\n")


def _read_paragraph(page, text, first):
    def line_of(match):
        return first + text.count("\n", 0, match.start())

    def hide(match):
        page.spans.append((line_of(match), " ".join(match[2].split())))
        return re.sub(r"[^\n]", " ", match[0])

    text = _SPAN.sub(hide, text)
    for pattern in (_LINK, _SOURCE):
        page.links += [(line_of(x), x[1]) for x in pattern.finditer(text)]
