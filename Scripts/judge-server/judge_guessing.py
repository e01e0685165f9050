"""hydra on the sign-in form: the right password is the fifth of its list, and the third failure locks. Then what a lock must not do."""
import json
import re

from forward import Crowd
from house import ADMINISTRATOR, OFFICER, Browser
from tools import call, program


def judge(verdict, house, browsers, folder):
    hydra = program("hydra")
    folder = folder / "hydra"
    folder.mkdir(parents=True)
    crowd = Crowd(house.port)
    victim = house.people[ADMINISTRATOR]
    wrong = ["Walnut-%d-Amber!Quill" % number for number in range(7)]
    try:
        # A judge that cannot find the password where nothing stops it judges nothing.
        found = guess(hydra, folder, "control", house, crowd, OFFICER, [wrong[0], house.people[OFFICER].password, wrong[1]])
        if found != [house.people[OFFICER].password]:
            raise RuntimeError("hydra does not find the second password of a list: %s" % found)
        found = guess(hydra, folder, "attack", house, crowd, ADMINISTRATOR, [*wrong[:4], victim.password, *wrong[4:]])
        verdict.check("the fifth password is not found", not found, "hydra found it")
    finally:
        crowd.close()
    locks = [json.loads(line)["body"] for line in house.search("lockout.lock")]
    verdict.check("the lock is in the trail, once", len(locks) == 1, "%d records" % len(locks))
    verdict.check("the trail says until when, and which bucket",
                  all('"shared"' in body and '"until"' in body for body in locks), "\n".join(locks))

    stranger = Browser(house, "127.0.3.1")
    right = stranger.post("/sign-in", {"name": ADMINISTRATOR, "password": victim.password})
    wrong_one = Browser(house, "127.0.3.2").post("/sign-in", {"name": ADMINISTRATOR, "password": wrong[6]})
    unknown = Browser(house, "127.0.3.3").post("/sign-in", {"name": "nobody.here", "password": wrong[6]})
    verdict.check("the right password is refused from an unknown browser", right.status == 200 and not stranger.cookies,
                  "%d %s" % (right.status, right.location))
    for name, other in (("a wrong password", wrong_one), ("a name that nobody has", unknown)):
        verdict.check("a lock answers as does " + name, alike(right) == alike(other), "%s\n%s" % (alike(right), alike(other)))
    verdict.check("who is signed in stays signed in", browsers[ADMINISTRATOR].is_in())
    known = browsers[ADMINISTRATOR]
    verdict.check("a known browser gets in", house.sign_in(ADMINISTRATOR, known))
    # What a stranger took from another account opens nothing here.
    other = Browser(house, "127.0.3.4")
    other.cookies["__Host-device"] = browsers[OFFICER].cookies["__Host-device"]
    answer = other.post("/sign-in", {"name": ADMINISTRATOR, "password": victim.password})
    verdict.check("another account's device cookie opens nothing", answer.status == 200, str(answer.status))
    verdict.check("no password stands in the log", not any(
        word.encode() in house.log.read_bytes() for word in (victim.password, house.people[OFFICER].password, *wrong)))
    verdict.check("the lock outlives none of this: it is still one", len(house.search("lockout.lock")) == 1)


def guess(hydra, folder, name, house, crowd, person, passwords):
    words, output = folder / (name + ".txt"), folder / (name + ".out")
    words.write_text("".join(word + "\n" for word in passwords))
    origin = house.origin.replace(":", "\\:")
    # It asks in HTTP/1.0 and reads until the connection ends, so it must ask for that end.
    form = '/sign-in:name=^USER^&password=^PASS^:H=Origin\\: %s:H=Sec-Fetch-Site\\: same-origin:H=Connection\\: close:F=role="alert"' % origin
    status = call([hydra, "-I", "-l", person, "-P", str(words), "-t", "1", "-f", "-s", str(crowd.port), "localhost",
                   "https-post-form", form], output, 300)
    text = output.read_text(errors="replace")
    if "0 of 1 target" not in text and "1 of 1 target" not in text:
        raise RuntimeError("hydra ended with %d before the end of its list: %s" % (status, text[-1000:]))
    # Its JSON is none as soon as a header holds a backslash.
    return re.findall(r"login: %s   password: (\S+)" % re.escape(person), text)


def alike(answer):
    """An answer without what differs from one to the next by chance."""
    return answer.status, sorted(key.lower() for key in answer.headers), re.sub(r'nonce="[^"]+"', "", answer.text)
