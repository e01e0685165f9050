"""drheader on answers of every kind, and the scoring table of Mozilla's HTTP Observatory, recomputed."""
import json
import re

from house import FORM, OFFICER, Browser
from tools import call, python_program


def answers(house, browsers):
    """One answer of each kind."""
    officer, nobody = browsers[OFFICER], Browser(house, "127.0.4.1")
    page = nobody.get("/sign-in")
    return {
        "page": officer.get("/"), "sign-in": page, "missing": officer.get("/no-such-page"), "forbidden": officer.get("/metrics"),
        "elsewhere": nobody.get("/obligations"), "api": officer.get("/api/v1/status"), "api-nobody": nobody.get("/api/v1/status"),
        "document": nobody.get("/api/v1/openapi.json"), "health": nobody.get("/health"),
        "other-origin": nobody.ask("POST", "/sign-in", "name=a", {"Content-Type": FORM, "Origin": "https://evil.example"}),
        "other-method": nobody.ask("DELETE", "/sign-in"), "bad-address": nobody.get("/%zz"), "too-long": nobody.get("/" + "a" * 5000),
        "too-large": nobody.post("/sign-in", {"name": "a" * 70_000}),
        "cookie": nobody.post("/language", {"language": "en", "next": "/sign-in"}),
        "asset": nobody.get(page.find(r'<link rel="stylesheet" href="([^"]+)"')),
    }


def by_drheader(verdict, house, browsers, folder):
    program = python_program("drheader", "drheader")
    folder = folder / "drheader"
    folder.mkdir(parents=True)
    seen = answers(house, browsers)
    for name, answer in seen.items():
        headers = {key: value for key, value in answer.headers.items() if key.lower() != "set-cookie"}
        if answer.headers.get_all("Set-Cookie"):
            headers["Set-Cookie"] = answer.headers.get_all("Set-Cookie")
        (folder / (name + ".json")).write_text(json.dumps(headers, indent=1))
        output = folder / (name + ".out")
        status = call([program, "compare", "single", str(folder / (name + ".json")), "-co", "--output", "json"], output, 60)
        if status not in (0, 70):
            raise RuntimeError("drheader ended with %d: %s" % (status, output.read_text()[-500:]))
        for one in json.loads(output.read_text()):
            verdict.find("%s: %s: %s" % (name, one["rule"], one["message"]), json.dumps(one))
    verdict.figures = "%d answers" % len(seen)


def directives(policy):
    found = {}
    for part in policy.split(";"):
        words = part.split()
        if words:
            found.setdefault(words[0].lower(), [word.lower() for word in words[1:]])
    return found


def content_policy(header):
    """Modifier of the policy of content, and its name in the table."""
    if not header:
        return -25, "csp-not-implemented"
    policy = directives(header)
    default = policy.get("default-src", ["*"])
    script, objects, style = (policy.get(name, default) for name in ("script-src", "object-src", "style-src"))
    broad = {"*", "http:", "https:", "data:"}
    has_word = any(word.startswith(("'nonce-", "'sha256-", "'sha384-", "'sha512-")) for word in script)
    inline = "'unsafe-inline'" in script and not has_word
    if inline or broad & set(script) and "'strict-dynamic'" not in script or broad & set(objects):
        return -20, "csp-implemented-with-unsafe-inline"
    if any(word.startswith("http:") for name in ("script-src", "style-src", "object-src") for word in policy.get(name, default)):
        return -20, "csp-implemented-with-insecure-scheme"
    if any(word.startswith("http:") for name in ("img-src", "media-src") for word in policy.get(name, default)):
        return -10, "csp-implemented-with-insecure-scheme-in-passive-content-only"
    if "'unsafe-eval'" in script or "'unsafe-eval'" in style:
        return -10, "csp-implemented-with-unsafe-eval"
    if "'unsafe-inline'" in style or broad & set(style):
        return 0, "csp-implemented-with-unsafe-inline-in-style-src-only"
    closed = policy.get("form-action") in (["'none'"], ["'self'"])
    if default == ["'none'"] and closed:
        return 10, "csp-implemented-with-no-unsafe-default-src-none"
    return 5, "csp-implemented-with-no-unsafe"


def cookies(lines, has_hsts):
    if not lines:
        return 0, "cookies-not-found"
    worst = (5, "cookies-secure-with-httponly-sessions-and-samesite")
    for line in lines:
        flags = {part.strip().lower().partition("=")[0]: part.strip().lower().partition("=")[2] for part in line.split(";")[1:]}
        # All of ours are taken for session cookies: none is for scripts.
        if "secure" not in flags:
            one = (-10, "cookies-session-without-secure-flag-but-protected-by-hsts") if has_hsts else (-40, "cookies-session-without-secure-flag")
        elif "httponly" not in flags:
            one = (-30, "cookies-session-without-httponly-flag")
        elif "samesite" not in flags:
            one = (0, "cookies-secure-with-httponly-sessions")
        elif flags["samesite"] not in ("lax", "strict"):
            one = (-20, "cookies-samesite-flag-invalid")
        else:
            continue
        worst = min(worst, one)
    return worst


def score(answer, set_cookies):
    """Every test of the table: name → (modifier, result)."""
    get = lambda name: (answer.headers.get(name) or "").strip()
    hsts = re.search(r"max-age=(\d+)", get("Strict-Transport-Security"))
    frames = directives(get("Content-Security-Policy")).get("frame-ancestors")
    referrer = get("Referrer-Policy").lower().split(",")[-1].strip()
    scripts = re.findall(r"<script[^>]*\bsrc=\"([^\"]+)\"[^>]*>", answer.text)
    allowed = get("Access-Control-Allow-Origin")
    tests = {
        "content-security-policy": content_policy(get("Content-Security-Policy")),
        "cookies": cookies(set_cookies, bool(hsts)),
        "cross-origin-resource-sharing": (
            (0, "not-implemented") if not allowed else
            (-50, "universal-access") if get("Access-Control-Allow-Credentials").lower() == "true" else (0, "public-or-restricted-access")),
        # There is no listener without TLS, so nothing to redirect.
        "redirection": (0, "not-needed-no-http"),
        "referrer-policy": (
            (5, "private") if referrer in ("no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin") else
            (0, "not-implemented") if not referrer else (-5, "unsafe")),
        "strict-transport-security": (
            (-20, "not-implemented") if not hsts else (0, "at-least-six-months") if int(hsts.group(1)) >= 15_768_000 else (-10, "less")),
        "subresource-integrity": (
            (0, "no-scripts") if not scripts else (0, "all-from-own-origin")
            if all(re.match(r"/(?!/)", source) for source in scripts) else (-5, "scripts-of-others")),
        "x-content-type-options": (0, "nosniff") if get("X-Content-Type-Options").lower() == "nosniff" else (-5, "not-implemented"),
        "x-frame-options": (
            (5, "by-csp") if frames in (["'none'"], ["'self'"]) else
            (0, "same-origin-or-deny") if get("X-Frame-Options").upper() in ("DENY", "SAMEORIGIN") else (-20, "not-implemented")),
        "cross-origin-resource-policy": (
            (10, "same-origin") if get("Cross-Origin-Resource-Policy") in ("same-origin", "same-site") else (0, "not-implemented")),
    }
    plain = 100 + sum(min(0, modifier) for modifier, _ in tests.values())
    return max(0, plain + (sum(max(0, modifier) for modifier, _ in tests.values()) if plain >= 90 else 0)), tests


# What the sign-in page with our cookies must reach: bonus for everything but preloading, which is another's list, and integrity words,
# which scripts of our own origin need not have.
WANTED = {"content-security-policy": 10, "cookies": 5, "referrer-policy": 5, "x-frame-options": 5, "cross-origin-resource-policy": 10}


def by_observatory(verdict, house, browsers, folder):
    seen = answers(house, browsers)
    set_cookies = [line for browser in [house.first, *browsers.values()] for line in browser.set_cookies]
    set_cookies += [line for answer in seen.values() for line in answer.headers.get_all("Set-Cookie") or []]
    total, tests = score(seen["sign-in"], set_cookies)
    for name, (modifier, result) in tests.items():
        verdict.check("observatory: " + name, modifier == WANTED.get(name, 0), "%+d %s" % (modifier, result))
    names = set()
    for line in set_cookies:
        name, flags = line.partition("=")[0], {part.strip().lower() for part in line.split(";")[1:]}
        names.add(name)
        verdict.check("cookie %s is bound to this host" % name, name.startswith("__Host-") and len(line) <= 4096 and {
            "secure", "httponly", "samesite=strict", "path=/"} <= flags and not any(flag.startswith("domain") for flag in flags), line)
    for wanted in ("__Host-plumbline", "__Host-device", "__Host-ticket", "__Host-setup", "__Host-language"):
        verdict.check("cookie %s was seen" % wanted, wanted in names)
    nonces = set()
    for name, answer in seen.items():
        get = lambda header: answer.headers.get(header) or ""
        policy = get("Content-Security-Policy")
        for header, pattern in [
            ("Strict-Transport-Security", r"max-age=(?:3153[6-9]\d{3}|[4-9]\d{7,}|\d{9,}); includeSubDomains.*"),
            ("X-Content-Type-Options", "nosniff"), ("X-Frame-Options", "DENY"), ("Referrer-Policy", "no-referrer"),
            ("Cross-Origin-Opener-Policy", "same-origin"), ("Cross-Origin-Resource-Policy", "same-origin"), ("Permissions-Policy", ".+"),
            ("Cache-Control", "public, max-age=31536000, immutable" if name == "asset" else "no-store"),
            ("Server", ""), ("X-Powered-By", ""), ("Access-Control-Allow-Origin", ""), ("Via", ""),
        ]:
            verdict.check("%s: %s" % (name, header), re.fullmatch(pattern, get(header)) is not None, get(header))
        policy_so = content_policy(policy)
        verdict.check("%s: Content-Security-Policy" % name, policy_so[0] == 10 and all(
            directives(policy).get(key) == ["'none'"] for key in ("object-src", "base-uri", "frame-ancestors"))
            and "report-uri" in directives(policy), policy)
        nonces.add(re.search(r"'nonce-([^']+)'", policy).group(1))
        # What an error may say: a code and one sentence, never how the program is made.
        words = re.search(r"(?i)\bsqlite|\bselect .* from\b|swift|/work/|/home/|/tmp/|\.swift\b|stack trace|nio\w*error|fatal error", answer.text)
        verdict.check("%s: tells nothing of how it is made" % name, name == "asset" or not words, words.group(0) if words else "")
    verdict.check("every answer's script word is its own", len(nonces) == len(seen))
    verdict.figures = "score %d, %d checks" % (total, len(verdict.checks))
