"""A chat server on streams: what one client says goes to all.

    python3 main.py                    # then, in other terminals: nc 127.0.0.1 8888
    python3 main.py --address 127.0.0.1:0 --idle 60
"""
import argparse
import asyncio
import signal

MAX_LINE = 1 << 10
MAX_BACKLOG = 1 << 20


class Room:
    def __init__(self, idle):
        self.idle = idle
        self.members = {}

    def tell(self, line):
        for w in list(self.members.values()):
            if w.transport.get_write_buffer_size() > MAX_BACKLOG:
                w.transport.abort()
                continue
            w.write(line.encode())

    async def serve(self, r, w):
        try:
            name = await self.welcome(r, w)
            if name:
                self.members[name] = w
                self.tell(f"* {name} has joined\n")
                reason = await self.listen(name, r, w)
                del self.members[name]
                self.tell(f"* {name} {reason}\n")
        except (EOFError, ConnectionError, ValueError, asyncio.TimeoutError):
            pass
        finally:
            w.close()

    async def welcome(self, r, w):
        w.write(b"your name? ")
        name = await self.line(r)
        if not name or name in self.members:
            w.write(b"that name will not do\n")
            return None
        w.write(f"hello, {name}; say /names or /quit, or anything else\n".encode())
        return name

    async def listen(self, name, r, w):
        while True:
            try:
                said = await self.line(r)
            except ValueError:
                w.write(b"that was too long\n")
                continue
            except asyncio.TimeoutError:
                w.write(b"you fell asleep\n")
                return "fell asleep"
            except (EOFError, ConnectionError):
                return "has left"
            if said == "/quit":
                return "has left"
            if said == "/names":
                w.write((" ".join(sorted(self.members)) + "\n").encode())
            elif said:
                self.tell(f"{name}: {said}\n")

    async def line(self, r):
        line = await asyncio.wait_for(r.readline(), self.idle)
        if not line:
            raise EOFError
        return line.decode().strip()


async def main(address, idle):
    room = Room(idle)
    host, port = address.rsplit(":", 1)
    server = await asyncio.start_server(room.serve, host, int(port), limit=MAX_LINE)
    print("listening on {}:{}".format(*server.sockets[0].getsockname()), flush=True)

    def stop():
        room.tell("* the server stops\n")
        server.close()
        for w in room.members.values():
            w.close()

    for sig in signal.SIGINT, signal.SIGTERM:
        asyncio.get_running_loop().add_signal_handler(sig, stop)
    try:
        await server.serve_forever()
    except asyncio.CancelledError:
        pass


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--address", default="127.0.0.1:8888")
    parser.add_argument("--idle", type=float, default=300)
    options = parser.parse_args()
    asyncio.run(main(options.address, options.idle))
