"""wapiti: crawls as the officer and attacks every form and address it finds."""
import json

from bait import Bait
from house import OFFICER
from tools import call, python_program

MODULES = "csp,http_headers,cookieflags,csrf,sql,xss,permanentxss,exec,file,ssrf,redirect,crlf,upload,methods,htaccess,backup"


def judge(verdict, house, browsers, folder, seconds):
    wapiti = python_program("wapiti", "wapiti")
    folder = folder / "wapiti"
    folder.mkdir(parents=True)
    bait = Bait()
    browser = browsers[OFFICER]
    if not browser.is_in() and not house.sign_in(OFFICER, browser):
        raise RuntimeError("the officer cannot sign in")
    try:
        control, _ = scan(wapiti, folder, "bait", bait.url + "/", "sql,xss", 30, 30, [])
        for kind in ("SQL Injection", "Reflected Cross Site Scripting"):
            if not any(finding.startswith(kind) for finding in control):
                raise RuntimeError("wapiti does not find what is wrong with the bait (%s): %s" % (kind, sorted(control)))
        bait.calls.clear()
        findings, crawled = scan(
            wapiti, folder, "house", house.origin + "/", MODULES, seconds, seconds,
            ["-C", browser.cookie_header(), "-H", "Origin: " + house.origin, "-x", house.origin + "/sign-out",
             "--endpoint", bait.url + "/", "-d", "4", "--max-links-per-page", "25", "--max-files-per-dir", "25"])
        if not browser.is_in():
            verdict.find("the session ended while it was used")
        if crawled < 20:
            raise RuntimeError("wapiti found %d pages only: it was not signed in" % crawled)
        for id, text in findings.items():
            verdict.find(id, text)
        for line in bait.calls:
            verdict.find("the server, or a page, called out", line)
    finally:
        bait.close()
    verdict.figures = "%d pages, %d modules; the bait's 2 faults found" % (crawled, len(MODULES.split(",")))


def scan(wapiti, folder, name, url, modules, crawl_seconds, attack_seconds, more):
    output = folder / (name + ".json")
    status = call(
        [wapiti, "-u", url, "-m", modules, "--verify-ssl", "0", "--no-bugreport", "--flush-session",
         "--store-session", str(folder / "sessions"), "--store-config", str(folder / "config"),
         "--max-scan-time", str(crawl_seconds), "--max-attack-time", str(attack_seconds),
         "-f", "json", "-o", str(output), "-v", "1", *more],
        folder / (name + ".out"), crawl_seconds + attack_seconds * (modules.count(",") + 1) + 120)
    if status or not output.exists():
        raise RuntimeError("wapiti ended with %d, see %s" % (status, folder / (name + ".out")))
    result = json.loads(output.read_text())
    findings = {}
    for group in ("vulnerabilities", "anomalies"):
        for kind, ones in result[group].items():
            for one in ones:
                findings["%s: %s %s %s" % (kind, one["method"], one["path"], one["parameter"])] = one["info"] + "\n" + one["http_request"]
    return findings, result["infos"]["crawled_pages_nbr"]
