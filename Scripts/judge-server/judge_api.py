"""schemathesis: the API against its own document (OpenAPI), as officer, administrator and nobody."""
import json
import subprocess

from house import ADMINISTRATOR, OFFICER, Browser
from tools import call, python_program

PATH = "/api/v1/openapi.json"


def judge(verdict, house, browsers, folder, examples):
    schemathesis = python_program("schemathesis", "schemathesis")
    folder = folder / "schemathesis"
    folder.mkdir(parents=True)
    officer = browsers[OFFICER]
    clause = json.loads(officer.get("/api/v1/obligations?limit=1").text)["items"][0]["clause"]
    host = json.loads(officer.get("/api/v1/hosts").text)["items"][0]["host"]
    # Only where a clause and a host are there can their answers be compared with the document.
    real = folder / "real.toml"
    real.write_text('[parameters]\n"path.clause" = "%s"\n"path.host" = "%s"\n' % (clause, host))
    cases = 0
    for who, browser, extra in [
        ("officer", officer, []),
        ("officer, of what there is", officer, ["--include-path-regex", r"\{"]),
        ("administrator", browsers[ADMINISTRATOR], []),
        ("nobody", None, []),
    ]:
        name = who.replace(",", "").replace(" ", "-")
        command = [schemathesis, *(["--config-file", str(real)] if extra else []), "run", house.origin + PATH,
                   "--tls-verify", str(house.certificate), "--max-examples", str(examples), "--seed", "1", "--continue-on-failure",
                   "--no-color", "--checks", "all", "--generation-database", "none", "--output-sanitize", "true",
                   "--report", "junit,json", "--report-junit-path", str(folder / (name + ".xml")),
                   "--report-json-path", str(folder / (name + ".json")), *extra]
        if browser:
            command += ["-H", "Cookie: " + browser.cookie_header(), "-H", "X-CSRF-Token: " + browser.csrf(), "-H", "Origin: " + house.origin]
        status = call(command, folder / (name + ".out"), 600)
        result = json.loads((folder / (name + ".json")).read_text())
        if status not in (0, 1) or result["errors"] or not result["complete"] or not result["test_cases"]["generated"]:
            raise RuntimeError("schemathesis as %s ended with %d: %s" % (who, status, result["errors"]))
        cases += result["test_cases"]["generated"]
        for failure in result["failures"]:
            for operation in failure["operations"]:
                verdict.find("%s: %s %s %s" % (who, failure["code"], failure["type"], operation), "see %s.out" % name)
    checks(verdict, house, browsers, officer)
    verdict.figures = "%d cases, %d checks" % (cases, len(verdict.checks))


def checks(verdict, house, browsers, officer):
    """What a generator cannot know."""
    # Every address of the document, as nobody: 401 and nothing else.
    nobody = Browser(house, "127.0.2.1")
    for path, operations in json.loads(nobody.get(PATH).text)["paths"].items():
        for method, operation in operations.items():
            wanted = 401 if operation["security"] else 200
            answer = nobody.ask(method.upper(), path.replace("{", "x-").replace("}", ""), b"{}" if method == "post" else None,
                                {"Content-Type": "application/json"})
            verdict.check("nobody gets of %s %s what the document says" % (method.upper(), path), answer.status == wanted,
                          "%d instead of %d" % (answer.status, wanted))
    # A real document is taken, and only with the session's word, from our own page.
    facts = subprocess.run([house.plumbline, "collect"], capture_output=True, timeout=120, check=True).stdout
    json_type = {"Content-Type": "application/json"}
    ours = {**json_type, "X-CSRF-Token": officer.csrf(), "Origin": house.origin}
    answer = officer.ask("POST", "/api/v1/facts", facts, ours)
    verdict.check("facts of this host are kept", answer.status == 201, "%d %s" % (answer.status, answer.text[:300]))
    for what, headers in [
        ("without the session's word", {**json_type, "Origin": house.origin}),
        ("with another word", {**ours, "X-CSRF-Token": "a" * 43}),
        ("without origin", {**json_type, "X-CSRF-Token": ours["X-CSRF-Token"]}),
        ("from another origin", {**ours, "Origin": "https://evil.example"}),
        ("from another site", {**ours, "Sec-Fetch-Site": "cross-site"}),
    ]:
        answer = officer.ask("POST", "/api/v1/facts", facts, headers)
        verdict.check("facts are refused " + what, answer.status == 403, "%d %s" % (answer.status, answer.text[:300]))
    answer = officer.ask("POST", "/api/v1/facts", facts, {**ours, "Content-Type": "text/plain"})
    verdict.check("facts are refused as another media type", answer.status == 415, str(answer.status))
    answer = browsers[ADMINISTRATOR].ask("POST", "/api/v1/facts", facts, {**ours, "X-CSRF-Token": browsers[ADMINISTRATOR].csrf()})
    verdict.check("facts are refused from an administrator", answer.status == 403, str(answer.status))
