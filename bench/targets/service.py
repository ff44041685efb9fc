# SPDX-License-Identifier: Apache-2.0
"""A web service that runs a workflow of six nodes for each request: FastAPI, uvicorn and, where it is there, uvloop.

  program: "ready PID PORT"
  GET /run   awaits AsyncLocalRuntime.execute_workflow_async() of four asynchronous and two synchronous nodes
  GET /ping  answers at once
  GET /cpu   the CPU seconds that the process has used
  caller:    EOF on stdin ends it
"""

import logging
import os
import resource
import socket
import sys
import threading

import bench_nodes  # noqa: F401  registers the node classes
import uvicorn
from fastapi import FastAPI
from kailash.runtime.async_local import AsyncLocalRuntime
from workflows import diamond

NODES = ["TrivialAsyncNode", "TrivialAsyncNode", "TrivialNode", "TrivialAsyncNode", "TrivialNode"]
NODES += ["TrivialAsyncNode"]


def event_loop():
    """uvicorn's name of the fastest event loop that this interpreter can import."""
    try:
        import uvloop  # noqa: F401
    except ImportError:
        return "asyncio"
    return "uvloop"


def make_app():
    app = FastAPI()
    runtime = AsyncLocalRuntime()
    workflow = diamond(NODES)

    @app.get("/run")
    async def run():
        await runtime.execute_workflow_async(workflow, {})
        return {"nodes": len(NODES)}

    @app.get("/ping")
    async def ping():
        return {}

    @app.get("/cpu")
    async def cpu():
        usage = resource.getrusage(resource.RUSAGE_SELF)
        return {"seconds": usage.ru_utime + usage.ru_stime}

    return app


def end_with_stdin(server):
    sys.stdin.read()
    server.should_exit = True


def main():
    logging.disable(logging.CRITICAL)
    if "--instrument" in sys.argv:
        import instrumented

        instrumented.install()
    config = uvicorn.Config(make_app(), loop=event_loop(), access_log=False, log_level="critical")
    server = uvicorn.Server(config)
    listening = socket.create_server(("127.0.0.1", 0))
    print("ready", os.getpid(), listening.getsockname()[1], flush=True)
    threading.Thread(target=end_with_stdin, args=(server,), daemon=True).start()
    server.run(sockets=[listening])


if __name__ == "__main__":
    main()
