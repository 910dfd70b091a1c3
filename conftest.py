"""Where tests run in several processes (`-n 2`), those of one file, or of one template's cohort, share a process."""

import re

import pytest


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Keep together what shares fixtures that take long to make."""
    # Imported where it is installed. Its own `loadgroup` marks node ids, which newer releases of pytest do not let it.
    from xdist.scheduler import LoadScopeScheduling

    class ByFixture(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            file, _, test = nodeid.partition("::")
            cohort = re.search(r"\[.*\]", test) if file.endswith("test_template_cohorts.py") else None
            return file + (cohort.group() if cohort else "")

    return ByFixture(config, log)
