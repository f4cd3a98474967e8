import pytest

# What is asserted outside of a test's own module would fail without a word otherwise.
pytest.register_assert_rewrite("tests.cloud_init.checkers.checking", "tests.cloud_init.fit_machine")
