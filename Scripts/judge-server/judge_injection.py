"""sqlmap on the sign-in form, both fields, from a crowd of addresses so that the limit by source does not shield it."""
import re

from bait import Bait
from forward import Crowd
from tools import call, program

POSITIVE = re.compile(r"identified the following injection point|is vulnerable|appears to be '.*' injectable|Parameter: \S+ \(POST\)")
NEGATIVE = "all tested parameters do not appear to be injectable"


def judge(verdict, house, browsers, folder, level):
    sqlmap = program("sqlmap")
    folder = folder / "sqlmap"
    folder.mkdir(parents=True)
    bait, crowd = Bait(), Crowd(house.port)
    try:
        text = run(sqlmap, folder, "bait", bait.url + "/sign-in", "name", 1, [])
        if not POSITIVE.search(text):
            raise RuntimeError("sqlmap does not find what is wrong with the bait")
        before, connections = refusals(house), crowd.connections
        for field, other in (("name", "password"), ("password", "name")):
            text = run(sqlmap, folder, field, "https://localhost:%d/sign-in" % crowd.port, field, level, [
                "--headers", "Origin: %s\nSec-Fetch-Site: same-origin" % house.origin, "--randomize", other])
            if POSITIVE.search(text):
                verdict.find("the field %s of the sign-in" % field, text[-2000:])
            elif NEGATIVE not in text:
                raise RuntimeError("sqlmap says neither yes nor no of %s: %s" % (field, text[-1000:]))
    finally:
        bait.close()
        crowd.close()
    # Judged is only what came as far as the database: each refusal there is a record of the trail.
    reached, sent = refusals(house) - before, crowd.connections - connections
    verdict.figures = "%d attempts, %d of them reached the look-up; the bait's fault found" % (sent, reached)
    if reached < sent / 2:
        raise RuntimeError("of %d attempts only %d reached the look-up" % (sent, reached))


def refusals(house):
    return len(house.search("sign-in.refuse"))


def run(sqlmap, folder, name, url, field, level, more):
    output = folder / (name + ".out")
    call([sqlmap, "--batch", "--disable-coloring", "-u", url, "--data", "name=somebody&password=something", "-p", field,
          "--level", str(level), "--risk", "1", "--dbms", "sqlite", "--timeout", "20", "--flush-session",
          "--output-dir", str(folder / "state"), *more],
         output, 900)
    return output.read_text(errors="replace")
