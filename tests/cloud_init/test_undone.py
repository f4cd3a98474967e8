"""What the lab undoes to see its checks go red (lab/broken.py) is still there to be undone."""

from __future__ import annotations

import pytest

from lab import broken, play
from lab.broken import Edit
from settings.guest import Settings
from tests.cloud_init.rendered import by_path

EDITS = [
    pytest.param(edit, id=f"{check}-{edit.path}")
    for scenario in play.names()
    for check, edits in broken.undoings(scenario).items()
    for edit in edits
]


@pytest.mark.parametrize("edit", EDITS)
def test_the_guests_file_has_these_words(edit: Edit, settings: Settings) -> None:
    assert edit.old in by_path(settings)[edit.path].content
    assert edit.old != edit.new
