"""A supervisor's installation as its people work with it, in a real browser: the first run, a firm in the register, tiers decided, and a second person
who confirms what the rules leave open (D-15). Every page in both languages, light and dark, narrow and wide.

    supervisor.py PLUMBLINE PICTURES

Exits 0 when everything was as it should be; says what was not otherwise.
"""

import sys

from playwright.sync_api import sync_playwright

from walking import ADMINISTRATOR, OFFICER, ORIGIN, PASSWORD, Server, Walk, enter, launch

SIZES = [(language, scheme, width) for language in ("zh-TW", "en") for scheme in ("light", "dark") for width in (390, 1440)]


def set_up(walk, link):
    page = walk.page
    page.goto(link)
    page.click("main button.primary")
    page.wait_for_url("**/setup/institution")
    walk.see("01-institution")
    page.fill("#name", "範例交易所")
    page.click("main button.primary")
    page.wait_for_url("**/setup/people")
    for kind, name, number, person in [("examiner", OFFICER, "E-201", "林美"), ("administrator", ADMINISTRATOR, "E-202", "高守")]:
        page.fill(f"[id='{kind}.display']", person)
        page.fill(f"[id='{kind}.person']", number)
        page.fill(f"[id='{kind}.name']", name)
    page.click("main button.primary")
    return {name: page.inner_text(f"[data-password='{name}']") for name in (OFFICER, ADMINISTRATOR)}


def register(walk, key, legal, short, capital):
    """A firm by the form: first without what is needed, then whole."""
    page = walk.page
    page.goto(ORIGIN + "/firms/new")
    page.fill("#id", key)
    page.fill("#from", "2016-01-01")
    page.fill("#legal", legal)
    page.fill("#short", short)
    page.check("input[name='fact.entity_kinds'][value=securities]")
    page.fill("[id='fact.capital']", capital)
    page.check("input[name='fact.fhc_subsidiary'][value=false]")
    page.check("input[name='fact.online_orders'][value=true]")
    page.check("input[name='fact.custody_businesses'][value='-']")
    page.fill("#reason", "初次登錄")
    page.click("main button.primary")
    page.wait_for_url(f"**/firms/{key}")


def market():
    """The demonstration market: from the table of 2017 to the firms behind a cell."""
    server = Server(role="supervisor", demo="market")
    try:
        with sync_playwright() as play:
            browser = launch(play)
            walk = Walk(browser, "zh-TW", "light", 1440)
            try:
                passwords = set_up(walk, server.link)
                enter(walk, OFFICER, passwords[OFFICER], PASSWORD)
                page = walk.page
                page.wait_for_selector("h1:has-text('市場')")
                page.click("main a.button:has-text('市場現況')")
                page.wait_for_url("**/market")
                assert page.locator("main tbody >> nth=0").locator("tr").count() == 13, "the table does not hold 13 controls"
                text = page.inner_text("main")
                for figure in ("8/11 = 72.73%", "20/30 = 66.67%", "1/12 = 8.33%", "14/14 = 100.00%", "D-01", "D-02", "D-03"):
                    assert figure in text, f"{figure} is not on the page"
                page.click("main tbody td a:has-text('1/12')")
                page.wait_for_url("**/market/waf?**")
                assert page.locator("main tbody >> nth=0").locator("tr").count() == 30, "not the 30 firms of tier 4 are behind the cell"
                page.goto(ORIGIN + "/firms/import")
                page.set_input_files("#file-check", files=[{
                    "name": "list.csv", "mimeType": "text/csv", "buffer": "第一級 (2家),第二級 (1家)\n甲木,丙水\n乙石,\n".encode()}])
                page.click("main form >> nth=0 >> button")
                page.wait_for_selector("[role=status]")
                state = walk.context.cookies()
            except Exception:
                walk.lost()
                raise
            complaints = walk.done()
            for size in SIZES:
                complaints += tour(browser, state, [
                    ("80-market-status", "/market"), ("81-market-item", "/market/mail"), ("82-market-home", "/"), ("83-import", "/firms/import"),
                    ("84-demo-firm", "/firms/f015"), ("85-demo-tiers", "/tiers?as_of=2017-12-31"), ("86-market-public", "/market?edition=public"),
                    ("87-followups", "/followups?quarter=2017-Q4"), ("88-followup-firm", "/followups/firms/f015"), ("89-gather", "/followups/gather"),
                    ("89a-gap", "/followups/firms/f001/twse-waf"), ("89b-say", "/followups/firms/f001/twse-waf/say"),
                    ("89c-letters", "/followups/letters/new"), ("89d-plan", "/inspections/plan"), ("89e-inspection", "/inspections/new"),
                    ("89f-coaching", "/followups/coaching/new"), ("89g-question", "/followups/questions/new"),
                    ("89h-programme", "/programme"), ("89i-meetings", "/programme/meetings"), ("89j-roster", "/programme/roster"),
                    ("89k-support", "/programme/support"),
                    ("89l-reports", "/reports"), ("89m-report", "/reports/2017"),
                ], *size)
            browser.close()
            return complaints
    finally:
        server.stop()


def main():
    complaints = market()
    server = Server(role="supervisor")
    try:
        with sync_playwright() as play:
            browser = launch(play)
            walk = Walk(browser, "zh-TW", "light", 1440)
            try:
                passwords = set_up(walk, server.link)
                enter(walk, OFFICER, passwords[OFFICER], PASSWORD)
                page = walk.page
                page.wait_for_selector("h1:has-text('市場')")
                walk.see("02-empty")
                register(walk, "f001", "甲木綜合證券股份有限公司", "甲木", "12000000000")
                register(walk, "f002", "乙石證券股份有限公司", "乙石", "3,000,000,000")
                page.goto(ORIGIN + "/tiers")
                page.click("main button.primary")
                page.wait_for_selector("[role=status]")
                assert page.locator("main tbody tr").count() >= 2, "nothing was decided"
                page.goto(ORIGIN + "/firms?securities-tier=1")
                assert page.locator("main tbody tr").count() == 1, "the firm of 12 bn is not tier 1"
                page.goto(ORIGIN + "/")
                page.wait_for_selector("h1:has-text('市場')")
                state = walk.context.cookies()
            except Exception:
                walk.lost()
                raise
            complaints += walk.done()
            for size in SIZES:
                complaints += tour(browser, state, [
                    ("90-market", "/"), ("91-firms", "/firms"), ("92-firm", "/firms/f001"), ("93-firm-change", "/firms/f001/change"),
                    ("94-tiers", "/tiers"),
                ], *size)
            browser.close()
    finally:
        server.stop()
    for text in complaints:
        print(text, file=sys.stderr)
    sys.exit(1 if complaints else 0)


def tour(browser, state, pages, language, scheme, width):
    walk = Walk(browser, language, scheme, width)
    walk.context.add_cookies(state)
    for name, path in pages:
        walk.page.goto(ORIGIN + path)
        walk.see(name)
    return walk.done()


main()
