"""Judges a running server: python3 run.py PLUMBLINE FOLDER, from the top of the repository. Scripts/judge-server.sh says how."""
import os
import pathlib
import shutil
import signal
import sys

import judge_api
import judge_crawl
import judge_endurance
import judge_guessing
import judge_headers
import judge_injection
import judge_tls
from findings import Explained, report, run
from house import House

plumbline, results = sys.argv[1], pathlib.Path(sys.argv[2])
shutil.rmtree(results, ignore_errors=True)
results.mkdir(parents=True)
wanted, left_out = os.environ.get("JUDGES", "").split(), os.environ.get("WITHOUT", "").split()
explained = Explained(pathlib.Path(__file__).with_name("explained.json"))
seconds, examples, level = (int(os.environ.get(name, usual)) for name, usual in (("CRAWL", "60"), ("EXAMPLES", "50"), ("LEVEL", "2")))

house = House(plumbline, results / "house")
house.start()


def end(verdict):
    """After all of it: nothing that was the server's own fault, and an orderly end."""
    verdict.check("the server is still running", house.process.poll() is None)
    errors = [line for line in house.log.read_text().splitlines() if '"level":"error"' in line]
    verdict.check("no error stands in the log", not errors, "%d, such as\n%s" % (len(errors), "\n".join(errors[:5])))
    verdict.check("SIGTERM ends it with 0", house.stop() == 0)
    verdict.figures = "%d lines of log" % len(house.log.read_text().splitlines())


try:
    browsers = house.first_run()
    # Crawling comes last: it presses every button.
    judges = [
        ("headers", judge_headers.by_observatory, house, browsers, results),
        ("drheader", judge_headers.by_drheader, house, browsers, results),
        ("schemathesis", judge_api.judge, house, browsers, results, examples),
        ("hydra", judge_guessing.judge, house, browsers, results),
        ("sqlmap", judge_injection.judge, house, browsers, results, level),
        ("sslyze", judge_tls.by_sslyze, house, results),
        ("testssl", judge_tls.by_testssl, house, results),
        ("endurance", judge_endurance.judge, plumbline, results),
        ("wapiti", judge_crawl.judge, house, browsers, results, seconds),
        ("end", end),
    ]
    unknown = set(wanted + left_out) - {judge[0] for judge in judges}
    if unknown:
        sys.exit("judge-server: there is no judge called " + " ".join(sorted(unknown)))
    verdicts = [run(*judge) for judge in judges if judge[0] not in left_out and (not wanted or judge[0] in wanted)]
finally:
    house.stop(signal.SIGKILL)
if wanted:
    left_out += [judge[0] for judge in judges if judge[0] not in wanted]
sys.exit(report(verdicts, explained, results, os.environ.get("JUDGE_MAY_SKIP") == "1", left_out))
