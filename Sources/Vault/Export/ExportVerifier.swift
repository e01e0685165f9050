/// The verifier that goes with every exported package: Python 3.8 or later, standard library only, at most 200 lines.
enum ExportVerifier {
    static let script = ##"""
        #!/usr/bin/env python3
        """Verifies an exported log with nothing but Python's standard library: python3 verify.py [--key VKEY] [--policy FILE] [DIR]

        Checks that `checkpoint` is signed by a log of the policy and cosigned by its quorum of witnesses (Ed25519), hashes every record in
        tile/entries (RFC 6962), compares every hash tile and the root. `policy` came with the package: compare its keys with those you were given
        another way, or pass your own with --policy; --key names the one log that is accepted. Exit status 0 only if all holds; 3 when all holds
        but the first records, said to be expired, are not in the package; 1 when anything does not hold.
        """
        import base64, hashlib, os, sys

        P, L = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
        D = -121665 * pow(121666, P - 2, P) % P

        class Refused(Exception):
            pass

        # Ed25519 (RFC 8032 section 5.1), points as (X, Y, Z, T) with x = X/Z, y = Y/Z, xy = T/Z.
        def add(p, q):
            a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
            c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
            e, f, g, h = b - a, d - c, d + c, b + a
            return e * f % P, g * h % P, f * g % P, e * h % P

        def times(n, p):
            total = (0, 1, 1, 0)
            while n:
                if n & 1:
                    total = add(total, p)
                p, n = add(p, p), n >> 1
            return total

        def point(data):
            y = int.from_bytes(data, "little")
            sign, y = y >> 255, y & (2**255 - 1)
            if y >= P:
                raise Refused("a point is not canonical")
            square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
            x = pow(square, (P + 3) // 8, P)
            if x * x % P != square:
                x = x * pow(2, (P - 1) // 4, P) % P
            if x * x % P != square or (x == 0 and sign):
                raise Refused("not a point of the curve")
            if x & 1 != sign:
                x = P - x
            return x, y, 1, x * y % P

        BASE = point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))

        def signed(public, text, signature):
            s = int.from_bytes(signature[32:], "little")
            if len(signature) != 64 or s >= L:
                return False
            k = int.from_bytes(hashlib.sha512(signature[:32] + public + text).digest(), "little") % L
            left, right = times(s, BASE), add(point(signature[:32]), times(k, point(public)))
            return (left[0] * right[2] - right[0] * left[2]) % P == 0 and (left[1] * right[2] - right[1] * left[2]) % P == 0

        def decode(text):
            data = base64.b64decode(text, validate=True)
            if base64.b64encode(data).decode() != text:
                raise Refused("base64 is not canonical")
            return data

        def vkey(text, kind):  # kind 1 signs notes, 4 cosigns
            name, key_id, key = text.split("+", 2)
            key = decode(key)
            if len(key) != 33 or key[0] != kind or hashlib.sha256(name.encode() + b"\n" + key).digest()[:4].hex() != key_id:
                raise Refused("not an Ed25519 key of type %d: %s" % (kind, text))
            return name, key_id, key[1:]

        def read_policy(text):
            """Returns logs, witnesses (name: key), groups (name: threshold and members) and quorum of a tlog-policy."""
            logs, witnesses, groups, quorum, names = [], {}, {}, [], []
            for line in text.split("\n"):
                items = [item for item in line.replace("\t", " ").split(" ") if item]
                if not items or items[0][0] == "#":
                    continue
                names += items[1:2] if items[0] in ("witness", "group") else []
                if items[0] == "log":
                    logs.append(vkey(items[1], 1))
                elif items[0] == "witness":
                    witnesses[items[1]] = vkey(items[2], 4)
                elif items[0] == "group":
                    groups[items[1]] = {"all": len(items) - 3, "any": 1}.get(items[2]) or int(items[2]), items[3:]
                elif items[0] == "quorum":
                    quorum.append(items[1])
                else:
                    raise Refused("not a line of a policy: " + line)
            members = [name for group in groups.values() for name in group[1]]
            keys = [key[2] for key in witnesses.values()]
            if any(len(set(each)) != len(each) for each in (names, members, keys)):
                raise Refused("a name, member or key occurs twice in the policy: a witness could count as two")
            if len(quorum) != 1 or not set(members) <= set(names) or not all(0 < n <= len(group) for n, group in groups.values()):
                raise Refused("the policy has no quorum line, an unknown member, or a wrong threshold")
            return logs, witnesses, groups, quorum[0]

        def checkpoint(note, policy):
            logs, witnesses, groups, quorum = policy
            text, gap, lines = note.rpartition("\n\n")
            if not gap or not lines.endswith("\n"):
                raise Refused("the checkpoint is not a signed note")
            text += "\n"
            origin, size, root = text.split("\n")[:3]
            found = set()
            for dash, signer, data in (line.split(" ") for line in lines[:-1].split("\n")):
                data, said = decode(data), ""
                if dash != "\u2014":
                    raise Refused("not a signature line")
                for name, key in [(None, log) for log in logs if log[0] == origin] + list(witnesses.items()):
                    if (signer, data[:4].hex()) == key[:2]:
                        if name:
                            time, data = int.from_bytes(data[4:12], "big"), data[8:]
                            said = "cosignature/v1\ntime %d\n" % time
                        if not signed(key[2], (said + text).encode(), data[4:]) or (name and not 0 < time < 2**63):
                            raise Refused("the signature of %s does not hold" % signer)
                        print("signed: " + signer + (", %d seconds after 1970-01-01T00:00:00Z" % time if name else ""))
                        found.add(name)
            if None not in found or str(int(size)) != size:
                raise Refused("the checkpoint is not signed by a log of the policy")
            for name, (count, members) in groups.items():
                if len(found.intersection(members)) >= count:
                    found.add(name)
            if quorum != "none" and quorum not in found:
                raise Refused("the quorum is not reached: too few witnesses cosigned")
            return int(size), decode(root)

        def path(level, index, width):
            groups = ["%03d" % (index % 1000)]
            while index >= 1000:
                index //= 1000
                groups.insert(0, "x%03d" % (index % 1000))
            return "/".join(["tile", str(level)] + groups) + ("" if width == 256 else ".p/%d" % width)

        def top(hashes):
            if len(hashes) == 1:
                return hashes[0]
            half = 1 << (len(hashes) - 1).bit_length() - 1
            return hashlib.sha256(b"\x01" + top(hashes[:half]) + top(hashes[half:])).digest()

        def read(folder, name):
            try:
                with open(os.path.join(folder, name), "rb") as file:
                    return file.read()
            except OSError as error:
                raise Refused(name + " cannot be read: " + str(error.strerror))

        def records(data, name):
            offset = 0
            while offset < len(data):
                end = offset + 2 + int.from_bytes(data[offset:offset + 2], "big")
                if end > len(data):
                    raise Refused(name + " is cut short")
                yield data[offset + 2:end]
                offset = end

        def hash_records(folder, start, size):
            for first in range(start, size, 256):
                name = path("entries", first // 256, min(256, size - first))
                here = [hashlib.sha256(b"\x00" + record).digest() for record in records(read(folder, name), name)]
                if len(here) != min(256, size - first):
                    raise Refused("%s holds %d records" % (name, len(here)))
                yield from here

        def verify(folder, policy):
            size, root = checkpoint(read(folder, "checkpoint").decode(), policy)
            kept = 0
            while kept + 256 <= size and not os.path.exists(os.path.join(folder, path("entries", kept // 256, 256))):
                kept += 256
            hashes, level, width = list(hash_records(folder, kept, size)), 0, size // 256
            rest, whole = hashes[len(hashes) & ~255:], [top(hashes[first:first + 256]) for first in range(0, len(hashes) - 255, 256)]
            # What expired is there as hashes of level 1 alone: right if the root is.
            data = b"".join(read(folder, path(1, at // 256, min(256, width - at))) for at in range(0, width if kept else 0, 256))
            whole = [data[32 * at:32 * at + 32] for at in range(kept // 256)] + whole
            while hashes:
                for first in range(0, len(hashes), 256):
                    name = path(level, first // 256 + (0 if level else kept // 256), len(hashes[first:first + 256]))
                    if read(folder, name) != b"".join(hashes[first:first + 256]):
                        raise Refused("%s: the hashes do not match" % name)
                hashes = [top(hashes[first:first + 256]) for first in range(0, len(hashes) - 255, 256)] if level else whole
                level += 1
            if (top(whole + ([top(rest)] if rest else [])) if size else hashlib.sha256().digest()) != root:
                raise Refused("the records do not have the root that was signed")
            print("sound: %d records, root %s" % (size, base64.b64encode(root).decode()))
            return 3 if kept and not print("the first %d are said to be expired and are NOT in the package" % kept) else 0

        def main(arguments):
            given = {}
            while len(arguments) > 1 and arguments[0] in ("--key", "--policy"):
                given[arguments[0]], arguments = arguments[1], arguments[2:]
            folder = arguments[0] if arguments else os.path.dirname(os.path.abspath(__file__))
            try:
                policy = (read("", given["--policy"]) if "--policy" in given else read(folder, "policy")).decode()
                print(policy + ("" if given else "(from the package: compare its keys with those you know)"))
                logs, *rest = read_policy(policy)
                return verify(folder, [[vkey(given["--key"], 1)] if "--key" in given else logs, *rest])
            except (Refused, ValueError, IndexError) as error:
                print("REFUSED: %s" % error)
                return 1

        if __name__ == "__main__":
            sys.exit(main(sys.argv[1:]))
        """##
}
