"""A submission as both sides work with it, in a real browser against two real servers: keys are introduced and compared, a quarter is prepared, looked
at, signed and sent; the supervisor returns it with a question, the firm answers, the supervisor accepts. Every page on the way in both languages, light
and dark, narrow and wide.

    submissions.py PLUMBLINE PICTURES

Exits 0 when everything was as it should be; says what was not otherwise.
"""

import sys, time
from pathlib import Path

from playwright.sync_api import sync_playwright

from walking import ADMINISTRATOR, OFFICER, PASSWORD, PORT, Server, Walk, enter, launch, set_up

CISO, FIRM = "an.chief", "f001"
SIZES = [(language, scheme, width) for language in ("zh-TW", "en") for scheme in ("light", "dark") for width in (390, 1440)]


class Side:
    """One of the two servers and whoever works there."""

    def __init__(self, role, port):
        self.server, self.port = Server(role=role, port=port), port
        self.origin = f"https://localhost:{port}"
        self.complaints = []

    def begin(self, browser):
        self.browser = browser
        self.walk = Walk(browser, "zh-TW", "light", 1440, self.port)
        self.page = self.walk.page

    def go(self, path):
        self.page.goto(self.origin + path)

    def tour(self, *pages):
        """Looks at pages as they are now, in every language, scheme and width."""
        state = self.page.context.cookies()
        for size in SIZES:
            walk = Walk(self.browser, *size, self.port)
            walk.context.add_cookies(state)
            for name, path in pages:
                answer = walk.page.goto(self.origin + path)
                if not answer.ok:
                    walk.complaints.append(f"{name}: {path} answers {answer.status}")
                walk.see(name)
            self.complaints += walk.done()

    def wait(self, path, selector, what, fetches=False):
        """Looks again and again: packages travel by themselves, mail is fetched."""
        for _ in range(60):
            self.go(path)
            if self.page.locator(selector).count():
                return
            if fetches:
                # By itself the firm looks only now and then.
                self.go("/submissions/mail")
                self.page.click("form[action='/submissions/deliver'] button")
                self.page.wait_for_url("**/submissions?tried=**")
            time.sleep(2)
        self.walk.lost()
        raise AssertionError(f"{path}: {what} did not come within two minutes")


def examiner(side):
    """The supervisor's first run, and the firm in its register."""
    page = side.page
    page.goto(side.server.link)
    page.click("main button.primary")
    page.wait_for_url("**/setup/institution")
    page.fill("#name", "範例交易所")
    page.click("main button.primary")
    page.wait_for_url("**/setup/people")
    for kind, name, number, person in [("examiner", OFFICER, "E-201", "林美"), ("administrator", ADMINISTRATOR, "E-202", "高守")]:
        page.fill(f"[id='{kind}.display']", person)
        page.fill(f"[id='{kind}.person']", number)
        page.fill(f"[id='{kind}.name']", name)
    page.click("main button.primary")
    enter(side.walk, OFFICER, page.inner_text(f"[data-password='{OFFICER}']"), PASSWORD)
    page.wait_for_selector("h1:has-text('市場')")
    side.go("/firms/new")
    page.fill("#id", FIRM)
    page.fill("#from", "2016-01-01")
    page.fill("#legal", "範例期貨股份有限公司")
    page.fill("#short", "範例期貨")
    page.check("input[name='fact.entity_kinds'][value=fcm]")
    page.fill("#reason", "初次登錄")
    page.click("main button.primary")
    page.wait_for_url(f"**/firms/{FIRM}")


def chief(side):
    """The firm's first run; its administrator makes the account of the person who may file."""
    passwords = set_up(side.walk, side.server.link)
    keeper = Walk(side.browser, "zh-TW", "light", 1440, side.port)
    enter(keeper, ADMINISTRATOR, passwords[ADMINISTRATOR], PASSWORD)
    page = keeper.page
    page.wait_for_url("**/accounts")
    page.goto(side.origin + "/accounts/new")
    for field, value in [("display", "安長"), ("person", "E-103"), ("name", CISO), ("reason", "到職")]:
        page.fill(f"#{field}", value)
    page.check("input[name=roles][value=ciso]")
    page.click("main button.primary")
    page.wait_for_url("**/accounts/requests/*")
    page.click("main a.button:has-text('執行')")
    page.wait_for_url("**/create")
    page.click("main button.primary")
    password = page.inner_text(f"[data-password='{CISO}']")
    side.complaints += keeper.done()
    enter(side.walk, CISO, password, PASSWORD)


def introduce(firm, supervisor):
    """Each side's key at the other, compared as by phone."""
    firm.tour(("a0-submissions-empty", "/submissions"), ("a1-partner", "/submissions/partner"), ("a2-keys-empty", "/submissions/keys"))
    supervisor.tour(("b0-submissions-empty", "/submissions"), ("b1-keys-empty", "/submissions/keys"))
    page = firm.page
    firm.go("/submissions/partner")
    page.fill("#address", supervisor.origin)
    page.fill("#trust", Path(supervisor.server.folder + "/data/tls/server.pem").read_text())
    page.fill("#firm", FIRM)
    page.fill("#name", "範例期貨股份有限公司")
    page.click("main button.primary")
    page.wait_for_url("**/submissions/keys")
    firm.tour(("a3-pin", "/submissions/pin"), ("a4-pin-file", "/submissions/pin/file"), ("a5-key-new", "/submissions/keys/new"))
    supervisor.go("/submissions/keys")
    told = supervisor.page.locator("main code, main .fingerprint").all_inner_texts()
    firm.go("/submissions/pin")
    shown = page.inner_text("main")
    assert any(text.strip() and text.strip() in shown for text in told), f"the firm does not show the supervisor's fingerprint {told}"
    page.click("main button.primary, main button.danger")
    page.wait_for_url("**/submissions/keys")
    firm.go("/submissions/keys/new")
    page.fill("#contact", "02-2345-6789 安長")
    page.click("main button.primary, main button.danger")
    page.wait_for_url("**/submissions/keys")
    supervisor.wait("/submissions/keys", "main a[href$='/register']", "the firm's key")
    key = supervisor.page.locator("main a[href$='/register']").get_attribute("href")
    supervisor.tour(("b2-keys-wait", "/submissions/keys"), ("b3-register", key), ("b4-reject", key.replace("/register", "/reject")))
    supervisor.go(key)
    supervisor.page.fill("#reason", "電話核對指紋相符")
    supervisor.page.click("main button.primary, main button.danger")
    supervisor.page.wait_for_url("**/submissions/keys")
    assert supervisor.page.locator("main a[href$='/revoke']").count() == 1, "the key is not registered"


def file(firm, supervisor):
    """A quarter is prepared, looked at, signed and sent."""
    page = firm.page
    firm.wait("/submissions", "main:not(:has(a[href='/submissions/keys']:not(nav a)))", "the receipt of the key", fetches=True)
    firm.tour(("a6-new", "/submissions/new"), ("a7-keys", "/submissions/keys"))
    firm.go("/submissions/new")
    page.fill("#role", "資訊安全長")
    page.click("main button.primary")
    page.wait_for_url("**/submissions/versions/*")
    path = page.url.removeprefix(firm.origin)
    firm.tour(("a8-preview", path), ("a9-sign", path + "/sign"))
    firm.go(path + "/sign")
    page.click("main button.primary, main button.danger")
    page.wait_for_url("**/submissions")
    supervisor.wait("/submissions", "main tbody a[href^='/submissions/versions/']", "the submission")
    return path, supervisor.page.locator("main tbody a[href^='/submissions/versions/']").first.get_attribute("href")


def answer(firm, supervisor, sent, received):
    """Returned with a question, answered, accepted."""
    there = supervisor.page
    supervisor.tour(
        ("b5-submissions", "/submissions"), ("b6-version", received), ("b7-return", received + "/return"), ("b8-accept", received + "/accept"))
    supervisor.go(received + "/return")
    there.fill("#text-1", "本季網路下單系統之弱點掃描範圍為何？")
    there.click("main button.primary")
    there.wait_for_url("**" + received)
    firm.wait("/submissions", "main a[href$='/reply']", "the question", fetches=True)
    path = firm.page.locator("main a[href$='/reply']").first.get_attribute("href")
    firm.tour(("aa-returned", "/submissions"), ("ab-reply", path), ("ac-mail", "/submissions/mail"))
    firm.go(path)
    firm.page.locator("main textarea").first.fill("涵蓋全部對外主機，報告附於稽核底稿。")
    firm.page.click("main button.primary")
    firm.page.wait_for_url("**/submissions")
    supervisor.wait(received, "main:has-text('稽核底稿')", "the answer")
    supervisor.tour(("b9-answered", received))
    supervisor.go(received + "/accept")
    there.fill("#note", "說明完整，准予備查。")
    there.click("main button.primary")
    there.wait_for_url("**" + received)
    firm.wait("/submissions", "main .badge.good:has-text('已受理')", "the acceptance", fetches=True)
    firm.go("/submissions/mail")
    letters = firm.page.locator("main tbody a[href^='/submissions/mail/']").evaluate_all("links => links.map(link => link.getAttribute('href'))")
    assert len(letters) >= 4, f"receipts, the question and the acceptance were expected, and there are {len(letters)} letters"
    firm.tour(("ad-accepted", "/submissions"), ("ae-version", sent), ("af-mail", "/submissions/mail"), *[
        (f"ag-letter-{number}", path) for number, path in enumerate(letters[:6])], ("ah-import", "/submissions/import"))
    supervisor.tour(
        ("ba-accepted", received), ("bb-outgoing", "/submissions/outgoing"), ("bc-refused", "/submissions/refused"),
        ("bd-keys", "/submissions/keys"), ("be-import", "/submissions/import"), ("bf-replace", "/submissions/key/replace"))


def main():
    supervisor, firm = Side("supervisor", PORT + 1), None
    try:
        firm = Side("firm", PORT)
        with sync_playwright() as play:
            browser = launch(play)
            for side in (supervisor, firm):
                side.begin(browser)
            try:
                examiner(supervisor)
                chief(firm)
                introduce(firm, supervisor)
                answer(firm, supervisor, *file(firm, supervisor))
            except Exception:
                for side in (supervisor, firm):
                    side.walk.lost()
                raise
            for side in (supervisor, firm):
                side.complaints += side.walk.done()
            browser.close()
    finally:
        for side in (firm, supervisor):
            if side:
                side.server.stop()
    complaints = [text for side in (firm, supervisor) for text in side.complaints]
    for text in complaints:
        print(text, file=sys.stderr)
    sys.exit(1 if complaints else 0)


main()
