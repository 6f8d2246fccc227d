"""An agent: the official client of the Model Context Protocol, with `mps mcp` as its server.

The first argument names a scenario, the others are the server's command. Prints a JSON object. EMULATOR is
the address of the emulator, whose faults and bill the scenarios use.
"""

import asyncio
import json
import os
import sys
import urllib.request

from mcp import Client, MCPError, StdioServerParameters

SERVER = sys.argv[2:]
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "EMULATOR"}
CLIP = {"ModelName": "Kling", "Duration": 5}


def control(name, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"http://{os.environ['EMULATOR']}/_emulator/v1/{name}", data)
    # No proxy: the emulator is on this machine.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request) as response:
        return json.load(response)


def fault(kind, **more):
    control("faults", {"kind": kind, "times": 1, "action": "CreateAigcVideoTask", **more})


def bill():
    bill = control("bill")
    return {"creates": bill["creates"], "duplicates": bill["duplicates"]}


def connect(mode="auto", command=None):
    command = command or SERVER
    parameters = StdioServerParameters(command=command[0], args=command[1:], env=ENVIRONMENT)
    return Client(parameters, mode=mode)


def create(client, key, prompt=None, **more):
    request = CLIP | {"Prompt": prompt or key}
    return client.call_tool("create", {"key": key, "request": request}, **more)


def state(result):
    content = result.structured_content
    return content["kind"] if result.is_error else content["state"]


async def until(client, key, states):
    while True:
        result = await client.call_tool("status", {"key": key})
        if state(result) in states:
            return state(result)


async def cancel_on_the_wire(call):
    """Cancels a create once the service has received it."""
    task = asyncio.ensure_future(call)
    while not any(it["action"] == "CreateAigcVideoTask" for it in control("requests")["requests"]):
        await asyncio.sleep(0.02)
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        pass


async def tools():
    """Each way of opening a session lists the same tools."""
    names = {}
    for mode in ["auto", "legacy"]:
        async with connect(mode) as client:
            listed = await client.list_tools()
            names[mode] = [tool.name for tool in listed.tools]
            names[f"{mode} server"] = client.server_info.name
            try:
                await client.call_tool("resolve", {"key": "fox"})
                names[f"{mode} unknown"] = "accepted"
            except MCPError as error:
                names[f"{mode} unknown"] = error.code
    return names


async def followed():
    """A clip from its create to its file, with progress."""
    progress = []
    # The task is not done before the wait has reported progress, however slow this machine is.
    control("clock", {"freeze": True})

    async def report(done, total, message):
        progress.append(message)
        control("clock", {"advance": "1s"})

    async with connect() as client:
        created = await create(client, "fox")
        waited = await client.call_tool(
            "wait", {"key": "fox", "seconds": 60}, progress_callback=report
        )
        fetched = await client.call_tool("fetch", {"key": "fox"})
        listed = await client.call_tool("list", {})
        file = fetched.structured_content["files"][0]
        return {
            "states": [state(created), state(waited), state(fetched)],
            "progress": len(progress) > 0,
            "size": os.stat(file["path"]).st_size == file["bytes"],
            "listed": len(listed.structured_content["tasks"]),
        }


async def lost():
    """The answer to a create is lost, and the agent creates again with the same key."""
    fault("reply_lost")
    async with connect() as client:
        first = await create(client, "fox")
        again = await create(client, "fox")
        other = await create(client, "owl", prompt="fox")
        results = [first, again, other]
        text = again.content[0].text
    return {
        "in_doubt": [result.structured_content["in_doubt"] for result in results],
        "asks_a_person": "person" in text and "resolve" in text,
        "bill": bill(),
    }


async def gone():
    """The client ends before the answer to its create, and the next one repeats it."""
    fault("delay", delay="1s")
    async with connect() as client:
        await cancel_on_the_wire(create(client, "fox"))
    async with connect() as client:
        again = await create(client, "fox")
    existing = again.structured_content.get("existing", False)
    return {"state": state(again), "existing": existing, "bill": bill()}


async def parallel():
    """Six creates of three keys at the same time, below a cap of two."""
    async with connect() as client:
        keys = ["1", "2", "3", "1", "2", "3"]
        results = await asyncio.gather(*(create(client, key) for key in keys))
    return {"states": sorted(state(result) for result in results), "bill": bill()}


async def cancelled():
    """A cancelled create goes on, and a cancelled wait does not keep the session busy."""
    fault("delay", delay="1s")
    async with connect() as client:
        await cancel_on_the_wire(create(client, "fox"))
        waiting = asyncio.ensure_future(client.call_tool("wait", {"key": "fox", "seconds": 60}))
        await asyncio.sleep(0.1)
        waiting.cancel()
        outcome = await until(client, "fox", ["created", "done"])
    return {"state": outcome, "bill": bill()}


async def unusual():
    """Lines that are no messages before the session, and a request of ten million characters."""
    script = '{ echo garbage; echo "[1]"; cat; } | "$0" "$@"'
    async with connect("legacy", ["sh", "-c", script, *SERVER]) as client:
        long = await create(client, "long", prompt="a" * 10_000_000)
        short = await create(client, "short")
        return {"long": state(long), "short": state(short), "bill": bill()}


async def capped():
    """The cap of two clips holds over a restart."""
    async with connect() as client:
        states = [state(await create(client, key)) for key in ["1", "2", "3"]]
    async with connect() as client:
        states.append(state(await create(client, "4")))
        states.append(state(await create(client, "1")))
        left = (await client.call_tool("list", {})).structured_content["cap"]["left_seconds"]
    return {"states": states, "left": left, "bill": bill()}


scenarios = [tools, followed, lost, gone, parallel, cancelled, unusual, capped]
scenario = next(it for it in scenarios if it.__name__ == sys.argv[1])
print(json.dumps(asyncio.run(scenario())))
