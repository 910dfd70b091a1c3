"""A pytest plugin: the catalog of what is installed, a workspace of the test's own, and a function that generates in it."""

import pytest

pytest.register_assert_rewrite("healthsim_core.testing.conformance", "healthsim_core.testing.checks")


@pytest.fixture(scope="session")
def healthsim_catalog():
    """The catalog of the installed plugins."""
    from healthsim_core import catalog

    return catalog.build()


@pytest.fixture
def healthsim_workspace(tmp_path, monkeypatch):
    """An empty workspace, which $HEALTHSIM_HOME names for the length of the test."""
    folder = tmp_path / "healthsim-home"
    folder.mkdir()
    monkeypatch.setenv("HEALTHSIM_HOME", str(folder))
    return folder


@pytest.fixture
def healthsim_generate(healthsim_catalog, healthsim_workspace):
    """A function that takes what `healthsim_core.generate` takes and keeps the scenario in the test's workspace."""
    from healthsim_core import generate

    def generate_here(profile, journey=None, count=None, **options):
        options = {"catalog": healthsim_catalog, "workspace": healthsim_workspace, "persist": True, **options}
        return generate(profile, journey, count, **options)

    return generate_here
