"""An echo over WebSocket: `websocket.py serve HOST`, `websocket.py talk HOST`."""
import asyncio
import sys

import websockets

PORT = 8765


async def echo(socket):
    async for message in socket:
        await socket.send(message)


async def serve(host):
    async with websockets.serve(echo, host, PORT, server_header="tidewatch"):
        await asyncio.Future()


async def one(host, messages, code=1000, **options):
    async with websockets.connect(f"ws://{host}:{PORT}/levels?station=12", **options) as socket:
        for message in messages:
            await socket.send(message)
            await socket.recv()
        await (await socket.ping(b"tide"))
        await socket.close(code, "done")


async def talk(host):
    pieces = ["the tide ", "stood at ", "3.40 m"]
    await one(host, ["gauge 12: 3.40 m", bytes(range(256)), "", pieces, "x" * 70000], compression=None)
    await one(host, ["gauge 12: 3.40 m " * 40], code=1001, compression="deflate")


asyncio.run({"serve": serve, "talk": talk}[sys.argv[1]](sys.argv[2]))
