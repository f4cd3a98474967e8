"""Linters of words: spelling, Markdown, docstrings, and the glossary of CONTRIBUTING.md."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.test_linters import REPOSITORY, complaints, python_files, text_of, tracked

CONFIGURATION = str(REPOSITORY / "pyproject.toml")

NO_WORDS = {"requirements.lock", "here/cli/build/go.sum"}
"""Hashes, in which any word may stand."""


def documents() -> set[str]:
    return {name for name in tracked() if name.endswith(".md")}


def test_codespell() -> None:
    assert complaints("codespell", *(name for name in tracked() if name not in NO_WORDS)) == ""


def markdown(*names: str, without: str = "") -> str:
    """What PyMarkdown says of these documents, without the rules that are named."""
    options = [f"--disable-rules={without}"] if without else []
    return complaints("pymarkdown", "--strict-config", *options, "scan", *sorted(names))


def test_markdown() -> None:
    # Japanese has no spaces at which to end a line.
    japanese = {name for name in documents() if name.endswith(".ja.md")}
    assert markdown(*documents() - japanese) == ""
    assert markdown(*japanese, without="md013") == ""


def unwrapped(text: str) -> list[str]:
    """Lines over 100 characters that could end earlier. pymarkdown lets each end in one word more,
    however long, so that links may stand."""
    prose = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    lines = [line for line in prose.splitlines() if len(line) > 100]
    words = r"^\s*(?:[-*] )?|\[[^\]]*\]\([^)]*\)"
    return [
        line for line in lines if "|" not in line[:4] and " " in re.sub(words, "", line).strip()
    ]


@pytest.mark.parametrize("name", sorted(documents()))
def test_no_line_ends_in_one_word_more(name: str) -> None:
    assert name.endswith(".ja.md") or unwrapped(text_of(name)) == []


def test_one_word_more_is_seen() -> None:
    line = "word " * 19 + "end more"
    link = f"- [{'two words' * 9}](#{'x' * 40})"
    assert unwrapped(f"{line}\n{link}\n| {line} |\n```\n{line}\n```\n") == [line]


@pytest.mark.parametrize(
    ("program", "arguments", "text"),
    [
        ("codespell", ["--toml", CONFIGURATION], "Read t" + "eh manual.\n"),
        ("pymarkdown", ["--config", CONFIGURATION, "scan"], "# A\n\n" + "long " * 20 + "\n"),
        ("pymarkdown", ["--config", CONFIGURATION, "scan"], "# A\n\n[b](#nowhere)\n"),
    ],
)
def test_a_linter_of_words_complains(
    program: str, arguments: list[str], text: str, tmp_path: Path
) -> None:
    (tmp_path / "x.md").write_text(text)
    assert complaints(program, *arguments, str(tmp_path / "x.md")) != ""


@pytest.mark.parametrize(
    "text",
    [
        "```\n" + "long " * 30 + "\n```\n",
        "| a |\n|---|\n| " + "long " * 30 + "|\n",
        "[" + "x" * 50 + "](https://example.org/" + "y" * 50 + ")\n",
    ],
    ids=["code", "table", "link"],
)
def test_what_can_not_be_wrapped_may_be_long(text: str, tmp_path: Path) -> None:
    (tmp_path / "x.md").write_text("# A\n\n" + text)
    scan = ["--config", CONFIGURATION, "scan", str(tmp_path / "x.md")]
    assert complaints("pymarkdown", *scan) == ""


MID_AIR = re.compile(
    r"(Also|And|As|But|By|For|From|How|Its|Nor|Of|Or|Than|Their|Those|Whether|Which|Who|Whose|Why"
    r"|What(?!ever))\b|[a-z]"
)
"""How the second half of a sentence begins, whose first half would be the name. An attribute's may:
its name stands beside it."""

NO_VERB = re.compile(
    r"(An?|All|Azure|Each|Every(body)?|Half|It|No(thing)?|One|Th(e|is|ese))\b|['\" ]"
)
"""How the name of a thing begins, where a sentence would say what is returned or done."""


def in_mid_air(source: str, beginning: re.Pattern[str] = MID_AIR) -> list[str]:
    """Return the functions whose docstrings begin so, and can't be read on their own."""
    return [
        f"{node.name}: {docstring.splitlines()[0]}"
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (docstring := ast.get_docstring(node))
        and beginning.match(docstring)
    ]


def test_docstrings_are_sentences_of_their_own() -> None:
    """A test's may go on from its name, which is a sentence."""
    files = [name for name in python_files() if not name.startswith("tests/")]
    assert {name: found for name in files if (found := in_mid_air(text_of(name)))} == {}


def test_docstrings_of_the_measuring_half_say_what_is_done() -> None:
    # Without what runs in the world: a word there would boot everybody's world anew.
    rooms = re.compile(r"(bench|lab|here)/.*\.py")
    files = [name for name in python_files() if rooms.fullmatch(name)]
    found = {name: in_mid_air(text_of(name), NO_VERB) for name in files}
    assert {name: lines for name, lines in found.items() if lines} == {}
    assert in_mid_air('def f():\n    """The page."""\n', NO_VERB)


@pytest.mark.parametrize("words", ["Of the two.", "Its interfaces.", "Whose?", "for a process."])
def test_a_docstring_in_mid_air_is_found(words: str) -> None:
    assert in_mid_air(f'def f():\n    """{words}"""\n')
    assert not in_mid_air('def f():\n    """Return what is there."""\n')


def test_no_help_shows_the_marks_of_a_docstring() -> None:
    """argparse prints them as they are."""
    shown = [name for name in python_files() if "description=__doc__" in text_of(name)]
    assert "cloud_init/__main__.py" in shown
    told = {name: str(ast.get_docstring(ast.parse(text_of(name)))) for name in shown}
    assert [name for name, docstring in told.items() if "``" in docstring] == []


def defined(source: str) -> set[str]:
    """Return the names that a module gives to its functions, classes and constants."""
    names: set[str] = set()
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found = (each for target in targets for each in ast.walk(target))
            names |= {each.id for each in found if isinstance(each, ast.Name)}
    return names


def test_no_name_of_the_benchmark_is_two_things() -> None:
    assert defined("A, B = 1, 2\nC: int = 3\ndef d(): ...\n") == {"A", "B", "C", "d"}
    files = [name for name in python_files() if name.startswith("bench/")]
    names = [each for name in files for each in defined(text_of(name))]
    # A day is asked for and drawn.
    assert {name for name in names if names.count(name) > 1} == {"day"}


class Retired(NamedTuple):
    """A word that has given way to one of the glossary."""

    word: str
    """A regular expression; whole words only."""
    where: str
    """A regular expression for the names of the files in which it is retired."""
    say: str
    """What CONTRIBUTING.md says instead: a word of its glossary, or a room of its house."""
    example: str
    """A line that must be found."""


CODE = r".*\.(py|js|toml|ya?ml)|Makefile|cloud_init/rootfs/.*"
MEASURING = r"(tests/)?(lab|bench)/.*"
ANYWHERE = r".*"
BENCHMARK = r"(tests/)?bench/.*|docs/benchmark\.md"
UNMEASURED = r"(tests/)?lab/.*|docs/adr/.*|docs/lineage\.md|SECURITY\.md"
NOT_THE_LAB = r"(?!(tests/)?lab/).*"
RETIRED = [
    Retired("Stage|stage", MEASURING, "lab", "def up(stage: Stage) -> None:"),
    Retired("[Ss]essions?", r"(tests/)?lab/.*|bench/.*", "tunnel", "class Session:"),
    Retired("bars?", UNMEASURED, "promise", "the bar of lossy-1"),
    Retired(
        r"Bar|BARS|bars\.json|demands?|[Vv]erdicts?", BENCHMARK, "promise", "verdicts = judge(x)"
    ),
    Retired(r"(split|forward)\+(bbr|cubic)[a-z0-9+]*", ANYWHERE, "way", "split+bbr+ikev2"),
    Retired(r"Modes?|MODES|\"mode\"|--mode", BENCHMARK, "way", "from bench.ways import MODES"),
    Retired(r"[Gg]roups?(?!\()", BENCHMARK, "comparison", "plan.Group"),
    Retired("Row|ROWS|Sample", BENCHMARK, "record", "rows: list[Row]"),
    Retired("Scenarios?|SCENARIOS|--scenario", BENCHMARK, "line", "--scenario lossy-1"),
    Retired(r"Links?|world\.links", MEASURING, "line", "link: Link"),
    Retired("PATHS|PLACES", MEASURING, "gateway_at", "far = PATHS[where]"),
    Retired(r"\"path\"|--path", BENCHMARK, "gateway_at", "--path far"),
    Retired(r"bench(/|\.)run", ANYWHERE, "benchmark", "from bench.run import Benchmark"),
    Retired(
        r"page\.(css|html\.tmpl)|tests\.bench\.page|[Tt]he page('s)?|as one page",
        r"bench/report/.*|tests/bench/(html|conftest|test_(report|drawings))\.py|pictures/svg\.py",
        "report",
        'Return the page, with its "page.css".',
    ),
    Retired(
        r"[Ff]irst lines?|_first_line|lines? of JSON|line (\d+|\{\w+\})( is|:)|lines?, rest",
        rf"{BENCHMARK}|docs/results/README\.md",
        "about",
        "The first line of a file says what measured.",
    ),
    Retired(
        "shares?|SHARES",
        r"(tests/)?bench/(?!(test_)?limits)[\w/]+\.py",
        "reached",
        "share = goodput / limit",
    ),
    Retired(r"(tests|python -m) ?/?clients", CODE, "profiles", "python -m clients --out x"),
    Retired(r"clients(/|\.)\w+", CODE, "profiles", "from clients.page import render"),
    Retired(r"-m lab bench|lab(/|\.)(bench|report)", CODE, "bench", "python -m lab bench --full"),
    Retired(r"gateway(/|\.)recover", CODE, "ops", "python -m gateway.recover dev"),
    Retired(r"gateway(/|\.)checks", CODE, "settings", "from gateway.checks import x"),
    Retired(
        r"cloud_init(/|\.)(settings|settings_file|values|users|dialling|reachable)",
        CODE,
        "settings",
        "from cloud_init.settings import Settings",
    ),
    Retired("[Pp]lain (VPNs?|forwarding)", ANYWHERE, "ordinary VPN", "through a plain VPN"),
    Retired("uniqueids|encapsulation=yes|l2tp-psk.conf", NOT_THE_LAB, "charon", "uniqueids=no"),
]
"""To retire a word: its line here, its place in the glossary, and then all that is red."""

HISTORY = re.compile(r"docs/results/2026-11-.*|CHANGELOG\.md|CONTRIBUTING\.md|tests/test_prose\.py")
"""What tells of former words, and this list of them."""


def retired_in(name: str, text: str) -> list[str]:
    """Each line of the file that holds a word which is retired there."""
    if HISTORY.fullmatch(name):
        return []
    words = [retired for retired in RETIRED if re.fullmatch(retired.where, name)]
    return [
        f"{name}:{number}: {found[0]!r} is called {retired.say}"
        for number, line in enumerate(text.splitlines(), 1)
        for retired in words
        if (found := re.search(rf"(?<![\w-])({retired.word})(?![\w-])", line))
    ]


def test_no_retired_word_is_used() -> None:
    assert [line for name in tracked() for line in retired_in(name, text_of(name))] == []


@pytest.mark.parametrize("retired", RETIRED, ids=[retired.example for retired in RETIRED])
def test_a_retired_word_is_found(retired: Retired) -> None:
    names = [name for name in tracked() if re.fullmatch(retired.where, name)]
    assert names, f"no file is called like {retired.where}"
    names = [name for name in names if not HISTORY.fullmatch(name)]
    assert any("is called" in line for line in retired_in(names[0], retired.example))


@pytest.mark.parametrize("say", sorted({retired.say for retired in RETIRED}))
def test_the_glossary_or_the_house_has_the_word_to_say_instead(say: str) -> None:
    sections = text_of("CONTRIBUTING.md").split("\n## ")
    told = [section for section in sections if section.startswith(("Words\n", "The house\n"))]
    cells = re.findall(r"^\| ([^|]+) \|", "\n".join(told), re.MULTILINE)
    assert say in {word.strip("`") for cell in cells for word in re.split("[,;] ", cell)}
