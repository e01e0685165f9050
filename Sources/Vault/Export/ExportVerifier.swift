/// The verifier that goes with every exported package: Python 3.8 or later, standard library only, under 200 lines.
enum ExportVerifier {
    static let script = ##"""
        #!/usr/bin/env python3
        """Verifies an exported log with nothing but Python's standard library.

            python3 verify.py [--key VKEY] [DIR]

        Checks the Ed25519 signature of `checkpoint`, hashes every record in tile/entries (RFC 6962), compares every hash tile,
        and compares the root. The key in the file `key` came with the package: to know that the log is the one you mean, compare it
        with the key you were given another way, or pass that one with --key. Prints what it found; exit status 0 only if all holds.
        """
        import base64
        import hashlib
        import os
        import sys

        P = 2**255 - 19
        L = 2**252 + 27742317777372353535851937790883648493
        D = -121665 * pow(121666, P - 2, P) % P
        I = pow(2, (P - 1) // 4, P)


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
                x = x * I % P
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


        def checkpoint(note, vkey):
            """Returns size and root of a checkpoint signed by the key."""
            name, key_id, key = vkey.split("+", 2)
            key = decode(key)
            if len(key) != 33 or key[0] != 1 or hashlib.sha256(name.encode() + b"\n" + key).digest()[:4].hex() != key_id:
                raise Refused("the key is not an Ed25519 note key")
            text, gap, lines = note.rpartition("\n\n")
            if not gap or not lines.endswith("\n"):
                raise Refused("the checkpoint is not a signed note")
            text += "\n"
            found = False
            for line in lines[:-1].split("\n"):
                dash, signer, data = line.split(" ")
                data = decode(data)
                if dash != "\u2014":
                    raise Refused("not a signature line")
                if signer == name and data[:4].hex() == key_id:
                    if not signed(key[1:], text.encode(), data[4:]):
                        raise Refused("the signature of the checkpoint does not hold")
                    found = True
            if not found:
                raise Refused("the checkpoint is not signed by " + name)
            origin, size, root = text.split("\n")[:3]
            if origin != name or str(int(size)) != size:
                raise Refused("the checkpoint is of another log")
            return int(size), decode(root)


        def path(level, index, width):
            groups = ["%03d" % (index % 1000)]
            while index >= 1000:
                index //= 1000
                groups.insert(0, "x%03d" % (index % 1000))
            return "/".join(["tile", str(level)] + groups) + ("" if width == 256 else ".p/%d" % width)


        def node(left, right):
            return hashlib.sha256(b"\x01" + left + right).digest()


        def top(hashes):
            """The root over hashes of one level (RFC 6962 section 2.1)."""
            if len(hashes) == 1:
                return hashes[0]
            half = 1 << (len(hashes) - 1).bit_length() - 1
            return node(top(hashes[:half]), top(hashes[half:]))


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


        def hash_records(folder, size):
            leaves = []
            for first in range(0, size, 256):
                name = path("entries", first // 256, min(256, size - first))
                here = [hashlib.sha256(b"\x00" + record).digest() for record in records(read(folder, name), name)]
                if len(here) != min(256, size - first):
                    raise Refused("%s holds %d records" % (name, len(here)))
                compare(folder, 0, first // 256, here)
                leaves += here
            return leaves


        def compare(folder, level, index, hashes):
            name = path(level, index, len(hashes))
            if read(folder, name) != b"".join(hashes):
                raise Refused("%s: the hashes of records %d... do not match" % (name, index << 8 * (level + 1)))


        def verify(folder, vkey):
            size, root = checkpoint(read(folder, "checkpoint").decode(), vkey)
            hashes = leaves = hash_records(folder, size)
            level = 1
            while len(hashes) >= 256:
                hashes = [top(hashes[first:first + 256]) for first in range(0, len(hashes) - 255, 256)]
                for first in range(0, len(hashes), 256):
                    compare(folder, level, first // 256, hashes[first:first + 256])
                level += 1
            if (top(leaves) if leaves else hashlib.sha256().digest()) != root:
                raise Refused("the records do not have the root that was signed")
            print("sound: %d records, root %s" % (size, base64.b64encode(root).decode()))


        def main(arguments):
            given = None
            if arguments[:1] == ["--key"] and len(arguments) > 1:
                given, arguments = arguments[1], arguments[2:]
            folder = arguments[0] if arguments else os.path.dirname(os.path.abspath(__file__))
            try:
                vkey = given or read(folder, "key").decode()
                vkey = vkey[:-1] if vkey.endswith("\n") else vkey
                print("log key: " + vkey + ("" if given else "   (from the package: compare it with the key you know)"))
                verify(folder, vkey)
            except (Refused, ValueError) as error:
                print("REFUSED: %s" % error)
                return 1
            return 0


        if __name__ == "__main__":
            sys.exit(main(sys.argv[1:]))
        """##
}
