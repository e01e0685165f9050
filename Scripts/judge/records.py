"""Prints records FIRST ..< END of a seeded log, one a line: python3 records.py SEED FIRST END

Any byte but a newline occurs, and the lengths at the edges: none, one, the longest that a record may have; some records occur
twice, for a log must tell apart what only its place tells apart.
"""
import random
import sys

seed, first, end = map(int, sys.argv[1:])
out = sys.stdout.buffer
for index in range(first, end):
    if index % 100 == 7:
        length, which = 40, "the same again"
    else:
        which = "%d %d" % (seed, index)
        length = 65_535 if index in (3, 254, 65_530) else random.Random(which).choice([0, 1, 2, 63, 64, 65, 90, 266])
    out.write(random.Random(which).randbytes(length).replace(b"\n", b"\0") + b"\n")
