"""testssl and sslyze on the server's TLS."""
import json

from tools import call, program, python_program


def by_testssl(verdict, house, folder):
    output = folder / "testssl.json"
    status = call([program("testssl"), "--quiet", "--nodns", "none", "--color", "0", "--jsonfile", str(output), house.origin + "/sign-in"],
                  folder / "testssl.out", 1800)
    rows = json.loads(output.read_text())
    if len(rows) < 100 or any("Scan interrupted" in row["finding"] for row in rows):
        raise RuntimeError("testssl ended with %d after %d rows" % (status, len(rows)))
    for row in rows:
        if row["severity"] not in ("OK", "INFO", "DEBUG"):
            verdict.find("%s %s" % (row["severity"], row["id"]), row["finding"])
    verdict.figures = "%d rows" % len(rows)


def by_sslyze(verdict, house, folder):
    output, text = folder / "sslyze.json", folder / "sslyze.out"
    status = call([python_program("sslyze", "sslyze"), "--mozilla_config", "intermediate", "--json_out", str(output),
                   "localhost:%d" % house.port], text, 300)
    result = json.loads(output.read_text())["server_scan_results"][0]
    if result["scan_status"] != "COMPLETED" or status not in (0, 1):
        raise RuntimeError("sslyze ended with %d: %s" % (status, result["scan_status"]))
    scans = result["scan_result"]
    for name, scan in scans.items():
        if scan["status"] == "ERROR":
            raise RuntimeError("sslyze could not judge %s: %s" % (name, scan["error_reason"]))
    lines = text.read_text().partition("COMPLIANCE AGAINST")[2].splitlines()
    for line in lines:
        if line.startswith("        * "):
            name, _, reason = line[10:].partition(": ")
            verdict.find(name, reason)
    if status == 1 and not verdict.findings:
        raise RuntimeError("sslyze is not content and does not say why")
    verdict.figures = "%d scans" % sum(scan["status"] == "COMPLETED" for scan in scans.values())
