"""Accounts as people work with them, in a real browser: the administrator makes a second person, who from then on must agree; a security key is
registered and signs somebody in; accounts are reviewed; the trail holds all of it, and proves it to a program that trusts nobody.

    accounts.py PLUMBLINE PICTURES

Exits 0 when everything was as it should be; says what was not otherwise.
"""

import base64, hashlib, json, sys
from pathlib import Path

from playwright.sync_api import sync_playwright

from walking import ADMINISTRATOR, ORIGIN, PASSWORD, Server, Walk, enter, launch, set_up

CHIEF, AUDITOR = "ann.chen", "wu.audit"
SIZES = [(language, scheme, width) for language in ("zh-TW", "en") for scheme in ("light", "dark") for width in (390, 1440)]


class Person:
    """Somebody with a browser of their own."""

    def __init__(self, browser, name, initial, password=PASSWORD):
        self.walk = Walk(browser, "zh-TW", "light", 1440)
        self.page = self.walk.page
        self.codes = []
        try:
            self.secret = enter(self.walk, name, initial, password, keep=self.codes)
        except Exception:
            self.walk.lost()
            raise
        self.name, self.password = name, password

    def go(self, path):
        self.page.goto(ORIGIN + path)

    def press(self, text):
        self.page.click(f"main button:has-text('{text}'), main a.button:has-text('{text}')")

    def prove(self, page, next):
        """Steps up, with a recovery code: those need not wait for the next half minute."""
        page.goto(f"{ORIGIN}/prove?next={next}")
        page.fill("#password", self.password)
        page.fill("#code", self.codes.pop())
        page.click("main button.primary")
        page.wait_for_url(f"**{next}")


def ask_for_account(person, display, number, name, role):
    person.go("/accounts/new")
    person.walk.see("40-account-new")
    for field, value in [("display", display), ("person", number), ("name", name), ("reason", "到職")]:
        person.page.fill(f"#{field}", value)
    person.page.check(f"input[name=roles][value={role}]")
    person.page.click("main button.primary")
    person.page.wait_for_url("**/accounts/requests/*")
    return person.page.url.split("/")[-1]


def carry_out(person, request, name):
    person.go(f"/accounts/requests/{request}")
    person.press("執行")
    person.page.wait_for_url("**/create")
    person.walk.see("42-carry-out")
    person.page.click("main button.primary")
    password = person.page.inner_text(f"[data-password='{name}']")
    person.walk.see("43-first-password")
    return password


def use_security_key(chief, complaints):
    """Registers a virtual key, signs out, and signs in with it."""
    page, walk = chief.page, chief.walk
    cdp = walk.context.new_cdp_session(page)
    cdp.send("WebAuthn.enable")
    cdp.send("WebAuthn.addVirtualAuthenticator", {"options": {
        "protocol": "ctap2", "transport": "usb", "hasResidentKey": False, "hasUserVerification": True, "isUserVerified": True,
        "automaticPresenceSimulation": True}})
    chief.go("/me/factors/add")
    walk.see("50-add-factor")
    chief.press("新增安全金鑰")
    page.fill("#label", "藍色金鑰")
    walk.see("51-security-key")
    page.click("main button.primary")
    page.wait_for_url("**/me?done=factor")
    assert page.locator("td, th", has_text="藍色金鑰").count() > 0, "the security key is not in the list"
    walk.see("52-me")
    page.click("header button:has-text('登出')")
    page.wait_for_url("**/sign-in")
    page.fill("#name", chief.name)
    page.fill("#password", chief.password)
    page.click("main button.primary")
    page.wait_for_url("**/sign-in/factor**")
    page.click("main a.button.primary")
    page.wait_for_url("**/sign-in/key")
    walk.see("53-touch")
    page.click("main button.primary")
    page.wait_for_url(ORIGIN + "/")
    # And proves with it who is there.
    page.goto(ORIGIN + "/prove?next=/me")
    walk.see("54-prove")
    page.click("main button:has-text('使用安全金鑰')")
    page.fill("#password", chief.password)
    page.click("main button.primary")
    page.wait_for_url("**/me")


def review(chief, administrator):
    """Keeps everybody; each the other; and signs off."""
    chief.go("/accounts/reviews")
    chief.press("開始清查")
    chief.page.wait_for_url("**/accounts/reviews/1")
    chief.walk.see("55-review")
    chief.page.click("main td button >> nth=0")
    chief.page.wait_for_load_state()
    chief.go("/accounts/reviews/1/2")
    chief.page.check("input[name=decision][value=change]")
    chief.page.click("main button.primary")
    assert chief.page.locator("[role=alert]").count() == 1, "a change without a note was taken"
    chief.walk.see("56-review-decide")
    chief.page.check("input[name=decision][value=keep]")
    chief.page.click("main button.primary")
    chief.page.wait_for_url("**/accounts/reviews/1")
    for person in (chief, administrator):
        person.go("/accounts/reviews/1")
        while person.page.locator("main td button").count():
            person.page.click("main td button >> nth=0")
            person.page.wait_for_load_state()
    chief.go("/accounts/reviews/1")
    chief.page.click("main button.primary")
    chief.page.wait_for_selector(".notice.good")
    chief.walk.see("57-review-signed")


def help_somebody(browser, administrator):
    """A stranger's guesses lock an account; the administrator ends the lock, then stops the account and lets it go on."""
    page = administrator.page
    walk = Walk(browser, "zh-TW", "light", 1440)
    for guess in ("one", "two", "three"):
        walk.page.goto(ORIGIN + "/sign-in")
        walk.page.fill("#name", AUDITOR)
        walk.page.fill("#password", guess)
        walk.page.click("main button.primary")
        walk.page.wait_for_selector("[role=alert]")
    complaints = walk.done()
    administrator.go("/accounts?locked=true")
    assert page.locator("main tbody tr").count() == 1, "the account is not locked"
    page.click("main tbody th a")
    administrator.walk.see("46-account-locked")
    page.click("main a:has-text('解除鎖定')")
    page.click("main button.danger, main button.primary")
    assert page.locator("[role=alert], :invalid").count() > 0, "a lock was ended without a check of who it is"
    page.check("input[value=call-back]")
    page.fill("#reason", "本人來電")
    administrator.walk.see("47-unlock")
    page.click("main button.primary")
    page.wait_for_url("**done=unlock")
    for link, act in [("停用帳號", "disable"), ("重新啟用", "enable")]:
        page.click(f"main a:has-text('{link}')")
        page.fill("#reason", "輪調")
        page.click("main button.danger, main button.primary")
        page.wait_for_url(f"**done={act}")
    page.click("main a:has-text('限制使用位址與時間')")
    page.fill("#addresses", "192.0.2.300")
    page.click("main button.primary")
    page.wait_for_selector("[role=alert]")
    administrator.walk.see("48-conditions-wrong")
    page.fill("#addresses", "192.0.2.0/24")
    page.fill("#hours", "1-5 08:00-18:30")
    page.click("main button.primary")
    page.wait_for_url("**done=conditions")
    administrator.walk.see("49-account-changed")
    return complaints


def tokens(chief, administrator):
    """An agent's token and one of one's own: shown once, listed, used, revoked."""
    administrator.go("/accounts/tokens/new")
    administrator.page.fill("#host", "db-1")
    administrator.walk.see("58-agent-token")
    administrator.page.click("main button.primary")
    text = administrator.page.inner_text("#token")
    assert text.startswith("plumbline_agent_"), text[:20]
    administrator.walk.see("59-token-made")
    administrator.go("/accounts/tokens")
    administrator.walk.see("60-tokens")
    assert text not in administrator.page.content(), "a token is shown twice"
    administrator.page.click("main td button >> nth=0")
    administrator.page.wait_for_url("**done=token")
    chief.go("/me/tokens/new")
    chief.page.fill("#label", "報表程式")
    chief.page.check("input[name=permission][value='compliance.read']")
    chief.walk.see("61-own-token")
    chief.page.click("main button.primary")
    text = chief.page.inner_text("#token")
    answer = chief.walk.context.request.get(
        ORIGIN + "/api/v1/systems", headers={"Authorization": f"Bearer {text}"})
    assert answer.status == 403, f"a token does what it was not given: {answer.status}"


def check_proof(leaf, proof):
    """Computes the root from the record and the path (RFC 6962), and compares it with that of the checkpoint."""
    head, _, note = proof.partition("\n\n")
    lines = head.split("\n")
    assert lines[0] == "c2sp.org/tlog-proof@v1", lines[0]
    index, path = int(lines[1].split()[1]), [base64.b64decode(line) for line in lines[2:]]
    _, size, root = note.split("\n")[:3]
    (node, last), at = (hashlib.sha256(b"\0" + leaf).digest(), int(size) - 1), index
    for sibling in path:
        if at % 2 or at == last:
            node = hashlib.sha256(b"\1" + sibling + node).digest()
            while at % 2 == 0 and at:
                at, last = at >> 1, last >> 1
        else:
            node = hashlib.sha256(b"\1" + node + sibling).digest()
        at, last = at >> 1, last >> 1
    assert last == 0 and node == base64.b64decode(root), "the proof does not lead to the checkpoint's root"


def trail(administrator):
    """Finds what was done, opens it, and checks the proof."""
    page = administrator.page
    administrator.go("/trail?action=account.create")
    assert page.locator("main tbody tr").count() >= 4, "accounts that were made are not in the trail"
    administrator.walk.see("62-trail-found")
    with page.expect_download() as got:
        page.click(".exports a:has-text('JSON')")
    rows = json.loads(Path(got.value.path()).read_text())["rows"]
    assert any("name=wu.audit" in row["details"] for row in rows), rows
    page.click("main tbody th a >> nth=0")
    page.wait_for_url("**/trail/*")
    administrator.walk.see("63-trail-record")
    files = []
    for name in ("下載證明", "下載紀錄檔"):
        with page.expect_download() as got:
            page.click(f"main a.button:has-text('{name}')")
        files.append(Path(got.value.path()).read_bytes())
    check_proof(files[1], files[0].decode())
    administrator.go("/trail?action=factor.add&text=security-key")
    assert page.locator("main tbody tr").count() == 1, "the security key is not in the trail"
    administrator.go("/trail?after=nonsense")
    assert page.locator("[role=alert]").count() == 1
    administrator.go("/trail")
    page.click("main button:has-text('立即查驗全部')")
    page.wait_for_selector(".notice.good")
    administrator.walk.see("64-trail-verified")


def tour(browser, person, state, paths, language, scheme, width):
    """Every page once, in one language, colour and width."""
    walk = Walk(browser, language, scheme, width)
    walk.context.add_cookies(state["cookies"])
    person.prove(walk.page, "/me")
    for name, path in paths:
        walk.page.goto(ORIGIN + path)
        assert "/prove" not in walk.page.url or path.startswith("/prove"), f"{path} asks for another proof"
        walk.see(name)
    state["cookies"] = walk.context.cookies()
    return walk.done()


def strangers(browser, language, scheme, width):
    """Pages for whoever cannot sign in."""
    walk = Walk(browser, language, scheme, width)
    page = walk.page
    page.goto(ORIGIN + "/forgot")
    walk.see("90-forgot")
    texts = []
    for name in ("ann.chen", "nobody.here"):
        page.goto(ORIGIN + "/forgot")
        page.fill("#name", name)
        page.click("main button.primary")
        page.wait_for_selector(".notice.good")
        texts.append(page.inner_text("main"))
    assert texts[0] == texts[1], "the page says whether there is such an account"
    page.goto(ORIGIN + "/reset#abc-def")
    assert page.input_value("#ticket") == "abc-def" and "#" not in page.url, "the link's secret was not taken over"
    walk.see("91-reset")
    page.fill("#new", PASSWORD)
    page.fill("#again", PASSWORD)
    page.click("main button.primary")
    page.wait_for_selector("[role=alert]")
    page.goto(ORIGIN + "/unlock#abc-def")
    walk.see("92-unlock")
    page.fill("#code", "123456")
    page.click("main button.primary")
    page.wait_for_selector("[role=alert]")
    return walk.done()


ADMINISTRATORS = [
    ("65-accounts", "/accounts"), ("66-account", "/accounts/3"), ("67-requests", "/accounts/requests"), ("68-request", "/accounts/requests/2"),
    ("69-roles", "/accounts/roles"), ("70-reviews", "/accounts/reviews"), ("71-review", "/accounts/reviews/1"), ("72-tokens", "/accounts/tokens"),
    ("73-trail", "/trail"), ("74-trail-record", "/trail/12"), ("75-ask-roles", "/accounts/4/roles"), ("76-contact", "/accounts/4/contact"),
    ("77-conditions", "/accounts/4/conditions"), ("78-end", "/accounts/4/end"), ("79-reset-factors", "/accounts/4/reset-factors"),
    ("80-disable", "/accounts/4/disable"), ("81-remove", "/accounts/4/remove"), ("82-agent-token", "/accounts/tokens/new"),
    ("83-account-new", "/accounts/new"), ("84-style", "/style"), ("85-prove", "/prove?next=/me"),
]
OWN = [
    ("86-me", "/me"), ("87-me-contact", "/me/contact"), ("88-me-password", "/me/password"), ("89-me-factors", "/me/factors/add"),
    ("89b-me-codes", "/me/codes"), ("89c-me-token", "/me/tokens/new"),
]


def main():
    server = Server()
    complaints = []
    try:
        with sync_playwright() as play:
            browser = launch(play, *server.trust())
            walk = Walk(browser, "zh-TW", "light", 1440)
            passwords = set_up(walk, server.link)
            walk.done()
            administrator = Person(browser, ADMINISTRATOR, passwords[ADMINISTRATOR])
            administrator.page.wait_for_url("**/accounts")
            # Alone at first.
            request = ask_for_account(administrator, "陳安", "E-103", CHIEF, "ciso")
            administrator.walk.see("41-request-alone")
            chief = Person(browser, CHIEF, carry_out(administrator, request, CHIEF))
            # From now on somebody else must agree.
            request = ask_for_account(administrator, "吳查", "E-104", AUDITOR, "auditor")
            assert administrator.page.locator("main a.button:has-text('執行')").count() == 0, "nobody had to agree"
            administrator.walk.see("44-request-waits")
            chief.go(f"/accounts/requests/{request}")
            chief.press("核准或不核准")
            chief.page.check("input[value=approve]")
            chief.walk.see("45-decide")
            chief.page.click("main button.primary")
            chief.page.wait_for_url(f"**/accounts/requests/{request}")
            auditor = Person(browser, AUDITOR, carry_out(administrator, request, AUDITOR))
            assert auditor.page.locator(".nav a").count() > 3
            review(chief, administrator)
            tokens(chief, administrator)
            use_security_key(chief, complaints)
            trail(administrator)
            complaints += help_somebody(browser, administrator)
            state = {"cookies": administrator.walk.context.cookies()}
            own = {"cookies": chief.walk.context.cookies()}
            for person in (administrator, chief, auditor):
                # Chromium would have keys that can only do RSA; ours must do better.
                complaints += [text for text in person.walk.done() if "pubKeyCredParams" not in text]
            for size in SIZES:
                complaints += tour(browser, administrator, state, ADMINISTRATORS + OWN, *size)
            complaints += strangers(browser, "zh-TW", "light", 1440)
            browser.close()
    finally:
        server.stop()
    for text in complaints:
        print(text, file=sys.stderr)
    sys.exit(1 if complaints else 0)


main()
