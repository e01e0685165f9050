"""A crowd: hands each connection on to the server from another loopback address, so that no limit by source holds it up.

A real attacker has many addresses too. What is sent is not looked at: TLS goes through as it is.
"""
import itertools
import socket
import threading


class Crowd:
    def __init__(self, target):
        self.target, self.connections = target, 0
        self._sources = itertools.count(1)
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self._socket.close()

    def _accept(self):
        while True:
            try:
                inner, _ = self._socket.accept()
            except OSError:
                return
            number = next(self._sources)
            self.connections += 1
            source = "127.%d.%d.%d" % (16 + (number >> 16 & 127), number >> 8 & 255, number & 255)
            try:
                outer = socket.create_connection(("127.0.0.1", self.target), 30, source_address=(source, 0))
            except OSError:
                inner.close()
                continue
            outer.settimeout(None)
            for ends in ((inner, outer), (outer, inner)):
                threading.Thread(target=self._pump, args=ends, daemon=True).start()

    @staticmethod
    def _pump(source, sink):
        try:
            while data := source.recv(65536):
                sink.sendall(data)
        except OSError:
            pass
        for end, how in ((sink, socket.SHUT_WR), (source, socket.SHUT_RD)):
            try:
                end.shutdown(how)
            except OSError:
                pass
