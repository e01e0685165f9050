"""A server with the faults that the judges look for: a judge that finds none of them here has judged nothing.

It also stands where a server would call that can be made to call out, and remembers who did.
"""
import html
import http.server
import sqlite3
import threading
import urllib.parse


class Bait:
    def __init__(self):
        self.calls = []
        self.database = sqlite3.connect(":memory:", check_same_thread=False)
        self.database.executescript("CREATE TABLE people (name TEXT, password TEXT); INSERT INTO people VALUES ('ann', 'secret');")
        self.lock = threading.Lock()
        bait = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                path, _, query = self.path.partition("?")
                fields = dict(urllib.parse.parse_qsl(query))
                if path == "/":
                    self.page('<a href="/hello?name=ann">hello</a>' + FORM)
                elif path == "/hello":
                    self.page("Hello " + fields.get("name", ""))
                elif path == "/sign-in":
                    self.page(FORM)
                elif path == "/get_ssrf.php" or path == "/get_xxe.php":
                    self.page("{}", type="application/json")
                else:
                    bait.calls.append("%s %s" % (self.client_address[0], self.path))
                    self.page("nothing", 404)

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode("utf-8", "replace")
                fields = dict(urllib.parse.parse_qsl(body))
                try:
                    with bait.lock:
                        found = bait.database.execute(
                            "SELECT * FROM people WHERE name = '%s' AND password = '%s'" % (
                                fields.get("name", ""), fields.get("password", ""))).fetchall()
                    self.page("in" if found else FORM + "<p>no</p>")
                except (sqlite3.Error, sqlite3.Warning) as error:
                    self.page("sqlite3.OperationalError: " + html.escape(str(error)), 500)

            def page(self, text, status=200, type="text/html"):
                data = text.encode("utf-8", "replace")
                self.send_response(status)
                self.send_header("Content-Type", type)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        # A tool that leaves before its answer comes is no error.
        self.server.handle_error = lambda *_: None
        self.server.daemon_threads = True
        self.url = "http://127.0.0.1:%d" % self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()


FORM = '<form method="post" action="/sign-in"><input name="name"><input name="password" type="password"><button>in</button></form>'
