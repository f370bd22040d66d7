# %% [markdown]
# # Who is this
# %%
import getpass
assert getpass.getuser()
# %% [markdown]
# # The user's entry
# %%
import os, pwd
entry = pwd.getpwuid(os.getuid())
assert entry.pw_name and entry.pw_dir
# %% [markdown]
# # The user by name
# %%
import getpass, os, pwd
assert pwd.getpwnam(getpass.getuser()).pw_uid == os.getuid()
# %% [markdown]
# # The group's entry
# %%
import grp, os
assert grp.getgrgid(os.getgid()).gr_name
# %% [markdown]
# # os.getlogin, with something in its place
# %%
import os
try:
    user = os.getlogin()
except OSError:
    user = os.environ.get("USER", "unknown")
assert user
# %% [markdown]
# # whoami
# %%
import getpass
name = !whoami
assert name == [getpass.getuser()]
# %% [markdown]
# # The home folder of the tilde
# %%
import os
assert os.path.expanduser("~") == os.environ["HOME"]
!cd ~ && pwd | wc -l
#> 1
# %% [markdown]
# # The variables of a kernel
# %%
import os
os.environ["TERM"], os.environ["PAGER"], os.environ["CLICOLOR"]
#> ('xterm-color', 'cat', '1')
# %% [markdown]
# # A path of programs
# %%
import shutil
assert shutil.which("python") and shutil.which("sh") and not shutil.which("no-such-program")
# %% [markdown]
# # The platform
# %%
import platform, sys
assert platform.system() == "Linux" and platform.python_version_tuple()[0] == "3" and sys.platform == "linux"
assert platform.node() and platform.machine()
# %% [markdown]
# # Processors
# %%
import multiprocessing, os
assert os.cpu_count() >= 1 and multiprocessing.cpu_count() >= 1 and len(os.sched_getaffinity(0)) >= 1
# %% [markdown]
# # Memory
# %%
import psutil, resource
assert psutil.virtual_memory().total > 0 and psutil.Process().memory_info().rss > 0
assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss > 0
# %% [markdown]
# # The encoding of files
# %%
import locale, sys
sys.getdefaultencoding(), sys.getfilesystemencoding(), locale.getpreferredencoding()
#> ('utf-8', 'utf-8', 'UTF-8')
# %% [markdown]
# # A locale
# %%
import locale
locale.setlocale(locale.LC_ALL, "C")
locale.format_string("%d", 1000, grouping=True)
#> '1000'
# %% [markdown]
# # The time zone
# %%
import datetime, time
from zoneinfo import ZoneInfo
there = datetime.datetime(2026, 1, 1, tzinfo=ZoneInfo("Europe/Zurich"))
assert time.tzname and datetime.datetime.now().astimezone().tzinfo
there.utcoffset()
#> datetime.timedelta(seconds=3600)
# %% [markdown]
# # A time zone of one's own
# %%
import os, time
os.environ["TZ"] = "UTC+3"
time.tzset()
time.timezone
#> 10800
# %% [markdown]
# # Signals
# %%
import os, signal
heard = []
signal.signal(signal.SIGUSR1, lambda *_: heard.append(1))
os.kill(os.getpid(), signal.SIGUSR1)
heard
#> [1]
# %% [markdown]
# # An alarm
# %%
import signal, time
class TooSlow(Exception):
    pass
def ring(*_):
    raise TooSlow
signal.signal(signal.SIGALRM, ring)
signal.alarm(1)
try:
    time.sleep(5)
    said = "slept"
except TooSlow:
    said = "too slow"
finally:
    signal.alarm(0)
said
#> 'too slow'
# %% [markdown]
# # A timer of the system
# %%
import signal, time
rang = []
signal.signal(signal.SIGALRM, lambda *_: rang.append(1))
signal.setitimer(signal.ITIMER_REAL, 0.05)
time.sleep(0.2)
rang
#> [1]
# %% [markdown]
# # An interrupt is sent to oneself
# %%
import os, signal, time
try:
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(1)
except KeyboardInterrupt:
    print("interrupted")
#> interrupted
# %% [markdown]
# # A process, forked
# %%
import multiprocessing
def square(x, queue):
    queue.put(x * x)
context = multiprocessing.get_context("fork")
queue = context.Queue()
process = context.Process(target=square, args=(3, queue))
process.start()
result = queue.get()
process.join()
result, process.exitcode
#> (9, 0)
# %% [markdown]
# # A pool of processes
# %%
import multiprocessing
def square(x):
    return x * x
with multiprocessing.get_context("fork").Pool(2) as pool:
    squares = pool.map(square, range(4))
squares
#> [0, 1, 4, 9]
# %% [markdown]
# # A process, spawned, with a function of a module
# file worker.py: def square(x):\n    return x * x\n
# %%
import multiprocessing
import worker
with multiprocessing.get_context("spawn").Pool(1) as pool:
    squares = pool.map(worker.square, range(3))
squares
#> [0, 1, 4]
# %% [markdown]
# # An executor of processes
# %%
from concurrent.futures import ProcessPoolExecutor
import multiprocessing
def square(x):
    return x * x
with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("fork")) as pool:
    squares = list(pool.map(square, range(4)))
squares
#> [0, 1, 4, 9]
# %% [markdown]
# # Shared values and a lock
# %%
import multiprocessing
context = multiprocessing.get_context("fork")
counter, lock = context.Value("i", 0), context.Lock()
def count():
    with lock:
        counter.value += 1
processes = [context.Process(target=count) for _ in range(3)]
for process in processes:
    process.start()
for process in processes:
    process.join()
counter.value
#> 3
# %% [markdown]
# # A manager of processes
# %%
import multiprocessing
with multiprocessing.Manager() as manager:
    shared = manager.dict()
    shared["a"] = 1
    print(dict(shared))
#> {'a': 1}
# %% [markdown]
# # Shared memory
# %%
from multiprocessing import shared_memory
block = shared_memory.SharedMemory(create=True, size=10)
block.buf[0] = 5
other = shared_memory.SharedMemory(block.name)
value = other.buf[0]
other.close()
block.close()
block.unlink()
value
#> 5
# %% [markdown]
# # joblib
# %%
from joblib import Parallel, delayed
Parallel(n_jobs=2)(delayed(pow)(x, 2) for x in range(3))
#> [0, 1, 4]
# %% [markdown]
# # os.fork
# %%
import os
child = os.fork()
if child == 0:
    os._exit(3)
_, status = os.waitpid(child, 0)
os.waitstatus_to_exitcode(status)
#> 3
# %% [markdown]
# # A pipe to a program
# %%
import subprocess
process = subprocess.Popen(["sort"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
process.communicate("b\na\n")[0]
#> 'a\nb\n'
# %% [markdown]
# # A program in Python
# %%
import subprocess, sys
subprocess.check_output([sys.executable, "-c", "import numpy; print(numpy.sum([1, 2]))"], text=True)
#> '3\n'
# %% [markdown]
# # A program by the name of Python
# %%
import subprocess
subprocess.run(["python", "-c", "print('hi')"], capture_output=True, text=True).stdout
#> 'hi\n'
# %% [markdown]
# # A program that fails
# %%
import subprocess
subprocess.run(["false"], check=True)
#! CalledProcessError
# %% [markdown]
# # A program that is not there
# %%
import subprocess
subprocess.run(["no-such-program"])
#! FileNotFoundError
# %% [markdown]
# # A program that takes too long
# %%
import subprocess
try:
    subprocess.run(["sleep", "5"], timeout=0.1)
except subprocess.TimeoutExpired:
    print("too long")
#> too long
# %% [markdown]
# # A program in the background
# %%
import subprocess
process = subprocess.Popen(["sleep", "30"])
# %%
assert process.poll() is None
process.terminate()
process.wait()
#> -15
# %% [markdown]
# # Threads, locks, events and queues
# %%
import queue, threading
numbers, done = queue.Queue(), threading.Event()
def work():
    total = 0
    while (number := numbers.get()) is not None:
        total += number
    results.append(total)
    done.set()
results = []
threading.Thread(target=work, daemon=True).start()
for number in [1, 2, 3, None]:
    numbers.put(number)
assert done.wait(5)
results
#> [6]
# %% [markdown]
# # A timer thread between cells
# %%
import threading
rang = threading.Event()
threading.Timer(0.05, rang.set).start()
# %%
rang.wait(5)
#> True
# %% [markdown]
# # Values of a thread's own
# %%
import threading
local = threading.local()
local.x = 1
seen = []
thread = threading.Thread(target=lambda: seen.append(hasattr(local, "x")))
thread.start()
thread.join()
seen, threading.current_thread() is threading.main_thread()
#> ([False], True)
# %% [markdown]
# # atexit
# %%
import atexit
atexit.register(print, "bye")
# %% [markdown]
# # Garbage
# %%
import gc, weakref
class Node:
    pass
a, b = Node(), Node()
a.other, b.other = b, a
watch = weakref.ref(a)
del a, b
gc.collect()
watch() is None, gc.isenabled()
#> (True, True)
# %% [markdown]
# # sys.getrefcount and getsizeof
# %%
import sys
x = []
sys.getrefcount(x), sys.getsizeof(0)
#> (2, 28)
# %% [markdown]
# # Recursion
# %%
import sys
def depth(n):
    return 0 if n == 0 else 1 + depth(n - 1)
assert sys.getrecursionlimit() >= 1000
sys.setrecursionlimit(5000)
depth(3000)
#> 3000
# %% [markdown]
# # Endless recursion
# %%
def endless():
    return endless()
endless()
#! RecursionError
# %%
"next"
#> 'next'
# %% [markdown]
# # The recursion limit as it is
# %%
import sys
sys.getrecursionlimit()
#> 1000
# %% [markdown]
# # Large integers
# %%
import math
len(str(math.factorial(1000)))
#> 2568
# %%
import sys
sys.set_int_max_str_digits(0)
len(str(10**5000))
#> 5001
# %% [markdown]
# # Too many digits
# %%
str(10**5000)
#! ValueError: Exceeds the limit
# %% [markdown]
# # Warnings of numbers
# %%
import numpy as np
with np.errstate(divide="raise"):
    try:
        np.ones(1) / 0
    except FloatingPointError:
        print("caught")
#> caught
# %% [markdown]
# # A limit of resources
# %%
import resource
soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
assert soft > 100
# %% [markdown]
# # Audit hooks
# %%
import sys
events = []
sys.addaudithook(lambda event, arguments: events.append(event) if event == "mine" else None)
sys.audit("mine")
events
#> ['mine']
# %% [markdown]
# # A trace function
# %%
import sys
calls = []
def traced():
    return 1
def trace(frame, event, argument):
    if event == "call" and frame.f_code.co_name == "traced":
        calls.append(event)
sys.settrace(trace)
traced()
sys.settrace(None)
calls
#> ['call']
# %% [markdown]
# # tracemalloc
# %%
import tracemalloc
tracemalloc.start()
kept = [bytes(1000) for _ in range(100)]
assert tracemalloc.get_traced_memory()[0] > 50_000
tracemalloc.stop()
# %% [markdown]
# # Times
# %%
import time
start = time.perf_counter(), time.process_time(), time.monotonic()
time.sleep(0.01)
assert time.perf_counter() - start[0] >= 0.009
# %% [markdown]
# # ctypes and the C library
# %%
import ctypes
ctypes.CDLL(None).abs(-3)
#> 3
# %% [markdown]
# # A process chooses its processors
# is refused: each sandbox has processors of its own, so that nobody slows another one down
# %%
import os
os.sched_setaffinity(0, os.sched_getaffinity(0))
# %% [markdown]
# # A file of memory alone
# is refused: the watchdog could not see how large it is; take /dev/shm
# %%
import os
os.memfd_create("x")
