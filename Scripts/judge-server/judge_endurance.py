"""Our own judge of a server under rough treatment: protocols, slow and greedy clients, a new certificate, the end. On a house of its own."""
import concurrent.futures
import os
import re
import resource
import signal
import socket
import ssl
import struct
import subprocess
import threading
import time
import warnings

from house import FORM, OFFICER, Browser, House
from tools import call, program

MEBI = 1 << 20


class Pulse:
    """Notices when the machine itself stands still: then nothing of what was timed here means anything."""

    def __init__(self):
        self.longest, self._done = 0.0, threading.Event()
        threading.Thread(target=self._beat, daemon=True).start()

    def _beat(self):
        last = time.monotonic()
        while not self._done.wait(0.5):
            now = time.monotonic()
            self.longest, last = max(self.longest, now - last), now

    def end(self):
        self._done.set()
        if self.longest > 10:
            raise RuntimeError("this machine stood still for %.0f s, so its times mean nothing: judge again" % self.longest)


def judge(verdict, plumbline, folder):
    pulse = Pulse()
    house = House(plumbline, folder / "endurance")
    start = time.monotonic()
    house.start()
    try:
        verdict.check("the first page comes within 5 s of the start", Browser(house).get("/setup").status == 200
                      and time.monotonic() - start < 5, "%.1f s" % (time.monotonic() - start))
        officer = house.first_run()[OFFICER]
        protocols(verdict, house, folder)
        sizes(verdict, house, officer)
        idle_connections(verdict, house)
        # These wait more than they work.
        with concurrent.futures.ThreadPoolExecutor() as pool:
            waiting = [pool.submit(body, verdict, house) for body in (slow_headers, slow_body, slow_handshake, silent_handshake, silent, certificate)]
            for one in waiting:
                one.result()
        left_streams(verdict, house, officer)
        ending(verdict, house, officer)
        errors = [line for line in house.log.read_text().splitlines() if '"level":"error"' in line]
        strange = [line for line in errors if "certificate.unusable" not in line]
        verdict.check("a certificate that is none stands in the log", len(errors) > len(strange))
        verdict.check("no other error stands in the log", not strange, "%d, such as\n%s" % (len(strange), "\n".join(strange[:5])))
        pulse.end()
    finally:
        house.stop(signal.SIGKILL)


def protocols(verdict, house, folder):
    curl = program("curl")
    for version, option in (("2", "--http2"), ("1.1", "--http1.1"), ("1.0", "--http1.0")):
        output = folder / ("curl-%s.out" % version)
        call([curl, "--silent", "--show-error", option, "--cacert", str(house.certificate), "--max-time", "20", "--output", os.devnull,
              "--write-out", "%{http_version} %{response_code}", house.origin + "/sign-in"], output, 60)
        # What asks in 1.0 is answered in 1.1 or 1.0.
        seen = output.read_text()
        wanted = {"1.0": r"1(\.[01])? 200"}.get(version, re.escape(version + " 200"))
        verdict.check("HTTP/%s works" % version, re.fullmatch(wanted, seen) is not None, seen)
    for version in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1):
        verdict.check("%s is refused" % version.name, "PROTOCOL_VERSION" in handshake(house, version, version), handshake(house, version, version))
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        verdict.check("%s works" % version.name, handshake(house, version, version) == "", handshake(house, version, version))
    # No answer without TLS: there is nothing to redirect from.
    with socket.create_connection(("127.0.0.1", house.port), 20) as plain:
        plain.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        verdict.check("without TLS nothing is answered", b"HTTP/" not in drain(plain, 20))
    for name, text in [
        ("a request line of nonsense", b"\x00\x01nonsense\r\n\r\n"), ("two lengths", b"POST /sign-in HTTP/1.1\r\nHost: a\r\n"
         b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd"),
        ("length and chunks", b"POST /sign-in HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        ("a header folded and with nul", b"GET /sign-in HTTP/1.1\r\nHost: a\r\nX: a\x00b\r\n\r\n"),
        ("a header of a megabyte", b"GET /sign-in HTTP/1.1\r\nHost: a\r\nX: " + b"a" * MEBI + b"\r\n\r\n"),
        ("CONNECT", b"CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n"),
        ("TRACE", b"TRACE /sign-in HTTP/1.1\r\nHost: a\r\n\r\n"), ("a method that nobody has", b"BREW /sign-in HTTP/1.1\r\nHost: a\r\n\r\n"),
    ]:
        answer = raw(house, text)
        status = int(answer[9:12]) if answer[:5] == b"HTTP/" else 0
        verdict.check("%s is refused" % name, status == 0 or 400 <= status < 500, answer[:200].decode("latin-1"))
        verdict.check("%s does not end the server" % name, Browser(house).get("/health").status == 200)
    answer = raw(house, b"GET https://evil.example/ HTTP/1.1\r\nHost: evil.example\r\nX-Forwarded-Host: evil.example\r\n\r\n")
    verdict.check("another host's name is not repeated", answer[:5] == b"HTTP/" and b"evil.example" not in answer, answer[:300].decode("latin-1"))


def handshake(house, lowest, highest):
    """Why a handshake failed; empty when it did not."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    # Our own side must be willing, or it would be us that refuse.
    context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version, context.maximum_version = lowest, highest
    try:
        with socket.create_connection(("127.0.0.1", house.port), 20) as plain, context.wrap_socket(plain):
            return ""
    except OSError as error:
        return "%s %s" % (getattr(error, "reason", ""), error)


def connected(house, timeout=20, source="127.0.5.1"):
    plain = socket.create_connection(("127.0.0.1", house.port), timeout, source_address=(source, 0))
    return house.trust().wrap_socket(plain, server_hostname="localhost")


def drain(stream, seconds):
    """All that comes until the end, an error, or so many seconds."""
    seen, end = b"", time.monotonic() + seconds
    try:
        while time.monotonic() < end:
            stream.settimeout(max(0.1, end - time.monotonic()))
            data = stream.recv(65536)
            if not data:
                break
            seen += data
    except OSError:
        pass
    return seen


def raw(house, text, seconds=5):
    with connected(house) as stream:
        try:
            stream.sendall(text)
        except OSError:
            pass
        return drain(stream, seconds)


def sizes(verdict, house, officer):
    answer = Browser(house, "127.0.5.2").post("/sign-in", {"name": "a", "password": "b" * (70 << 10)})
    verdict.check("a form that is too large is refused with 413", answer.status == 413, str(answer.status))
    answer = Browser(house, "127.0.5.3").ask(
        "POST", "/sign-in", "&".join("a%d=b" % number for number in range(600)), {"Content-Type": FORM, "Origin": house.origin})
    verdict.check("a form of 600 fields is refused with 400", answer.status == 400, str(answer.status))

    csrf = officer.csrf()
    for name, is_told in (("told beforehand", True), ("in chunks", False)):
        for who, cookie, wanted in (("an officer's", officer.cookie_header(), 413), ("nobody's", "", 401)):
            before, _ = house.memory()
            status, most = pour(house, cookie, csrf, 200 * MEBI, is_told)
            verdict.check("%s body of 200 MB, %s: %d" % (who, name, wanted), status == wanted, str(status))
            # What does not say how long it is must be read as far as a document may reach: 64 MB, for those who may send one.
            limit = 8 if is_told or not cookie else 128
            verdict.check("%s body of 200 MB, %s: memory grows by %d MB at most" % (who, name, limit), most - before < limit * MEBI,
                          "from %.0f to %.0f MB" % (before / MEBI, most / MEBI))
    # Who leaves in the middle is no error of the server's; the log is looked at in the end.
    for how in (struct.pack("ii", 1, 0), struct.pack("ii", 0, 0)):
        plain = socket.create_connection(("127.0.0.1", house.port), 20, source_address=("127.0.5.5", 0))
        stream = house.trust().wrap_socket(plain, server_hostname="localhost")
        stream.sendall(("POST /sign-in HTTP/1.1\r\nHost: localhost\r\nOrigin: %s\r\nContent-Type: %s\r\nContent-Length: 50\r\n\r\nname=" % (
            house.origin, FORM)).encode())
        time.sleep(0.3)
        stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, how)
        stream.close()
    verdict.check("the server still answers", officer.is_in())


def pour(house, cookie, csrf, size, is_told):
    """Sends a large body as long as the server takes it; the status, and the most memory there was meanwhile."""
    most, done = [house.memory()[0]], threading.Event()

    def watch():
        while not done.wait(0.02):
            most[0] = max(most[0], house.memory()[0])

    watcher = threading.Thread(target=watch)
    watcher.start()
    head = ["POST /api/v1/facts HTTP/1.1", "Host: localhost", "Content-Type: application/json", "Origin: " + house.origin,
            "X-CSRF-Token: " + csrf, "Content-Length: %d" % size if is_told else "Transfer-Encoding: chunked"]
    if cookie:
        head.append("Cookie: " + cookie)
    piece = b" " * 65536
    if not is_told:
        piece = b"%x\r\n" % len(piece) + piece + b"\r\n"
    answer = b""
    try:
        with connected(house, 30) as stream:
            stream.sendall("\r\n".join(head).encode() + b"\r\n\r\n")
            stream.settimeout(0)
            sent = 0
            end = time.monotonic() + 60
            rest = memoryview(piece)
            while sent < size and time.monotonic() < end:
                try:
                    answer += stream.recv(65536) or b"\0"
                except (ssl.SSLWantReadError, BlockingIOError):
                    pass
                if answer:
                    break
                try:
                    count = stream.send(rest)
                except (ssl.SSLWantWriteError, ssl.SSLWantReadError, BlockingIOError):
                    time.sleep(0.005)
                    continue
                rest = rest[count:]
                if not rest:
                    sent, rest = sent + 65536, memoryview(piece)
            if not answer:
                answer = drain(stream, 10)
    except OSError:
        pass
    time.sleep(0.3)
    done.set()
    watcher.join()
    return (int(answer[9:12]) if answer[:5] == b"HTTP/" else 0), most[0]


def idle_connections(verdict, house):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if hard < 2500:
        raise RuntimeError("this process may open %d files only" % hard)
    held, before = [], house.memory()[0]
    try:
        # Half say nothing at all, half have shaken hands.
        for number in range(1000):
            source = "127.0.6.%d" % (number % 250 + 1)
            held.append(connected(house, 30, source) if number % 2 else
                        socket.create_connection(("127.0.0.1", house.port), 30, source_address=(source, 0)))
        start = time.monotonic()
        answer = Browser(house, "127.0.5.4").get("/sign-in")
        took = time.monotonic() - start
        verdict.check("1,000 idle connections: a page is served within 2 s", answer.status == 200 and took < 2, "%d, %.2f s" % (answer.status, took))
        grown = house.memory()[0] - before
        verdict.check("1,000 idle connections: less than 64 MB", grown < 64 * MEBI, "%.0f MB" % (grown / MEBI))
    finally:
        for one in held:
            one.close()


def cut_after(stream, piece, limit):
    """Sends a byte each second until the server has had enough: after how many seconds, and what it said; None when it never had."""
    start = time.monotonic()
    stream.settimeout(1)
    answer = b""
    while time.monotonic() - start < limit:
        try:
            stream.sendall(piece)
            data = stream.recv(65536)
            if not data:
                return time.monotonic() - start, answer
            answer += data
        except TimeoutError:
            continue
        except OSError:
            return time.monotonic() - start, answer
    return None, answer


def slow_headers(verdict, house):
    with connected(house) as stream:
        stream.sendall(b"GET /sign-in HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")
        took, _ = cut_after(stream, b"a", 100)
    verdict.check("who sends headers at a byte a second is cut within 90 s", took is not None and took < 90, "after %s s" % took)


def slow_body(verdict, house):
    with connected(house) as stream:
        stream.sendall(("POST /sign-in HTTP/1.1\r\nHost: localhost\r\nOrigin: %s\r\nContent-Type: %s\r\nContent-Length: 5000\r\n\r\n" % (
            house.origin, FORM)).encode())
        took, answer = cut_after(stream, b"a", 100)
    verdict.check("who sends a body at a byte a second is told 408", answer[9:12] == b"408", answer[:200].decode("latin-1"))
    verdict.check("who sends a body at a byte a second is cut within 90 s", took is not None and took < 90, "after %s s" % took)


def slow_handshake(verdict, house):
    with socket.create_connection(("127.0.0.1", house.port), 20) as stream:
        # The beginning of a ClientHello that announces more than ever comes.
        stream.sendall(b"\x16\x03\x01\x10\x00\x01\x00\x0f\xfc\x03\x03")
        took, _ = cut_after(stream, b"a", 100)
    verdict.check("who shakes hands at a byte a second is cut within 90 s", took is not None and took < 90, "after %s s" % took)


def silent_handshake(verdict, house):
    start = time.monotonic()
    with socket.create_connection(("127.0.0.1", house.port), 20) as stream:
        drain(stream, 100)
    took = time.monotonic() - start
    verdict.check("who never begins to shake hands is cut within 90 s", took < 90, "%.0f s" % took)


def silent(verdict, house):
    start = time.monotonic()
    with connected(house) as stream:
        drain(stream, 100)
    took = time.monotonic() - start
    verdict.check("who says nothing is cut within 90 s", took < 90, "%.0f s" % took)


def served(house):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", house.port), 20) as plain, context.wrap_socket(plain) as stream:
        return stream.getpeercert(True)


def certificate(verdict, house):
    """A certificate that is none changes nothing; a good one is served within 35 s, without a restart."""
    first, pem, key = served(house), house.certificate, house.certificate.with_name("server.key")
    good = pem.read_bytes()
    pem.write_bytes(b"not a certificate\n")
    time.sleep(33)
    verdict.check("a certificate that is none is not taken", served(house) == first)
    pem.write_bytes(good)
    subprocess.run(
        [program("openssl"), "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", str(key) + ".new",
         "-out", str(pem) + ".new"], check=True, capture_output=True, timeout=60)
    os.replace(str(key) + ".new", key)
    os.replace(str(pem) + ".new", pem)
    start = time.monotonic()
    while time.monotonic() - start < 45 and served(house) == first:
        time.sleep(0.5)
    took = time.monotonic() - start
    verdict.check("a new certificate is served within 35 s", served(house) != first and took <= 35, "%.0f s" % took)
    verdict.check("the new certificate is the one on disk", ssl.PEM_cert_to_DER_cert(pem.read_text()) == served(house))


def left_streams(verdict, house, officer):
    """Pages that were closed must not hold the places of others: 500 may listen at once."""
    request = ("GET /events HTTP/1.1\r\nHost: localhost\r\nCookie: %s\r\n\r\n" % officer.cookie_header()).encode()
    for _ in range(510):
        with connected(house, 30) as stream:
            stream.sendall(request)
            stream.recv(4096)
    time.sleep(40)
    with connected(house, 30) as stream:
        stream.sendall(request)
        answer = stream.recv(4096)
    verdict.check("510 streams that were left hold nobody's place", answer[9:12] == b"200", answer[:60].decode("latin-1"))


def ending(verdict, house, officer):
    """SIGTERM: what is under way is answered, an open stream of events does not hold the server, and it exits 0."""
    events = connected(house, 30)
    events.sendall(("GET /events HTTP/1.1\r\nHost: localhost\r\nCookie: %s\r\n\r\n" % officer.cookie_header()).encode())
    verdict.check("a stream of events opens", b"200" in events.recv(4096)[:16])
    form = b"name=somebody&password=something"
    late = connected(house, 30)
    late.sendall(("POST /sign-in HTTP/1.1\r\nHost: localhost\r\nOrigin: %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n" % (
        house.origin, FORM, len(form))).encode() + form[:10])
    time.sleep(0.5)
    process, start = house.process, time.monotonic()
    process.send_signal(signal.SIGTERM)
    time.sleep(1)
    try:
        fresh = connected(house, 3)
        fresh.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
        taken = drain(fresh, 3)
        fresh.close()
    except OSError:
        taken = b""
    verdict.check("after SIGTERM no new visit is taken", b" 200 " not in taken[:20], taken[:100].decode("latin-1"))
    late.sendall(form[10:])
    answer = drain(late, 15)
    verdict.check("after SIGTERM a visit under way is answered", answer[9:12] == b"200", answer[:100].decode("latin-1"))
    late.close()
    drain(events, 15)
    events.close()
    try:
        status = process.wait(30)
    except subprocess.TimeoutExpired:
        status = None
    took = time.monotonic() - start
    verdict.check("after SIGTERM it exits with 0 within 20 s", status == 0 and took < 20, "%s after %.0f s" % (status, took))
    done = subprocess.run([house.plumbline, "verify", str(house.data)], capture_output=True, text=True, timeout=120)
    verdict.check("the data directory verifies afterwards", done.returncode == 0, done.stdout[-500:] + done.stderr[-500:])
