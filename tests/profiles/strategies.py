"""Accounts as hostile as the settings and the title's rules let them be."""

from __future__ import annotations

from hypothesis import strategies as st

from profiles.account import MAX_TITLE, NOT_IN_TITLES, Account, accounts
from settings.guest import Settings, parse
from tests.cloud_init.strategies import passwords, psks, user_names

# Quotes of every kind, what the formats escape with, other scripts, an emoji, marks that
# combine, and words that mean something to one of the formats.
AWKWARD = (
    "'\"\u2018\u2019\u201a\u201b\u201c\u201d`$&;#%=[]{}()\\ \u3000äöüß昼休みがｶﾞ\U0001f371é\u0301"
)
_characters = st.sampled_from([c for c in AWKWARD if c not in NOT_IN_TITLES]) | st.characters(
    exclude_categories=["C", "Z"], exclude_characters=NOT_IN_TITLES
)
titles = (
    # Not st.text: it would mix both and draw from all of Unicode, hardly ever a quote.
    st.lists(_characters, min_size=1, max_size=MAX_TITLE).map("".join)
    | st.sampled_from(["]]&gt;", "{{ user }}", "$(x)", "${psk}", "%s", "-Force", "&amp;"])
).filter(lambda text: text.isprintable() and text == text.strip())

# What other programs would read as another notation.
_keys = psks | psks.map(lambda key: f"0s{key}"[:128].strip())

servers = st.sampled_from(["vpn.example.org", "203.0.113.5", "xn--wgv71a.example.org"])


_names = user_names.filter(lambda name: not name.replace(".", "").isdigit())


@st.composite
def everybodys_settings(draw: st.DrawFn, users: int = 3) -> Settings:
    """Settings with up to this many users whom all clients can tell apart."""
    names = draw(st.lists(_names, min_size=1, max_size=users, unique_by=str.lower))
    return parse({"psk": draw(_keys), "users": {name: draw(passwords) for name in names}})


@st.composite
def people(draw: st.DrawFn) -> Account:
    """Somebody's account, through the same checks as everybody's."""
    (account,) = accounts(draw(everybodys_settings(1)), draw(servers), draw(titles))
    return account
