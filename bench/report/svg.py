"""Makes a drawing of matplotlib's part of the page: small, without links, in the page's colours."""

from __future__ import annotations

import re
from hashlib import sha256
from xml.etree import ElementTree

NAMES = (
    "text",
    "muted",
    "rule",
    "limit",
    "lunch",
    "mode-ours",
    "mode-direct",
    "mode-forward",
    "mode-forward-cubic",
    "mode-ours-cubic",
    "mode-ours-plain",
    "mode-ours-quic",
    "mode-ours-ikev2",
    "mode-wireguard",
    "mode-shadowsocks",
    "mode-other",
)
"""The colours: custom properties of page.css, with a value for light and one for dark."""

_STAND_IN = re.compile(r"#fe00([0-9a-f]{2})")
FONT_SIZE = 10.5

# What the page's style sheet, or the drawing as a whole, says once.
_SAID = re.compile(
    rf"font-size: {FONT_SIZE}px; *|font-family: [^;]*; *|text-anchor: start; *"
    r"|;? *fill: var\(--text\)$|;? *stroke-linecap: square|;? *stroke-dashoffset: 0"
)
_DECIMALS = re.compile(r"(\.\d)\d+")
_NEEDLESS = {"id", "clip-path"}
"""Attributes; nothing is drawn outside its axes."""
_NAMESPACE = re.compile(r"^\{.*\}")


def colour(name: str) -> str:
    """What to draw with: matplotlib knows no custom properties, so a colour stands in for each."""
    return f"#fe00{NAMES.index(name):02x}"


def inline(drawing: str, description: str) -> str:
    """The svg element, for use within HTML; `description` is for those who can't see it."""
    root = ElementTree.fromstring(drawing)  # noqa: S314 - matplotlib's own output
    prefix = f"s{sha256(drawing.encode()).hexdigest()[:8]}-"
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag.endswith(("}metadata", "}style", "}clipPath")):
                parent.remove(child)
    used = set(re.findall(r"href=\"#([\w-]+)", drawing))
    for element in root.iter():
        element.tag = _NAMESPACE.sub("", element.tag)
        element.text, element.tail = (element.text or "").strip(), None
        element.attrib = {
            _NAMESPACE.sub("", name): _value(name, value, prefix)
            for name, value in element.attrib.items()
            if value in used or (name not in _NEEDLESS and not value.startswith("rotate(-0 "))
        }
    _unwrap(root)
    box = root.attrib["viewBox"]
    root.attrib = {"viewBox": box, "font-size": f"{FONT_SIZE}", "role": "img"}
    root.attrib["aria-label"] = description
    return ElementTree.tostring(root, encoding="unicode")


def _value(name: str, value: str, prefix: str) -> str:
    """Ids that are unique on the page, its own font and colours, no needless digits."""
    if name == "id":
        return prefix + value
    if name.endswith("href"):
        return f"#{prefix}{value[1:]}"
    if name == "d":
        value = " ".join(value.split())
    if name == "style":
        value = _STAND_IN.sub(lambda found: f"var(--{NAMES[int(found[1], 16)]})", value)
        return _SAID.sub("", value)
    return _DECIMALS.sub(r"\1", value)


def _unwrap(element: ElementTree.Element) -> None:
    """Replace groups that say nothing by what they hold."""
    kept: list[ElementTree.Element] = []
    for child in element:
        _unwrap(child)
        idle = child.tag == "g" or (child.tag == "defs" and not len(child))
        kept += list(child) if idle and not child.attrib else [child]
    element[:] = kept
