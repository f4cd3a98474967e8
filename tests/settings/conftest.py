from __future__ import annotations

from tests.cloud_init.conftest import raw as raw  # the example's, to read and to change
