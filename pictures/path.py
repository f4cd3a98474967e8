"""A packet's path: one TCP connection made into two, and who sees what of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pictures.svg import box, drawing, element, head, stroke, words

WIDTH, HEIGHT = 720, 268
PHONE, OPERATOR, GATEWAY, SITE = 70, 232, 440, 652
"""Where each one's middle is, in pixels from the left."""
NAMES = 324
"""Where the tunnel and its connection have their names: beside the operator's mast."""
LINE = 132
"""How far down the connections run."""
OURS, OTHERS = "var(--way-gateway-l2tp)", "var(--way-direct)"
LOST = "var(--way-forward)"


@dataclass(frozen=True, kw_only=True)
class Words:
    """What stands in the drawing, in one language."""

    title: str
    phone: str
    operator: str
    gateway: str
    site: str
    first: str
    second: str
    tunnel: str
    lost: str
    sends: tuple[str, str]
    site_sends: tuple[str, str]
    operator_sees: tuple[str, str]
    site_sees: tuple[str, str]


ENGLISH = Words(
    title="The gateway ends the phone's TCP connection and opens another one to the site. On the"
    " phone's line it is the sender, with BBR. The operator sees UDP 500 and 4500 and nothing"
    " inside; the site sees the gateway's address.",
    phone="phone",
    operator="operator",
    gateway="gateway",
    site="site",
    first="TCP 1 of 2",
    second="TCP 2 of 2",
    tunnel="IPsec tunnel",
    lost="packets get lost here",
    sends=("The gateway sends, with BBR:", "it measures the line, and goes on after a loss"),
    site_sends=("The site sends", "as it always does"),
    operator_sees=("sees UDP 500 and 4500,", "and nothing inside"),
    site_sees=("sees the", "gateway's address"),
)
JAPANESE = Words(
    title="ゲートウェイは、スマートフォンの TCP 接続を受け止め、サイトへ別の接続を開きます。"
    "携帯回線へはゲートウェイの BBR が送ります。"
    "携帯会社に見えるのは UDP 500 と 4500 だけで、中身は見えません。"
    "サイトに見えるのはゲートウェイのアドレスです。",
    phone="スマートフォン",
    operator="携帯会社",
    gateway="ゲートウェイ",
    site="サイト",
    first="TCP 接続 1",
    second="TCP 接続 2",
    tunnel="IPsec トンネル",
    lost="ここでパケットが失われる",
    sends=("送り手はゲートウェイの BBR", "失われても、回線を測って送り続ける"),
    site_sends=("送り手はサイト", "送り方はいつもどおり"),
    operator_sees=("見えるのは UDP 500 と 4500", "中身は見えない"),
    site_sees=("見えるのは", "ゲートウェイのアドレス"),
)


def draw(said: Words) -> str:
    """Return the drawing with these words."""
    parts = [*_tunnel(said), *_connections(said), *_places(said), *_sights(said)]
    return drawing(WIDTH, HEIGHT, said.title, *parts)


def _tunnel(said: Words) -> list[str]:
    """Return the tunnel, from the phone through the operator's network to the gateway."""
    band = box(PHONE, LINE - 24, GATEWAY - PHONE, 48, stroke_dasharray="5 4", rx=24)
    name = words(said.tunnel, NAMES, LINE + 18, **_small("var(--muted)"))
    mark = f"M{(PHONE + OPERATOR) / 2 - 6:g} {LINE - 6}l12 12m0 -12l-12 12"
    lost = words(said.lost, (PHONE + OPERATOR) / 2, LINE - 48, **_small(LOST))
    return [band, name, stroke(mark, LOST, 3), lost]


def _connections(said: Words) -> list[str]:
    """Return both connections; the arrow shows which way a download goes."""
    parts = []
    for left, right, ink, name in (
        (PHONE + 26, GATEWAY - 42, OURS, said.first),
        (GATEWAY + 42, SITE - 38, OTHERS, said.second),
    ):
        parts += [stroke(f"M{left + 8} {LINE}H{right}", ink, 4), head(left, LINE, ink, -1)]
        middle = NAMES if ink == OURS else (left + right) / 2
        parts.append(words(name, middle, LINE - 9, **_small(ink, weight="bold")))
    return parts


def _places(said: Words) -> list[str]:
    """Return who is where, with their names."""
    own: dict[str, Any] = {"fill": "var(--card)", "stroke": "var(--text)", "stroke_width": 2}
    sides = (f"M{OPERATOR + 12 * side} {LINE - 32}a17 17 0 0 {side > 0:d} 0 24" for side in (-1, 1))
    mast = f"M{OPERATOR} {LINE - 18}l-16 54h32zM{OPERATOR - 10} {LINE + 18}h20"
    names = (
        (said.phone, PHONE),
        (said.operator, OPERATOR),
        (said.gateway, GATEWAY),
        (said.site, SITE),
    )
    return [
        box(PHONE - 20, LINE - 36, 40, 72, **own),
        element("circle", cx=PHONE, cy=LINE + 27, r=3, fill="var(--text)"),
        stroke(mast, "var(--text)", 2, stroke_linejoin="round"),
        stroke("".join(sides), "var(--text)"),
        box(GATEWAY - 38, LINE - 36, 76, 72, **{**own, "stroke": OURS, "stroke_width": 3}),
        words("BBR", GATEWAY, LINE + 8, text_anchor="middle", font_size=24, font_weight="bold"),
        element("circle", cx=SITE, cy=LINE, r=34, **own),
        stroke(f"M{SITE - 34} {LINE}h68", "var(--text)", 1.4),
        element("ellipse", cx=SITE, cy=LINE, rx=14, ry=34, fill="none", stroke="var(--text)"),
        *(words(name, x, LINE + 64, **_small("var(--text)", 20, "bold")) for name, x in names),
    ]


def _sights(said: Words) -> list[str]:
    """Return who sends how, above, and who sees what, below."""
    lines = (
        (said.sends, (PHONE + GATEWAY) / 2, 24, OURS),
        (said.site_sends, (GATEWAY + SITE) / 2 + 20, 24, OTHERS),
        (said.operator_sees, OPERATOR, LINE + 90, "var(--muted)"),
        (said.site_sees, SITE - 36, LINE + 90, "var(--muted)"),
    )
    return [
        words(line, x, y + 23 * number, **_small(ink, 18))
        for both, x, y, ink in lines
        for number, line in enumerate(both)
    ]


def _small(ink: str, size: int = 17, weight: str = "normal") -> dict[str, Any]:
    return {"font_size": size, "fill": ink, "text_anchor": "middle", "font_weight": weight}
