"""A client that calls one tool and prints its progress, until somebody kills it: `python dying_client.py HOME LOG TOOL ARGUMENTS`."""

import json
import os
import sys

import anyio
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client

HOME, LOG, TOOL, ARGUMENTS = sys.argv[1:]
SERVER = [sys.executable, "-c", "from healthsim_core.cli import main; main()", "mcp"]


async def hear(done, total, message):
    print(int(done), flush=True)


async def main():
    environment = {name: value for name, value in os.environ.items() if name in ("PYTHONPATH", "PYTHONHASHSEED")}
    parameters = StdioServerParameters(command=SERVER[0], args=SERVER[1:], env={**environment, "HEALTHSIM_HOME": HOME})
    with open(LOG, "w") as log:
        async with Client(stdio_client(parameters, errlog=log)) as client:
            with open(ARGUMENTS) as file:
                await client.call_tool(TOOL, json.load(file), progress_callback=hear)
            print("done", flush=True)


anyio.run(main)
