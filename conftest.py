"""Where tests run in several processes (`-n 2 --dist loadgroup`), those of one file, or of one cohort, share a process."""

import pytest


def pytest_configure(config):
    """Know the mark where pytest-xdist is not installed."""
    config.addinivalue_line("markers", "xdist_group(name): tests that share a process")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Keep together what shares fixtures that take long to make."""
    for item in items:
        cohort = item.callspec.id if item.path.name == "test_template_cohorts.py" and hasattr(item, "callspec") else ""
        item.add_marker(pytest.mark.xdist_group(f"{item.path}{cohort}"))
