"""The first run as a new user goes through it, in a real browser: the set-up link, the wizard, the forced change of the first password, the second
factor, Today, and a clause opened down to its fact. In both languages, light and dark, narrow and wide; pictures are kept.

    first_run.py PLUMBLINE PICTURES

Exits 0 when everything was as it should be; says what was not otherwise.
"""

import json, subprocess, sys

from playwright.sync_api import sync_playwright

from walking import OFFICER, ORIGIN, PASSWORD, PLUMBLINE, Server, Walk, enter, launch, set_up


def main():
    server = Server()
    complaints = []
    try:
        with sync_playwright() as play:
            browser = launch(play)
            walk = Walk(browser, "zh-TW", "light", 1440)
            try:
                passwords = set_up(walk, server.link)
                enter(walk, OFFICER, passwords[OFFICER], PASSWORD)
            except Exception:
                walk.lost()
                raise
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
            complaints += judged(server)
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


def judged(server):
    """Plumbline judged by Plumbline, while the server runs: nothing of articles 3, 4, 6 and 8 is breached."""
    run = subprocess.run(
        [PLUMBLINE, "check", "--self", "--data", server.folder + "/data", "--format", "json"], capture_output=True, text=True)
    if run.returncode not in (0, 2):
        return [f"check --self ended with {run.returncode}: {run.stderr}"]
    rows = json.loads(run.stdout)["verdicts"]
    ours = [row for row in rows if row["clause"].startswith(("cnfa-3.", "cnfa-4.", "cnfa-6.", "cnfa-8."))]
    problems = [] if len(ours) == 43 else [f"check --self judged {len(ours)} clauses of articles 3, 4, 6 and 8"]
    return problems + [
        f"check --self: {row['clause']} is {row['verdict']}" for row in ours if row["verdict"] in ("non-compliant", "partly")]


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
