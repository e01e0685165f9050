"""What every walk through the server in a browser needs: the server on an empty directory, a browser that gathers complaints, the first run, and
the first sign-in. Scripts that import it are called with PLUMBLINE PICTURES.
"""

import base64, hashlib, hmac, os, re, shutil, socket, struct, subprocess, sys, tempfile, threading, time
from pathlib import Path

PLUMBLINE, PICTURES = sys.argv[1], Path(sys.argv[2])
PORT = int(os.environ.get("PORT", "8477"))
ORIGIN = f"https://localhost:{PORT}"
OFFICER, ADMINISTRATOR = "mei.lin", "root.keeper"
PASSWORD = "Larch7-Copper!Vellum_Ox"
AXE = Path(__file__).with_name("accessibility.js").read_text()


def totp(secret, at=None):
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.new(key, struct.pack(">Q", int((at or time.time()) // 30)), hashlib.sha1).digest()
    place = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[place:place + 4])[0] & 0x7FFFFFFF) % 1_000_000:06}"


class Server:
    def __init__(self, role="firm", *more, demo=None, port=PORT):
        self.folder = tempfile.mkdtemp(prefix="plumbline-browser-")
        if demo:
            subprocess.run([PLUMBLINE, "demo", demo, "--data", self.folder + "/data"], check=True, capture_output=True)
        self.log = open(self.folder + "/log", "wb")
        self.process = subprocess.Popen(
            [PLUMBLINE, "serve", "--data", self.folder + "/data", "--port", str(port), "--role", role, *more], stdout=subprocess.PIPE, stderr=self.log, text=True)
        self.link = None
        for line in self.process.stdout:
            found = re.search(r"https://\S+/setup#\S+", line)
            if found:
                self.link = found.group(0)
                break
        assert self.link, "no set-up link was printed: " + Path(self.folder + "/log").read_text()

    def trust(self):
        """What makes a browser believe the server's self-signed certificate: security keys answer to no site that it does not believe."""
        pem = subprocess.run(
            ["openssl", "x509", "-in", self.folder + "/data/tls/server.pem", "-pubkey", "-noout"], check=True, capture_output=True).stdout
        key = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "der"], input=pem, check=True, capture_output=True).stdout
        return ["--ignore-certificate-errors-spki-list=" + base64.b64encode(hashlib.sha256(key).digest()).decode()]

    def stop(self):
        self.process.terminate()
        status = self.process.wait(30)
        self.log.close()
        errors = [line for line in Path(self.folder + "/log").read_text().splitlines() if '"level":"error"' in line]
        shutil.rmtree(self.folder)
        assert status == 0, f"the server ended with {status}"
        assert not errors, "the log holds errors: " + "\n".join(errors[:5])


class Doorway:
    """A proxy that brings one browser to the server from an address of its own: the server limits attempts by source, and at work, too, people
    do not share a machine."""

    count = 0

    def __init__(self, port=PORT):
        self.target = port
        Doorway.count += 1
        self.source = f"127.1.{Doorway.count // 250}.{Doorway.count % 250 + 1}"
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                inside, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.connect, args=(inside,), daemon=True).start()

    def connect(self, inside):
        asked = b""
        while b"\r\n\r\n" not in asked:
            more = inside.recv(4096)
            if not more:
                return inside.close()
            asked += more
        if not asked.startswith(f"CONNECT localhost:{self.target} ".encode()):
            # What a browser asks of the world by itself goes nowhere.
            inside.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
            return inside.close()
        outside = socket.create_connection(("127.0.0.1", self.target), source_address=(self.source, 0))
        inside.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        for source, sink in ((inside, outside), (outside, inside)):
            threading.Thread(target=self.pump, args=(source, sink), daemon=True).start()

    @staticmethod
    def pump(source, sink):
        try:
            while data := source.recv(65_536):
                sink.sendall(data)
        except OSError:
            pass
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


def launch(play, *more):
    """Debian's Chromium, headless, which goes through proxies to this very machine, too."""
    return play.chromium.launch(
        executable_path=shutil.which("chromium"), args=["--no-sandbox", "--proxy-bypass-list=<-loopback>", *more])


class Walk:
    """One browser that walks; what the console and the accessibility checks complain of is gathered."""

    def __init__(self, browser, language, scheme, width, port=PORT):
        self.name = f"{language}-{scheme}-{width}"
        self.origin = f"https://localhost:{port}"
        self.doorway = Doorway(port)
        self.context = browser.new_context(
            proxy={"server": f"http://127.0.0.1:{self.doorway.port}"},
            ignore_https_errors=True, locale=language, color_scheme=scheme, viewport={"width": width, "height": 900})
        self.page = self.context.new_page()
        self.complaints = []
        self.page.on("console", lambda message: self.complain(message))
        self.page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))

    def complain(self, message):
        if message.type in ("error", "warning"):
            self.complaints.append(f"console: {message.text}")

    def see(self, name):
        """Looks at the page: nothing sticks out sideways, nothing a screen reader or keyboard would stumble over; keeps a picture."""
        page = self.page
        overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if overflow > 0:
            self.complaints.append(f"{name}: {overflow} pixels stick out")
        for problem in page.evaluate(AXE):
            self.complaints.append(f"{name}: {problem}")
        PICTURES.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=str(PICTURES / f"{self.name}-{name}.png"), full_page=True)

    def focused(self, field):
        """Waits until the page has put the keyboard into a field, as a person sees before typing: it does so only when it is drawn, which on a
        busy machine is after it was loaded."""
        self.page.wait_for_function("field => document.activeElement?.id === field", arg=field)

    def lost(self):
        """Keeps a picture of where a walk did not go on."""
        PICTURES.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=str(PICTURES / f"{self.name}-lost.png"), full_page=True)
        print(self.page.url, self.page.inner_text("body"), file=sys.stderr)

    def done(self):
        self.context.close()
        self.doorway.listener.close()
        return [f"{self.name}: {text}" for text in self.complaints]


def set_up(walk, link):
    page = walk.page
    page.goto(link)
    assert page.input_value("#ticket"), "the link's secret was not taken over"
    assert "#" not in page.url, "the link's secret is still in the address"
    walk.see("01-link")
    page.click("main button.primary")
    page.fill("#name", "範例期貨股份有限公司")
    page.check("input[name='fact.entity_kinds'][value=fcm]")
    walk.see("02-firm")
    page.click("main button.primary")
    page.wait_for_url("**/setup/binding")
    walk.see("03-binding")
    page.click("main button.primary")
    page.wait_for_url("**/setup/people", timeout=60_000)
    for kind, name, number, person in [
        ("officer", OFFICER, "E-101", "林美"), ("administrator", ADMINISTRATOR, "E-102", "高守"),
    ]:
        page.fill(f"[id='{kind}.display']", person)
        page.fill(f"[id='{kind}.person']", number)
        page.fill(f"[id='{kind}.name']", name)
    walk.see("04-people")
    page.click("main button.primary")
    walk.see("05-ready")
    return {name: page.inner_text(f"[data-password='{name}']") for name in (OFFICER, ADMINISTRATOR)}


def enter(walk, name, initial, password, keep=None):
    """The first sign-in: forced change of the password, second factor, recovery codes. Everything by the keyboard."""
    page = walk.page
    page.goto(walk.origin + "/sign-in")
    walk.focused("name")
    page.keyboard.type(name)
    page.keyboard.press("Tab")
    page.keyboard.type(initial)
    walk.see("10-sign-in")
    page.keyboard.press("Enter")
    page.wait_for_url("**/sign-in/password**")
    walk.focused("new")
    page.keyboard.type("short")
    page.keyboard.press("Tab")
    page.keyboard.type("short")
    page.keyboard.press("Enter")
    page.wait_for_selector("[role=alert]")
    walk.see("11-password-refused")
    page.focus("#new")
    page.keyboard.type(password)
    page.keyboard.press("Tab")
    page.keyboard.type(password)
    page.keyboard.press("Enter")
    page.wait_for_url("**/sign-in/enrol**")
    secret = page.inner_text("#totp-secret")
    walk.see("12-enrol")
    page.focus("#code")
    page.keyboard.type(totp(secret))
    page.keyboard.press("Enter")
    page.wait_for_selector(".codes li")
    assert page.locator(".codes li").count() == 10
    if keep is not None:
        keep += page.locator(".codes li").all_inner_texts()
    walk.see("13-codes")
    page.click("main .button.primary")
    return secret
