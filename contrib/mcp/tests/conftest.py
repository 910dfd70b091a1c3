"""An agent for tests: a real client session with a real server over stdio, in a workspace of its own."""

import contextlib
import json
import os
import sys
from functools import partial

import jsonschema
import pytest
from anyio.from_thread import start_blocking_portal
from attrs import define, field, frozen
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client

SERVER = [sys.executable, "-c", "from healthsim_core.cli import main; main()", "mcp"]


@frozen
class Answer:
    """What a tool said: as text, as data, whether it is an error, and the progress it told before."""

    text: str
    data: dict
    error: bool
    progress: list

    @property
    def size(self):
        """Return the characters that the agent has to read: the text or the data, whichever is longer."""
        return max(len(self.text), len(json.dumps(self.data)))


@define
class Agent:
    """Calls tools and waits for what they say."""

    portal: object
    client: object
    tools: dict = field(factory=dict)

    def call(self, tool, /, progress=None, **arguments):
        """Call a tool; its data is checked against the schema that the server gave."""
        if not self.tools:
            self.tools = {one.name: one for one in self.portal.call(self.client.list_tools).tools}
        heard = []

        async def hear(done, total, message):
            heard.append((done, total, message))
            if progress is not None:
                progress(done, total)

        found = self.portal.call(partial(self.client.call_tool, tool, arguments, progress_callback=hear))
        assert len(found.content) == 1 and found.content[0].type == "text"
        if not found.is_error:
            jsonschema.validate(found.structured_content, self.tools[tool].output_schema)
        return Answer(found.content[0].text, found.structured_content, found.is_error, heard)


@contextlib.contextmanager
def serving(home, log=None, **options):
    """Start a server on a workspace and give an agent that talks with it."""
    environment = {name: value for name, value in os.environ.items() if name in ("PYTHONPATH", "PYTHONHASHSEED")}
    parameters = StdioServerParameters(
        command=SERVER[0], args=SERVER[1:], env={**environment, "HEALTHSIM_HOME": str(home)}
    )
    with contextlib.ExitStack() as stack:
        errors = stack.enter_context(open(log or os.devnull, "w", encoding="utf-8"))
        portal = stack.enter_context(start_blocking_portal())
        client = Client(stdio_client(parameters, errlog=errors), **options)
        yield Agent(portal, stack.enter_context(portal.wrap_async_context_manager(client)))


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def agent(home):
    with serving(home) as found:
        yield found


@pytest.fixture
def workspace(home, monkeypatch):
    """Let Python in this process use the server's workspace."""
    monkeypatch.setenv("HEALTHSIM_HOME", str(home))
    return home


@pytest.fixture
def start(tmp_path):
    """Give `start(home, log)`, a server of its own for a `with` block."""
    return serving


def members(count, first=0):
    return [
        {"member_id": f"M{number:04}", "given_name": "Zyxa", "birth_date": f"{1930 + number % 70}-06-15", "gender": "FM"[number % 2]}
        for number in range(first, first + count)
    ]  # fmt: skip


def patients(count):
    return [
        {"patient_id": f"P{number:04}", "given_name": "Zyxa", "birth_date": f"{1930 + number % 70}-06-15", "gender": "FM"[number % 2]}
        for number in range(count)
    ]  # fmt: skip


@pytest.fixture(scope="session")
def make_members():
    return members


@pytest.fixture(scope="session")
def make_patients():
    return patients
