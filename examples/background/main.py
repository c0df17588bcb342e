"""A loop in a thread, for a program whose own thread is busy with something else: here it waits for input.

    python3 main.py

    set NAME MILLISECONDS   starts a timer, a task on the loop
    ring NAME               makes it ring now
    cancel NAME             makes it never ring
    wait NAME               waits for it, and says what became of it

At the end of the input the loop cancels what still runs, stops, and the thread ends.
"""

import asyncio
import sys
import threading
from concurrent.futures import CancelledError


# region timer
async def timer(seconds, bell):
    try:
        async with asyncio.timeout(seconds):
            await bell.wait()
            return "was rung"
    except TimeoutError:
        return "rings"
# endregion timer


async def cancel_all():
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def main():
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    bells, results = {}, {}
    for line in sys.stdin:
        match line.split():
            case ["set", name, ms] if ms.isdecimal():
                bells[name] = asyncio.Event()
                results[name] = asyncio.run_coroutine_threadsafe(timer(int(ms) / 1000, bells[name]), loop)
            case ["ring", name] if name in bells:
                loop.call_soon_threadsafe(bells[name].set)
            case ["cancel", name] if name in bells:
                results[name].cancel()
            case ["wait", name] if name in bells:
                try:
                    print(name, results[name].result(), flush=True)
                except CancelledError:
                    print(name, "was canceled", flush=True)
            case _:
                print("what?", flush=True)
    asyncio.run_coroutine_threadsafe(cancel_all(), loop).result()
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()
    print("stopped")


if __name__ == "__main__":
    main()
