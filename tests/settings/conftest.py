from tests.cloud_init.conftest import raw

__all__ = ["raw"]
