"""What judges found, which of it is explained, and how that is told: a table, JUnit, JSON."""
import json
import pathlib
import re
import time
import traceback
import xml.etree.ElementTree as ElementTree


class Unavailable(Exception):
    """A judge that could not be had."""


class Verdict:
    """One judge's: findings (an id that stays the same from run to run, and what was seen) and what it looked at, in figures."""

    def __init__(self, judge):
        self.judge, self.findings, self.figures, self.seconds = judge, {}, "", 0.0
        # The checks that were made, for judges that count them.
        self.checks = []
        self.absent = self.broken = ""

    def find(self, id, text=""):
        self.findings.setdefault("%s %s" % (self.judge, " ".join(id.split())), text)

    def check(self, id, is_so, text=""):
        """One of our own checks: it is counted, and a finding when it is not so."""
        self.checks.append(id)
        if not is_so:
            self.find(id, text)
        return is_so


def run(judge, body, *arguments):
    """Lets a judge judge. One that stumbles has not judged: that is told, and an error."""
    verdict, start = Verdict(judge), time.monotonic()
    print("== %s ==" % judge, flush=True)
    try:
        body(verdict, *arguments)
    except Unavailable as reason:
        verdict.absent = str(reason)
    except Exception as error:
        traceback.print_exc()
        verdict.broken = "%s: %s" % (type(error).__name__, error)
    verdict.seconds = time.monotonic() - start
    if verdict.checks and not verdict.figures:
        verdict.figures = "%d checks" % len(verdict.checks)
    state = "NOT RUN: " + verdict.absent if verdict.absent else "BROKE: " + verdict.broken if verdict.broken else verdict.figures
    print("-- %s: %s, %d findings, %.0f s" % (judge, state, len(verdict.findings), verdict.seconds), flush=True)
    return verdict


class Explained:
    """Findings that are as they should be: [{"finding": pattern of the whole id, "why": …}]. One that nothing matches is stale."""

    def __init__(self, path):
        self.entries = json.loads(pathlib.Path(path).read_text())
        for entry in self.entries:
            if set(entry) != {"finding", "why"} or not entry["why"].strip():
                raise ValueError("an entry needs a finding and a why, no more: %s" % entry)
        self.used = set()

    def why(self, id):
        for number, entry in enumerate(self.entries):
            if re.fullmatch(entry["finding"], id):
                self.used.add(number)
                return entry["why"]
        return None

    def stale(self, judges):
        """Patterns that matched nothing, though their judge judged."""
        return [entry["finding"] for number, entry in enumerate(self.entries)
                if number not in self.used and entry["finding"].split(" ")[0] in judges]


def report(verdicts, explained, folder, may_skip, left_out):
    """Prints the table, writes JUnit and JSON; the exit status."""
    suites, rows, unexplained = ElementTree.Element("testsuites"), [], []
    for verdict in verdicts:
        suite = ElementTree.SubElement(suites, "testsuite", name=verdict.judge, time="%.1f" % verdict.seconds)
        case = ElementTree.SubElement(suite, "testcase", name="judged: " + verdict.figures)
        if verdict.absent:
            ElementTree.SubElement(case, "skipped", message=verdict.absent)
        if verdict.broken:
            ElementTree.SubElement(case, "error", message=verdict.broken)
        open_ones = 0
        for id, text in verdict.findings.items():
            case, why = ElementTree.SubElement(suite, "testcase", name=id), explained.why(id)
            if why is None:
                open_ones += 1
                unexplained.append((id, text))
                ElementTree.SubElement(case, "failure", message=id).text = printable(text)
            else:
                ElementTree.SubElement(case, "system-out").text = "explained: " + why
        rows.append((verdict.judge, "NOT RUN" if verdict.absent else "BROKE" if verdict.broken else verdict.figures,
                     str(len(verdict.findings)), str(len(verdict.findings) - open_ones), "%.0f s" % verdict.seconds))
    for name in left_out:
        rows.append((name, "LEFT OUT by request", "", "", ""))
    judged = {verdict.judge for verdict in verdicts if not verdict.absent and not verdict.broken}
    stale = explained.stale(judged)
    ElementTree.indent(suites)
    ElementTree.ElementTree(suites).write(folder / "junit.xml", encoding="utf-8", xml_declaration=True)
    (folder / "findings.json").write_text(json.dumps({
        verdict.judge: {"figures": verdict.figures, "seconds": round(verdict.seconds, 1), "absent": verdict.absent,
                        "broken": verdict.broken, "checks": verdict.checks,
                        "findings": {id: {"seen": text, "explained": explained.why(id)} for id, text in verdict.findings.items()}}
        for verdict in verdicts}, indent=1, ensure_ascii=False))

    head = ("judge", "looked at", "findings", "explained", "time")
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]
    for row in [head, *rows]:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())
    for id, text in unexplained:
        print("NOT EXPLAINED: %s%s" % (id, "\n    " + printable(text)[:600].replace("\n", "\n    ") if text else ""))
    for pattern in stale:
        print("STALE: no finding is like %s any more; take it out of explained.json" % pattern)
    absent = [verdict.judge for verdict in verdicts if verdict.absent]
    broken = [verdict.judge for verdict in verdicts if verdict.broken]
    summary = "judged by %d of %d" % (len(judged), len(verdicts) + len(left_out))
    summary += "; NOT RUN: " + " ".join(absent) if absent else ""
    summary += "; LEFT OUT: " + " ".join(left_out) if left_out else ""
    summary += "; BROKE: " + " ".join(broken) if broken else ""
    print("judge-server: %s; %d findings not explained, %d stale excuses; results in %s" % (
        summary, len(unexplained), len(stale), folder))
    return 1 if unexplained or stale or broken or absent and not may_skip else 0


def printable(text):
    return "".join(c if c.isprintable() or c == "\n" else "\\x%02x" % ord(c) for c in text)
