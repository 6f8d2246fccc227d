"""Serves one file over HTTP/1.1 with a length and an entity tag, by sendfile: `server.py FILE`."""

import os
import socket
import sys

path = sys.argv[1]
size = os.path.getsize(path)
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
while True:
    connection, _ = listener.accept()
    with connection, open(path, "rb") as file:
        while b"\r\n\r\n" not in connection.recv(65536):
            pass
        connection.sendall(
            b"HTTP/1.1 200 OK\r\nContent-Type: video/mp4\r\nETag: \"bench\"\r\n"
            b"Connection: close\r\nContent-Length: %d\r\n\r\n" % size
        )
        sent = 0
        while sent < size:
            sent += os.sendfile(connection.fileno(), file.fileno(), sent, size - sent)
