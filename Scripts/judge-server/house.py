"""A running server on a fresh data directory, gone through its first run, and a small browser that signs in to it.

Nothing here knows how the server is written: only addresses, forms and cookies, as a person's browser sees them.
"""
import base64
import hashlib
import hmac
import html
import http.client
import os
import pathlib
import re
import signal
import socket
import ssl
import struct
import subprocess
import threading
import time
import urllib.parse

SESSION, DEVICE = "__Host-plumbline", "__Host-device"
OFFICER, ADMINISTRATOR = "mei.lin", "root.keeper"
FORM = "application/x-www-form-urlencoded"


def totp(secret, at=None):
    """RFC 6238 with SHA-1, 30 seconds, 6 digits."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.new(key, struct.pack(">Q", int((time.time() if at is None else at) // 30)), hashlib.sha1).digest()
    place = digest[-1] & 15
    return "%06d" % ((struct.unpack(">I", digest[place:place + 4])[0] & 0x7FFFFFFF) % 1_000_000)


assert totp(base64.b32encode(b"12345678901234567890").decode(), 59) == "287082", "RFC 6238, appendix B"


class Refused(Exception):
    """The server did not do what the first run or a sign-in needs."""


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def text(self):
        return self.body.decode("utf-8", "replace")

    @property
    def location(self):
        return self.headers.get("Location", "")

    def find(self, pattern):
        found = re.search(pattern, self.text, re.S)
        if not found:
            raise Refused("%s is not in an answer with status %d: %s" % (pattern, self.status, self.text[:300]))
        return html.unescape(found.group(1))


class Browser:
    """Keeps cookies, sends forms as our own pages would, and waits where the server says that it should.

    `source` is the loopback address that it comes from: the server limits attempts by source.
    """

    def __init__(self, house, source="127.0.0.1"):
        self.house, self.source, self.cookies = house, source, {}
        self.waited = 0
        # What the server set, as it was written.
        self.set_cookies = []

    def connect(self, timeout=60):
        return http.client.HTTPSConnection(
            "localhost", self.house.port, timeout=timeout, context=self.house.trust(), source_address=(self.source, 0))

    def ask(self, method, path, body=None, headers=(), wait=True):
        while True:
            answer = self._ask(method, path, body, dict(headers))
            if answer.status != 429 or not wait:
                return answer
            seconds = int(answer.headers.get("Retry-After", "1"))
            self.waited += seconds
            time.sleep(seconds)

    def _ask(self, method, path, body, headers):
        if self.cookies:
            headers.setdefault("Cookie", "; ".join("%s=%s" % pair for pair in self.cookies.items()))
        connection = self.connect()
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            answer = Answer(response.status, response.headers, response.read())
        finally:
            connection.close()
        for line in answer.headers.get_all("Set-Cookie") or []:
            self.set_cookies.append(line)
            name, _, value = line.partition(";")[0].partition("=")
            if value:
                self.cookies[name] = value
            else:
                self.cookies.pop(name, None)
        return answer

    def get(self, path, **more):
        return self.ask("GET", path, **more)

    def post(self, path, fields, **more):
        """Sends a form, as from one of our own pages."""
        headers = {"Content-Type": FORM, "Origin": self.house.origin, "Sec-Fetch-Site": "same-origin"}
        return self.ask("POST", path, urllib.parse.urlencode(fields), headers, **more)

    def submit(self, path, fields, want=303):
        answer = self.post(path, fields)
        if answer.status != want:
            raise Refused("POST %s: %d instead of %d: %s" % (path, answer.status, want, answer.text[:500]))
        return answer

    def csrf(self):
        """The session's word, from a hidden field of a page."""
        return self.get("/prove").find(r'name="csrf" value="([^"]+)"')

    def is_in(self):
        # A page for whoever is signed in, whatever they may do; others are sent to the sign-in.
        return self.get("/prove").status == 200

    def cookie_header(self):
        return "; ".join("%s=%s" % pair for pair in self.cookies.items())


class Person:
    """Somebody with an account: what they know and hold."""

    def __init__(self, name, password, secret):
        self.name, self.password, self.secret = name, password, secret
        self.used = int(time.time() // 30)

    def code(self):
        """A code of a step that was not used yet; waits for one."""
        while int(time.time() // 30) <= self.used:
            time.sleep(0.5)
        self.used = int(time.time() // 30)
        return totp(self.secret)


def free_port(first=8600, last=8699):
    # Two that begin at once should not try the same.
    count = last - first + 1
    for port in ((os.getpid() + number) % count + first for number in range(count)):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue
    raise Refused("no free port between %d and %d" % (first, last))


class House:
    """One server on one data directory. Its files lie in `folder`: data, log."""

    def __init__(self, plumbline, folder):
        self.plumbline, self.folder = plumbline, pathlib.Path(folder)
        self.folder.mkdir(parents=True)
        self.data, self.log = self.folder / "data", self.folder / "log"
        self.port = free_port()
        self.origin = "https://localhost:%d" % self.port
        self.people = {}
        self.process = None
        self.link = ""
        # The browser of the first run, with the cookies that it was given.
        self.first = None
        self._trusted = ""

    @property
    def certificate(self):
        return self.data / "tls" / "server.pem"

    def trust(self):
        """Accepts the server's certificate and no other; while there is none on disk, the last one."""
        text = self.certificate.read_text()
        if "BEGIN CERTIFICATE" in text:
            self._trusted = text
        return ssl.create_default_context(cadata=self._trusted)

    def start(self):
        self.process = subprocess.Popen(
            [self.plumbline, "serve", "--data", str(self.data), "--port", str(self.port), "--lang", "en"],
            stdout=subprocess.PIPE, stderr=open(self.log, "ab"), text=True)
        deadline = threading.Timer(60, self.process.kill)
        deadline.start()
        is_new = not self.people
        for line in self.process.stdout:
            found = re.search(r"https://\S+/setup#(\S+)", line)
            if found:
                self.link = found.group(1)
            if found or not is_new and line.startswith(self.origin):
                break
        deadline.cancel()
        if is_new and not self.link:
            self.stop(signal.SIGKILL)
            raise Refused("no set-up link was printed: " + self.log.read_text()[-1000:])
        return self

    def stop(self, how=signal.SIGTERM):
        """Ends the server; its status, or None when it had to be killed."""
        if self.process is None:
            return None
        status = None
        if self.process.poll() is None:
            self.process.send_signal(how)
        try:
            status = self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
        self.process = None
        return status

    def memory(self):
        """Bytes that are resident now, and the most there ever were."""
        text = pathlib.Path("/proc/%d/status" % self.process.pid).read_text()
        return tuple(1024 * int(re.search(name + r":\s+(\d+) kB", text).group(1)) for name in ("VmRSS", "VmHWM"))

    def first_run(self):
        """From the link to two people who are signed in, each with a password of their own and a second factor."""
        browser = self.first = Browser(self)
        browser.submit("/setup", {"ticket": self.link})
        browser.submit("/setup/firm", [("name", "範例期貨股份有限公司"), ("fact.entity_kinds", "fcm")])
        if browser.get("/setup/binding").status != 200:
            raise Refused("/setup/binding shows nothing")
        browser.submit("/setup/collect", {})
        ready = browser.submit("/setup/people", {
            "officer.display": "林美", "officer.person": "E-101", "officer.name": OFFICER,
            "administrator.display": "高守", "administrator.person": "E-102", "administrator.name": ADMINISTRATOR,
        }, want=200)
        browsers = {}
        for name in (OFFICER, ADMINISTRATOR):
            initial = ready.find('data-password="%s">([^<]+)<' % re.escape(name))
            browsers[name] = self._enter(name, initial)
        return browsers

    def _enter(self, name, initial):
        """The first sign-in: forced change of the password, second factor, recovery codes."""
        browser = Browser(self)
        password = "Larch7-" + base64.b32encode(os.urandom(10)).decode() + "!vellum"
        answer = browser.submit("/sign-in", {"name": name, "password": initial})
        if not answer.location.startswith("/sign-in/password"):
            raise Refused("the first password need not be changed: " + answer.location)
        answer = browser.submit("/sign-in/password", {"reason": "initial", "new": password, "again": password})
        if not answer.location.startswith("/sign-in/enrol"):
            raise Refused("no second factor is asked for: " + answer.location)
        page = browser.get("/sign-in/enrol")
        person = Person(name, password, page.find(r'id="totp-secret">([A-Z2-7]+)<'))
        browser.submit("/sign-in/enrol", {
            "enrolment": page.find(r'name="enrolment" value="([^"]+)"'), "label": "phone", "code": totp(person.secret),
        }, want=200)
        if SESSION not in browser.cookies or not browser.is_in():
            raise Refused(name + " is not signed in after the first sign-in")
        self.people[name] = person
        return browser

    def sign_in(self, name, browser, password=None):
        """Signs somebody in; False when the password is refused."""
        person = self.people[name]
        browser.cookies.pop(SESSION, None)
        answer = browser.post("/sign-in", {"name": name, "password": password or person.password})
        if answer.status == 200:
            return False
        if answer.status != 303 or not answer.location.startswith("/sign-in/factor"):
            raise Refused("sign-in: %d %s" % (answer.status, answer.location))
        browser.submit("/sign-in/factor?kinds=totp", {"code": person.code()})
        if not browser.is_in():
            raise Refused(name + " is not signed in after the second factor")
        return True

    def search(self, words, *fields):
        """Records of the trail, as lines of JSON."""
        command = [self.plumbline, "vault", "search", str(self.data / "vault" / "trail"), words, "--json"]
        for field in fields:
            command += ["--field", field]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
        if done.returncode not in (0, 1):
            raise Refused("vault search ended with %d: %s" % (done.returncode, done.stderr[-500:]))
        return [line for line in done.stdout.splitlines() if line.startswith("{")]
