# %% [markdown]
# # A task made without await
# %%
import asyncio
async def work():
    return 42
task = asyncio.create_task(work())
# %%
await task
#> 42
# %% [markdown]
# # A loop is running in every cell
# %%
import asyncio
loop = asyncio.get_running_loop()
assert loop.is_running() and asyncio.get_event_loop() is loop
# %%
assert asyncio.get_running_loop() is loop
# %% [markdown]
# # asyncio.run fails as in Jupyter
# %%
import asyncio
async def main():
    return 1
coroutine = main()
try:
    asyncio.run(coroutine)
except RuntimeError as error:
    print(error)
coroutine.close()
#> asyncio.run() cannot be called from a running event loop
# %% [markdown]
# # run_until_complete fails as in Jupyter
# %%
import asyncio
async def main():
    return 1
coroutine = main()
try:
    asyncio.get_event_loop().run_until_complete(coroutine)
except RuntimeError as error:
    print(error)
coroutine.close()
#> This event loop is already running
# %% [markdown]
# # A choice by whether a loop is running
# %%
import asyncio
async def main():
    return "ran"
try:
    asyncio.get_running_loop()
    result = await main()
except RuntimeError:
    result = asyncio.run(main())
result
#> 'ran'
# %% [markdown]
# # Tasks go on between cells
# %%
import asyncio
done = []
async def work():
    await asyncio.sleep(0.01)
    done.append("work")
task = asyncio.create_task(work())
# %%
await asyncio.sleep(0.1)
assert task.done()
done
#> ['work']
# %% [markdown]
# # A task that is ready at once is done in the next cell
# %%
import asyncio
done = []
async def work():
    done.append("work")
task = asyncio.create_task(work())
# %%
done
#> ['work']
# %% [markdown]
# # A task fails in the background
# %%
import asyncio
async def work():
    raise ValueError("broken")
task = asyncio.create_task(work())
# %%
await asyncio.sleep(0)
type(task.exception()).__name__
#> 'ValueError'
# %% [markdown]
# # gather
# %%
import asyncio
async def square(x):
    await asyncio.sleep(0.01)
    return x * x
await asyncio.gather(*(square(x) for x in range(4)))
#> [0, 1, 4, 9]
# %% [markdown]
# # A queue between two cells
# %%
import asyncio
queue = asyncio.Queue()
async def producer():
    for number in range(3):
        await queue.put(number)
task = asyncio.create_task(producer())
# %%
[await queue.get() for _ in range(3)]
#> [0, 1, 2]
# %% [markdown]
# # A worker that goes on until it is cancelled
# %%
import asyncio
ticks = []
async def tick():
    while True:
        ticks.append(1)
        await asyncio.sleep(0.01)
ticking = asyncio.create_task(tick())
# %%
await asyncio.sleep(0.1)
ticking.cancel()
# %%
assert len(ticks) > 2 and ticking.cancelled()
# %% [markdown]
# # A limit of time
# %%
import asyncio
try:
    await asyncio.wait_for(asyncio.sleep(10), timeout=0.05)
except asyncio.TimeoutError:
    print("too slow")
#> too slow
# %% [markdown]
# # async with, async for and a comprehension
# %%
import asyncio, contextlib
@contextlib.asynccontextmanager
async def opened():
    yield 3
async def numbers():
    for number in range(3):
        yield number
# %%
async with opened() as n:
    print(n)
async for number in numbers():
    print(number)
[x async for x in numbers()]
#> 3
#> 0
#> 1
#> 2
#> [0, 1, 2]
# %% [markdown]
# # A server and a client in two cells
# %%
import asyncio
async def answer(reader, writer):
    writer.write((await reader.readline()).upper())
    await writer.drain()
    writer.close()
server = await asyncio.start_server(answer, "localhost", 0)
port = server.sockets[0].getsockname()[1]
# %%
reader, writer = await asyncio.open_connection("localhost", port)
writer.write(b"hello\n")
await reader.readline()
#> b'HELLO\n'
# %% [markdown]
# # A function of a thread in a loop
# %%
import asyncio, time
def slow():
    time.sleep(0.01)
    return "done"
await asyncio.to_thread(slow)
#> 'done'
# %% [markdown]
# # An executor of the loop
# %%
import asyncio
loop = asyncio.get_running_loop()
await loop.run_in_executor(None, sum, [1, 2, 3])
#> 6
# %% [markdown]
# # asyncio.run in a thread
# %%
import asyncio
from concurrent.futures import ThreadPoolExecutor
async def main():
    await asyncio.sleep(0.01)
    return 7
with ThreadPoolExecutor(1) as pool:
    result = pool.submit(asyncio.run, main()).result()
result
#> 7
# %% [markdown]
# # A future of another thread
# %%
import asyncio, threading
loop = asyncio.get_running_loop()
future = loop.create_future()
threading.Thread(target=lambda: loop.call_soon_threadsafe(future.set_result, 5)).start()
await future
#> 5
# %% [markdown]
# # Callbacks of the loop
# %%
import asyncio
called = []
loop = asyncio.get_running_loop()
loop.call_soon(called.append, 1)
loop.call_later(0.02, called.append, 2)
# %%
await asyncio.sleep(0.1)
called
#> [1, 2]
# %% [markdown]
# # A loop of one's own, with nested loops allowed
# %%
import asyncio
try:
    import nest_asyncio
except ImportError:
    import nest_asyncio2 as nest_asyncio
nest_asyncio.apply()
async def main():
    await asyncio.sleep(0.01)
    return 9
asyncio.run(main())
#> 9
# %%
asyncio.get_event_loop().run_until_complete(main())
#> 9
# %%
task = asyncio.ensure_future(main())
await task
#> 9
# %% [markdown]
# # A new loop in a thread
# %%
import asyncio, threading
loop = asyncio.new_event_loop()
threading.Thread(target=loop.run_forever, daemon=True).start()
async def main():
    return 11
future = asyncio.run_coroutine_threadsafe(main(), loop)
future.result(5)
#> 11
# %%
loop.call_soon_threadsafe(loop.stop)
# %% [markdown]
# # A subprocess of asyncio
# %%
import asyncio
process = await asyncio.create_subprocess_exec("echo", "hi", stdout=asyncio.subprocess.PIPE)
output, _ = await process.communicate()
output
#> b'hi\n'
# %% [markdown]
# # Context variables in tasks
# %%
import asyncio, contextvars
name = contextvars.ContextVar("name", default="nobody")
async def who():
    return name.get()
async def main():
    name.set("ada")
    return await asyncio.create_task(who())
await main(), name.get()
#> ('ada', 'ada')
# %% [markdown]
# # A semaphore and an event
# %%
import asyncio
limit = asyncio.Semaphore(2)
ready = asyncio.Event()
async def job(n):
    async with limit:
        await ready.wait()
        return n
jobs = [asyncio.create_task(job(n)) for n in range(3)]
# %%
ready.set()
await asyncio.gather(*jobs)
#> [0, 1, 2]
# %% [markdown]
# # What a task prints
# %%
import asyncio
async def speak():
    print("spoken")
task = asyncio.create_task(speak())
await task
#> spoken
# %% [markdown]
# # An error in an awaited function
# %%
async def fails():
    raise KeyError("missing")
await fails()
#! KeyError: 'missing'
# %% [markdown]
# # A coroutine as the last value is only shown
# %%
async def main():
    return 1
coroutine = main()
type(coroutine).__name__
#> 'coroutine'
# %%
await coroutine
#> 1
# %% [markdown]
# # autoawait switched off and on
# %%
%autoawait
#> IPython autoawait is `on`, and set to use `asyncio`
# %%
%autoawait False
# %%
import asyncio
x = 2
x
#> 2
# %% [markdown]
# # A task group
# %%
import asyncio
async def f(x):
    return x + 1
async with asyncio.TaskGroup() as group:
    tasks = [group.create_task(f(x)) for x in range(3)]
[task.result() for task in tasks]
#> [1, 2, 3]
