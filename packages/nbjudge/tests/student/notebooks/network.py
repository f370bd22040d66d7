# %% [markdown]
# # A server and a client on localhost
# %%
import socket, threading
server = socket.create_server(("localhost", 0))
def serve():
    connection, _ = server.accept()
    connection.sendall(connection.recv(100).upper())
    connection.close()
threading.Thread(target=serve, daemon=True).start()
# %%
with socket.create_connection(server.getsockname()) as client:
    client.sendall(b"hello")
    print(client.recv(100))
#> b'HELLO'
# %% [markdown]
# # The address of localhost
# %%
import socket
socket.gethostbyname("localhost")
#> '127.0.0.1'
# %% [markdown]
# # The addresses of localhost
# %%
import socket
assert ("127.0.0.1", 80) in {address[:2] for *_, address in socket.getaddrinfo("localhost", 80)}
# %% [markdown]
# # The name of this machine
# %%
import socket
assert socket.gethostname() and socket.gethostbyname(socket.gethostname())
# %% [markdown]
# # A port by its service
# %%
import socket
socket.getservbyname("http"), socket.htons(1) in (1, 256)
#> (80, True)
# %% [markdown]
# # A web server and urllib
# %%
import http.server, threading, urllib.request
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"page")
    def log_message(self, *_):
        pass
server = http.server.ThreadingHTTPServer(("localhost", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
# %%
urllib.request.urlopen(f"http://localhost:{server.server_port}/").read()
#> b'page'
# %% [markdown]
# # A web server for files and requests
# file page.html: <p>page</p>
# %%
import functools, http.server, threading
class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory="."))
threading.Thread(target=server.serve_forever, daemon=True).start()
# %%
import requests
requests.get(f"http://127.0.0.1:{server.server_port}/page.html").text
#> '<p>page</p>'
# %% [markdown]
# # A web server is a program of its own
# file page.html: <p>page</p>
# %%
import socket, subprocess, sys, time, urllib.request
with socket.create_server(("127.0.0.1", 0)) as probe:
    port = probe.getsockname()[1]
process = subprocess.Popen([sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1"],
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
# %%
for _ in range(100):
    try:
        page = urllib.request.urlopen(f"http://127.0.0.1:{port}/page.html").read()
        break
    except OSError:
        time.sleep(0.1)
process.terminate()
page
#> b'<p>page</p>'
# %% [markdown]
# # Datagrams
# %%
import socket
one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
one.bind(("127.0.0.1", 0))
other = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
other.sendto(b"hi", one.getsockname())
one.recv(10)
#> b'hi'
# %% [markdown]
# # Sockets of IPv6
# %%
import socket
with socket.create_server(("::1", 0), family=socket.AF_INET6) as server:
    with socket.create_connection(server.getsockname()[:2]):
        print("connected")
#> connected
# %% [markdown]
# # A socket in a file
# %%
import socket, threading
server = socket.socket(socket.AF_UNIX)
server.bind("./here.sock")
server.listen()
client = socket.socket(socket.AF_UNIX)
client.connect("./here.sock")
connection, _ = server.accept()
client.sendall(b"x")
connection.recv(1)
#> b'x'
# %% [markdown]
# # A pair of sockets
# %%
import socket
one, other = socket.socketpair()
one.sendall(b"x")
other.recv(1)
#> b'x'
# %% [markdown]
# # Select
# %%
import select, selectors, socket
one, other = socket.socketpair()
other.sendall(b"x")
selector = selectors.DefaultSelector()
selector.register(one, selectors.EVENT_READ)
len(select.select([one], [], [], 1)[0]), len(selector.select(1))
#> (1, 1)
# %% [markdown]
# # A socket server of the library
# %%
import socketserver, threading, socket
class Echo(socketserver.StreamRequestHandler):
    def handle(self):
        self.wfile.write(self.rfile.readline())
server = socketserver.ThreadingTCPServer(("localhost", 0), Echo)
threading.Thread(target=server.serve_forever, daemon=True).start()
# %%
with socket.create_connection(server.server_address) as client:
    client.sendall(b"echo\n")
    print(client.makefile().readline())
server.shutdown()
#> echo
# %% [markdown]
# # Calls of procedures
# %%
import threading, xmlrpc.client, xmlrpc.server
server = xmlrpc.server.SimpleXMLRPCServer(("localhost", 0), logRequests=False)
server.register_function(pow)
threading.Thread(target=server.serve_forever, daemon=True).start()
xmlrpc.client.ServerProxy(f"http://localhost:{server.server_address[1]}").pow(2, 5)
#> 32
# %% [markdown]
# # Nobody answers at a closed port
# %%
import socket
with socket.create_server(("127.0.0.1", 0)) as server:
    port = server.getsockname()[1]
socket.create_connection(("127.0.0.1", port), timeout=1)
#! ConnectionRefusedError
# %% [markdown]
# # A page of the web with something in its place
# %%
import urllib.request
try:
    page = urllib.request.urlopen("http://192.0.2.1/", timeout=0.2).read()
except OSError:
    page = b"offline"
page
#> b'offline'
# %% [markdown]
# # Listeners of multiprocessing
# %%
import threading
from multiprocessing.connection import Client, Listener
listener = Listener(("localhost", 0), authkey=b"secret")
threading.Thread(target=lambda: listener.accept().send([1, 2]), daemon=True).start()
with Client(listener.address, authkey=b"secret") as client:
    print(client.recv())
#> [1, 2]
# %% [markdown]
# # A connection to an address outside
# is refused: there is no network, because hidden inputs could be sent away; `c.ExecuteApart.network` allows it
# %%
import socket, threading
server = socket.create_server(("", 0))
address = socket.if_nameindex()
assert any(name != "lo" for _, name in address)
