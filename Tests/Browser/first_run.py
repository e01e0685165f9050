"""The first run as a new user goes through it, in a real browser: the set-up link, the wizard, the forced change of the first password, the second
factor, Today, and a clause opened down to its fact. In both languages, light and dark, narrow and wide; pictures are kept.

    first_run.py PLUMBLINE PICTURES

Exits 0 when everything was as it should be; says what was not otherwise.
"""

import base64, hashlib, hmac, os, re, shutil, struct, subprocess, sys, tempfile, time
from pathlib import Path

from playwright.sync_api import sync_playwright

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
    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="plumbline-browser-")
        self.log = open(self.folder + "/log", "wb")
        self.process = subprocess.Popen(
            [PLUMBLINE, "serve", "--data", self.folder + "/data", "--port", str(PORT)], stdout=subprocess.PIPE, stderr=self.log, text=True)
        self.link = None
        for line in self.process.stdout:
            found = re.search(r"https://\S+/setup#\S+", line)
            if found:
                self.link = found.group(0)
                break
        assert self.link, "no set-up link was printed: " + Path(self.folder + "/log").read_text()

    def stop(self):
        self.process.terminate()
        status = self.process.wait(30)
        self.log.close()
        errors = [line for line in Path(self.folder + "/log").read_text().splitlines() if '"level":"error"' in line]
        shutil.rmtree(self.folder)
        assert status == 0, f"the server ended with {status}"
        assert not errors, "the log holds errors: " + "\n".join(errors[:5])


class Walk:
    """One browser that walks; what the console and the accessibility checks complain of is gathered."""

    def __init__(self, browser, language, scheme, width):
        self.name = f"{language}-{scheme}-{width}"
        self.context = browser.new_context(
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

    def done(self):
        self.context.close()
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


def enter(walk, name, initial, password):
    """The first sign-in: forced change of the password, second factor, recovery codes. Everything by the keyboard."""
    page = walk.page
    page.goto(ORIGIN + "/sign-in")
    page.keyboard.type(name)
    page.keyboard.press("Tab")
    page.keyboard.type(initial)
    walk.see("10-sign-in")
    page.keyboard.press("Enter")
    page.wait_for_url("**/sign-in/password**")
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
    walk.see("13-codes")
    page.click("main .button.primary")
    return secret


def main():
    server = Server()
    complaints = []
    try:
        with sync_playwright() as play:
            browser = play.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
            walk = Walk(browser, "zh-TW", "light", 1440)
            passwords = set_up(walk, server.link)
            secret = enter(walk, OFFICER, passwords[OFFICER], PASSWORD)
            page = walk.page
            page.wait_for_selector("h1:has-text('今日')")
            state = walk.context.storage_state()
            complaints += walk.done()
            # The link works once.
            walk = Walk(browser, "zh-TW", "light", 1440)
            walk.page.goto(server.link)
            assert "/sign-in" in walk.page.url, "the set-up link still opens something"
            complaints += walk.done()
            for language, today in [("zh-TW", "今日"), ("en", "Today")]:
                for scheme in ("light", "dark"):
                    for width in (390, 1440):
                        complaints += tour(browser, state, language, scheme, width, today)
            complaints += without_scripts(browser, state)
            browser.close()
    finally:
        server.stop()
    for text in complaints:
        print(text, file=sys.stderr)
    sys.exit(1 if complaints else 0)


def tour(browser, state, language, scheme, width, today):
    """From Today to a fact in three clicks, and every other page once."""
    walk = Walk(browser, language, scheme, width)
    walk.context.add_cookies(state["cookies"])
    page = walk.page
    page.goto(ORIGIN + "/")
    page.wait_for_selector(f"h1:has-text('{today}')")
    walk.see("20-today")
    page.click("main ol li a >> nth=0")
    page.wait_for_url("**/clauses/**")
    walk.see("21-clause")
    if page.locator("details.card a code").count() == 0:
        page.goto(ORIGIN + "/obligations?verdict=non-compliant&reason=measured-failure")
        page.click("main tbody th a >> nth=0")
    walk.see("22-clause-evidence")
    page.locator("details.card[open] a code").first.click()
    page.wait_for_url("**/facts/**")
    line = page.url.split("#")[1]
    assert page.locator(f"[id='{line}']").count() == 1, "the line of the fact is not on the page"
    for number, (name, path) in enumerate([
        ("obligations", "/obligations"), ("map", "/obligations?view=map"), ("systems", "/systems"), ("upload", "/facts/upload"),
        ("system-new", "/systems/new"), ("firm", "/firm"), ("what-if", "/firm/what-if"), ("changes", "/changes"), ("me", "/me"),
        ("missing", "/no-such-page"),
    ]):
        page.goto(ORIGIN + path)
        walk.see(f"{30 + number}-{name}")
    # The browser reports the page that is not there; that was wanted.
    walk.complaints = [text for text in walk.complaints if "404" not in text]
    return walk.done()


def without_scripts(browser, state):
    context = browser.new_context(ignore_https_errors=True, java_script_enabled=False, locale="en")
    context.add_cookies(state["cookies"])
    page = context.new_page()
    page.goto(ORIGIN + "/obligations")
    page.select_option("select[name=verdict]", "undetermined")
    page.click("form.filters button")
    problems = []
    if "verdict=undetermined" not in page.url:
        problems.append("without scripts: the filter was not sent")
    page.click("text=Assess again") if page.locator("text=Assess again").count() else None
    context.close()
    return problems


main()
