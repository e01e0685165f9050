"""The service watch as two people work with it, in a real browser: one asks that a service be watched, a second one agrees, the server probes it, and the
board shows an outage of a service that nobody answers for. Every page in both languages, light and dark, narrow and wide.

    watch.py PLUMBLINE PICTURES

Exits 0 when everything was as it should be; says what was not otherwise.
"""

import http.server, sys, threading

from playwright.sync_api import sync_playwright

from walking import ADMINISTRATOR, OFFICER, ORIGIN, PASSWORD, Server, Walk, enter, launch

ANALYST = "chao.analyst"
SIZES = [(language, scheme, width) for language in ("zh-TW", "en") for scheme in ("light", "dark") for width in (390, 1440)]


class Service(http.server.BaseHTTPRequestHandler):
    """A firm's order system."""

    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write("下單系統".encode())

    def log_message(self, *_):
        pass


def set_up(walk, link):
    page = walk.page
    page.goto(link)
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
    return {name: page.inner_text(f"[data-password='{name}']") for name in (OFFICER, ADMINISTRATOR)}


def second_person(browser, initial):
    """The administrator, alone at first, makes an analyst's account."""
    walk = Walk(browser, "zh-TW", "light", 1440)
    enter(walk, ADMINISTRATOR, initial, PASSWORD)
    page = walk.page
    page.wait_for_url("**/accounts")
    page.goto(ORIGIN + "/accounts/new")
    for field, value in [("display", "趙析"), ("person", "E-203"), ("name", ANALYST), ("reason", "到職")]:
        page.fill(f"#{field}", value)
    page.check("input[name=roles][value=analyst]")
    page.click("main button.primary")
    page.wait_for_url("**/accounts/requests/*")
    page.click("main a.button:has-text('執行')")
    page.wait_for_url("**/create")
    page.click("main button.primary")
    password = page.inner_text(f"[data-password='{ANALYST}']")
    analyst = Walk(browser, "zh-TW", "light", 1440)
    enter(analyst, ANALYST, password, PASSWORD)
    return analyst, walk.done()


def firm(page):
    page.goto(ORIGIN + "/firms/new")
    page.fill("#id", "f001")
    page.fill("#from", "2016-01-01")
    page.fill("#legal", "甲木綜合證券股份有限公司")
    page.fill("#short", "甲木")
    page.check("input[name='fact.entity_kinds'][value=securities]")
    page.fill("#reason", "初次登錄")
    page.click("main button.primary")
    page.wait_for_url("**/firms/f001")


def ask(walk, key, name, port):
    page = walk.page
    page.goto(ORIGIN + "/watch/new")
    for field, value in [("id", key), ("name", name), ("host", "127.0.0.1"), ("port", str(port)), ("path", "/login"), ("tolerance", "1"), ("reason", "年度計畫")]:
        page.fill(f"#{field}", value)
    page.select_option("#kind", "http")
    page.uncheck("input[name=hours][value=securities]")
    page.click("main button.primary")
    # A service without hours is none.
    page.wait_for_selector("[role=alert]")
    walk.see("02-refused")
    page.check("input[name=hours][value=always]")
    page.click("main button.primary")
    page.wait_for_url(f"**/watch/{key}")


def agree(walk, key):
    page = walk.page
    page.goto(f"{ORIGIN}/watch/{key}/approve")
    walk.see("04-approve")
    page.fill("#note", "業者已知悉")
    page.click("main button.primary")
    page.wait_for_url(f"**/watch/{key}")


def main():
    service = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Service)
    threading.Thread(target=service.serve_forever, daemon=True).start()
    server = Server("supervisor", "--watch-allow-local")
    complaints = []
    try:
        with sync_playwright() as play:
            browser = launch(play)
            walk = Walk(browser, "zh-TW", "light", 1440)
            try:
                passwords = set_up(walk, server.link)
                enter(walk, OFFICER, passwords[OFFICER], PASSWORD)
                firm(walk.page)
                walk.page.goto(ORIGIN + "/watch")
                walk.see("01-empty")
                ask(walk, "orders", "下單網站", service.server_port)
                # A port on which nobody listens.
                ask(walk, "quotes", "報價主機", 1)
                walk.see("03-waits")
                walk.page.goto(ORIGIN + "/watch/orders/approve")
                walk.page.click("main button.primary")
                walk.page.wait_for_selector("[role=alert]")
                analyst, more = second_person(browser, passwords[ADMINISTRATOR])
                complaints += more
                for key in ("orders", "quotes"):
                    agree(analyst, key)
                analyst.page.goto(ORIGIN + "/watch")
                # Two failures, a minute apart, are an outage: the open page is told.
                analyst.page.wait_for_selector("[data-live]:visible", timeout=240_000)
                while analyst.page.locator("main .badge.bad:has-text('停擺')").count() == 0:
                    analyst.page.wait_for_timeout(2_000)
                    analyst.page.reload()
                assert analyst.page.locator("main .badge.good").count() >= 1, "the service that answers is not up"
                rows = analyst.page.locator("main tbody tr").all_inner_texts()
                assert "報價主機" in rows[0] and "下單網站" in rows[1], f"the worst is not first: {rows}"
                state = analyst.context.cookies()
                complaints += analyst.done()
            except Exception:
                walk.lost()
                raise
            complaints += walk.done()
            for size in SIZES:
                complaints += tour(browser, state, *size)
            browser.close()
    finally:
        server.stop()
        service.shutdown()
    for text in complaints:
        print(text, file=sys.stderr)
    sys.exit(1 if complaints else 0)


def tour(browser, state, language, scheme, width):
    walk = Walk(browser, language, scheme, width)
    walk.context.add_cookies(state)
    for name, path in [
        ("90-watch", "/watch"), ("91-down", "/watch/quotes"), ("92-up", "/watch/orders?days=7"), ("93-new", "/watch/new"), ("94-days", "/watch/days"),
        ("95-by-day", "/watch/quotes/days"), ("96-outages", "/watch/quotes/outages"), ("97-results", "/watch/orders/results"),
        ("98-retire", "/watch/orders/retire"),
    ]:
        walk.page.goto(ORIGIN + path)
        walk.see(name)
    return walk.done()


main()
