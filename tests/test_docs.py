"""The documents: one screen to begin with, pairs in step, and nothing that leads nowhere."""

from __future__ import annotations

import re
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from tests.markdown import Page, anchor, width, words

ROOT = Path(__file__).parents[1]
FIRST_SCREEN = 45
"""Rows, about what a desktop shows of a page's beginning."""
MAX_WORDS = 450
MAX_SENTENCE = 40
MAX_WIDTH = 100
MENUS = re.compile(r"\*\*((?:Settings|設定) > [^*]+)\*\*")
NEEDS_YAML = "cloud_init"
TOLD = re.compile(r"docs/results/\d|CHANGELOG")
FORMS = {
    "phones.md": ("iphone-ipad", "android-12-and-later", "android-11-and-earlier", "chromeos"),
    "phones.ja.md": ("iphoneipad", "android-12-以降", "android-11-以前", "chromeos"),
}
"""The devices whose forms stand in the users' page too."""


def pages(*patterns: str) -> list[str]:
    """Returns what git holds or is about to."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", *patterns]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return sorted(name for name in set(listed.split("\0")) if name and (ROOT / name).is_file())


ALL = pages("*.md")
OURS = pages("README*.md", ":(glob)docs/*.md")
ENGLISH = [name for name in OURS if not name.endswith(".ja.md")]
ROOMS = ["CONTRIBUTING.md", *pages("lab/*.md", "here/*.md")]
JAPANESE = [name for name in OURS if name.endswith(".ja.md")]
START = ("README.md", "README.ja.md")


def page(name: str) -> Page:
    return Page(ROOT / name)


def test_there_are_pages() -> None:
    assert {"README.ja.md", "docs/start.ja.md", "docs/phones.ja.md"} <= set(JAPANESE)
    assert {"docs/trouble.md", "docs/status.md"} <= set(ENGLISH)


def test_the_readme_is_one_screen() -> None:
    text = page("README.md").path.read_text(encoding="utf-8")
    assert len(text.split()) <= MAX_WORDS


@pytest.mark.parametrize("name", START)
def test_the_first_screen_has_a_command(name: str) -> None:
    above = Page(ROOT / name).lines[:FIRST_SCREEN]
    assert any(code and re.match(r"make [a-z]", line) for code, line in above)


@pytest.mark.parametrize("name", START)
def test_ci_runs_the_command_that_the_readme_names(name: str) -> None:
    command = (ROOT / ".ci/run").read_text(encoding="utf-8").splitlines()[-1]
    assert command.removeprefix("exec ") in page(name).commands


@pytest.mark.parametrize("name", JAPANESE)
def test_both_languages_have_the_same_headings(name: str) -> None:
    levels = [[level for level, _ in page(each).headings] for each in pair(name)]
    assert levels[0] == levels[1]


@pytest.mark.parametrize("name", JAPANESE)
def test_both_languages_have_the_same_commands(name: str) -> None:
    english, japanese = (page(each).commands for each in pair(name))
    assert japanese == english


@pytest.mark.parametrize("name", JAPANESE)
def test_both_languages_have_the_same_tables(name: str) -> None:
    english, japanese = ([len(row) for row in page(each).rows] for each in pair(name))
    assert japanese == english


@pytest.mark.parametrize("name", JAPANESE)
def test_both_languages_lead_to_the_same_places(name: str) -> None:
    english, japanese = (Counter(map(place_of, page(each).links)) for each in pair(name))
    assert english <= japanese, "a picture in English has its twin; Japanese ones may be more"
    assert {place for place in japanese - english if not place.endswith(".svg")} == set()


def place_of(link: str) -> str:
    """Returns where a link leads, whichever the language is."""
    return link.partition("#")[0].replace(".ja.", ".")


def pair(name: str) -> tuple[str, str]:
    return name.replace(".ja.md", ".md"), name


@pytest.mark.parametrize("name", [*ENGLISH, *ROOMS])
def test_sentences_are_short(name: str) -> None:
    long = [text for text in page(name).sentences() if words(text) >= MAX_SENTENCE]
    assert not long


@pytest.mark.parametrize("name", OURS)
def test_lines_are_short(name: str) -> None:
    """Tables can't be broken, nor can a line that is all link."""
    lines = page(name).path.read_text(encoding="utf-8").splitlines()
    assert not [line for line in lines if width(line) > MAX_WIDTH and not unbreakable(line)]


def unbreakable(line: str) -> bool:
    return line.startswith("|") or bool(re.fullmatch(r"\s*(?:- )?\[.*\]\([^)]*\)[.,]?", line))


@pytest.mark.parametrize("name", JAPANESE)
def test_japanese_is_broken_after_punctuation_only(name: str) -> None:
    """Browsers show a break between two Japanese characters as a space."""
    broken = r"[\u3040-\u30ff\u4e00-\u9fff]\n *[\u3040-\u30ff\u4e00-\u9fff]"
    assert not re.findall(f".*{broken}.*", page(name).prose)


@pytest.mark.parametrize("name", OURS)
def test_a_list_at_the_top_names_every_part(name: str) -> None:
    named = re.findall(r"^- \[[^]]+\]\(#([^)]+)\)", page(name).prose, re.M)
    parts = [anchor(text) for level, text in page(name).headings if level == 2]
    assert named in ([], parts)


@pytest.mark.parametrize("name", ALL)
def test_links_lead_somewhere(name: str) -> None:
    assert not [link for link in page(name).links if not leads_somewhere(name, link)]


def leads_somewhere(name: str, link: str) -> bool:
    """A link out of the repository is not followed."""
    if re.match(r"[a-z]+:", link):
        return True
    file, _, place = link.partition("#")
    path = (ROOT / name).parent / file if file else ROOT / name
    return path.exists() and (not place or place in Page(path).anchors)


@pytest.mark.parametrize("name", ALL)
def test_make_can_do_what_the_page_says(name: str) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert page(name).targets <= set(re.findall(r"^([a-z][a-z-]*):", makefile, re.M))


@pytest.mark.parametrize("name", OURS)
def test_python_can_run_what_the_page_says(name: str) -> None:
    places = {module: ROOT / module.replace(".", "/") for module in page(name).modules}
    assert not [
        module
        for module, place in places.items()
        if not (place.with_suffix(".py").exists() or (place / "__main__.py").exists())
    ]


@pytest.mark.parametrize("name", ALL)
def test_a_command_has_the_python_that_it_needs(name: str) -> None:
    """Any has the standard library; a page with `NEEDS_YAML` says where that is from."""
    bare = r"(?<!\.venv/bin/)\bpython3? -m ([a-z_.]+)"
    assert set(re.findall(bare, "\n".join(page(name).commands))) <= {"gateway.probe", NEEDS_YAML}


@pytest.mark.parametrize("name", ALL)
def test_what_a_command_reads_is_there(name: str) -> None:
    """Capital letters stand for a name of the reader's own."""
    named = re.findall(r"(?<![\w./-])docs/[\w./-]+", "\n".join(page(name).commands))
    assert not [path for path in named if not (Path(path).stem.isupper() or (ROOT / path).exists())]


@pytest.mark.parametrize("name", [name for name in ALL if not TOLD.match(name)])
def test_a_path_that_is_named_is_there(name: str) -> None:
    """What was measured or changed on a day keeps that day's names."""
    assert missing((ROOT / name).read_text(encoding="utf-8")) == []


def missing(text: str) -> list[str]:
    """Returns the paths that begin with a folder of ours and lead nowhere. Capital letters stand
    for a name of the reader's own; those of a link begin at its page."""
    ours = "|".join({re.escape(name.partition("/")[0]) for name in pages() if "/" in name})
    named = re.findall(rf"(?<![\w./~$\"(-])(?:{ours})/[\w./-]*\w", text)
    return [path for path in named if not (Path(path).stem.isupper() or (ROOT / path).exists())]


def test_a_path_that_is_not_there_is_missed() -> None:
    assert missing("`settings/gone.py`, tests/gone and docs/") == ["settings/gone.py", "tests/gone"]
    assert missing("`settings/ssh_key.py`, tests/FILE.py, /docs/gone, [a](docs/gone.md)") == []


@pytest.mark.parametrize("name", pages("docs/upstream"))
def test_what_others_should_hear_says_whether_it_was_sent(name: str) -> None:
    told = (ROOT / name).read_text(encoding="utf-8").splitlines()[2]
    assert re.fullmatch(r"Sent: (not yet|\d{4}-\d\d-\d\d, .+)\.", told)


@pytest.mark.parametrize("name", [name for name in OURS if name != "docs/benchmark.md"])
def test_figures_are_those_of_committed_results(name: str) -> None:
    """The benchmark's page says what its lines are set to."""
    results = "".join(path.read_text(encoding="utf-8") for path in results_files())
    known = set(re.findall(r"\d+(?:[.,]\d+)*", results))
    assert not [figure for figure in figures(page(name).prose) if figure not in known]


def results_files() -> list[Path]:
    return [ROOT / name for name in pages("docs/results") if name.endswith((".md", ".json"))]


def figures(text: str) -> list[str]:
    """Returns what looks measured: decimals, and numbers with a unit. Versions and addresses are
    none."""
    text = re.sub(r"(?:Python|macOS) \d+\.\d+|\d+(?:\.\d+){3}|\]\([^)]*\)", "", text)
    return re.findall(r"\b\d+(?:,\d{3})*\.\d+|\b\d+(?:,\d{3})*(?= (?:s|ms|Mbit/s|秒)\b)", text)


@pytest.mark.parametrize("name", FORMS)
def test_forms_are_called_as_in_the_users_page(name: str) -> None:
    template = (ROOT / "profiles/page.html.tmpl").read_text(encoding="utf-8")
    sections = "".join(section(f"docs/{name}", place) for place in FORMS[name])
    rows = re.findall(r"^\| ([^|]+) \| [^|]+ \|$", sections, re.M)
    named = {*rows, *MENUS.findall(sections)} - {"field", "項目"}
    assert len(rows) > 25
    assert not [text for text in named if f'"{text}"' not in template]


def section(name: str, place: str) -> str:
    """Returns the text below one heading of the second level."""
    parts = re.split(r"^## ", page(name).prose, flags=re.M)
    return next(text for text in parts if anchor(text.partition("\n")[0]) == place)


def test_a_heading_is_found_by_githubs_name_for_it() -> None:
    assert anchor("`make up` ends red") == "make-up-ends-red"
    assert anchor("iPhone, iPad: [it](x.md) *shows*") == "iphone-ipad-it-shows"
    assert anchor("Android 12 以降") == "android-12-以降"


def test_a_reader_of_pages_sees_what_stands_there(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    prose, code = "`make up`, make sure [b](#a). `python3 -m a.b`.", "X=1 make down  # why"
    path.write_text(f"# A\n\n{prose}\n\n```\n{code}\n```\n\n# A\n", encoding="utf-8")
    read = Page(path)
    assert (read.targets, read.modules, read.links) == ({"up", "down"}, {"a.b"}, ["#a"])
    assert (read.commands, read.anchors) == (["X=1 make down"], {"a", "a-1"})
    assert [words(text) for text in read.sentences()] == [1, 5, 3, 1]
