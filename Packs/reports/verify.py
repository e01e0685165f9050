#!/usr/bin/env python3
"""Recomputes every figure of a yearly report's full manifest. Needs Python 3 and nothing else.

usage: verify.py MANIFEST.json [SHA256]

SHA256 is the snapshot's hash as the report prints it and the supervisor's trail keeps it: with it, nobody can have changed snapshot and figures
together. Exit status: 0 when every figure is what its rows make, 1 when one is not, 2 for a file that is no full manifest.
"""
import hashlib
import json
import sys

DIGITS = {"none": "0", "yes": "1", "no": "2", "not-applicable": "3"}


def canonical(value):
    """The bytes that are hashed: keys sorted, no spaces, UTF-8, a newline at the end."""
    return (json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":")) + "\n").encode()


def half_up(part, whole):
    """Per cent with two places, rounded half up in whole numbers."""
    hundredths = (20000 * part + whole) // (2 * whole)
    return "%d.%02d" % divmod(hundredths, 100)


class Rows:
    """The tables of a snapshot as lists of dictionaries."""

    def __init__(self, snapshot):
        self.tables = {}
        for name, table in snapshot["tables"].items():
            columns = table["columns"]
            for row in table["rows"]:
                if len(row) != len(columns):
                    raise ValueError("a row of %s has %d values, not %d" % (name, len(row), len(columns)))
            self.tables[name] = [dict(zip(columns, row)) for row in table["rows"]]
        self.items = [row["item"] for row in self.tables["items"]]
        self.quarters = {}
        for row in self.tables["answers"]:
            self.quarters.setdefault(row["quarter"], []).append(row)

    def of(self, arguments, leave=()):
        """Rows of the named table whose columns are what the arguments say."""
        wanted = {k: v for k, v in arguments.items() if k not in ("table",) + tuple(leave)}
        return [row for row in self.tables[arguments["table"]]
                if all(("" if row[k] is None else str(row[k])) == v for k, v in wanted.items())]

    def answers(self, arguments):
        """For each firm of a quarter (and tier), the digit it gave to an item."""
        place = self.items.index(arguments["item"])
        for row in self.quarters.get(arguments["quarter"], []):
            if row["tier"] != arguments.get("tier", row["tier"]):
                continue
            yield row, (row["answers"][place] if place < len(row["answers"]) else "0")

    def compute(self, rule, arguments):
        """Numerator and denominator (None for a count), or a day."""
        if rule == "rows":
            return len(self.of(arguments)), None
        if rule == "share":
            return len(self.of(arguments)), len(self.tables[arguments["table"]])
        if rule == "sum":
            return sum(row[arguments["column"]] or 0 for row in self.of(arguments, ["column"])), None
        if rule == "distinct":
            found = {row[arguments["column"]] for row in self.of(arguments, ["column"])}
            return len(found - {"", None}), None
        if rule == "ratio":
            rows = self.of(arguments, ["part", "whole"])
            whole = sum(row[name] for row in rows for name in arguments["whole"].split("+"))
            return sum(row[arguments["part"]] for row in rows), whole
        if rule == "answers":
            wanted = "12" if arguments["answer"] == "answered" else DIGITS[arguments["answer"]]
            return sum(digit in wanted for _, digit in self.answers(arguments)), None
        if rule == "yes":
            digits = [digit for _, digit in self.answers(arguments)]
            return digits.count("1"), digits.count("1") + digits.count("2")
        if rule == "outside":
            place = self.items.index(arguments["item"])
            return sum(row["outside"][place:place + 1] == "1" for row, _ in self.answers(arguments)), None
        if rule == "contradictions":
            place = self.items.index(arguments["item"])
            return sum((digit, row["measured"][place:place + 1]) in (("1", "2"), ("1", "3"), ("2", "1"))
                       for row, digit in self.answers(arguments)), None
        rows = self.quarters.get(arguments.get("quarter"), [])
        if rule == "filed":
            return sum(row["answers"] != "" for row in rows), len(rows)
        if rule == "day":
            days = sorted(row["as-of"] for row in rows if row["as-of"])
            return days[0 if arguments["end"] == "first" else -1]
        printed = self.tables["printed"]
        if rule == "printed":
            row = next(r for r in printed if r["item"] == arguments["item"] and r["tier"] == arguments["tier"])
            return row["yes"], row["yes"] + row["no"]
        if rule == "printed-equal":
            return sum(half_up(row["yes"], row["yes"] + row["no"]) == "%d.%02d" % divmod(row["hundredths"], 100)
                       for row in printed), len(printed)
        raise ValueError("the rule %s is not known" % rule)


def check(figure, rows):
    """What is wrong with a figure; None when nothing is."""
    found = rows.compute(figure["rule"], figure["of"])
    if figure["kind"] == "date":
        return None if found == figure.get("value") else "value %s, recomputed %s" % (figure.get("value"), found)
    part, whole = found
    if figure["kind"] == "rate" and not whole:
        return None if figure["state"] in ("not-applicable", "no-answer") and "value" not in figure else "a rate of nothing has a value"
    expected = {"state": "known", "numerator": part, "value": str(part)}
    if figure["kind"] == "rate":
        expected.update(denominator=whole, value=half_up(part, whole))
    for key, value in expected.items():
        if figure.get(key) != value or type(figure.get(key)) is not type(value):
            return "%s %s, recomputed %s" % (key, figure.get(key), value)
    return None


def main(arguments):
    if len(arguments) not in (2, 3):
        print(__doc__.strip(), file=sys.stderr)
        return 2
    try:
        with open(arguments[1], encoding="utf-8") as file:
            manifest = json.load(file)
        if manifest["schema"] != "plumbline.report-manifest/1" or manifest["edition"] != "full":
            raise ValueError("it is no full manifest of a yearly report")
        rows = Rows(manifest["snapshot"])
        figures = manifest["figures"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        print("%s: %s" % (arguments[1], error), file=sys.stderr)
        return 2
    wrong = 0
    found = hashlib.sha256(canonical(manifest["snapshot"])).hexdigest()
    for name, expected in [("manifest", manifest.get("snapshot_sha256"))] + [("report", a.lower()) for a in arguments[2:]]:
        if found != expected:
            print("snapshot: SHA-256 is %s, the %s says %s" % (found, name, expected))
            wrong += 1
    if len({figure["id"] for figure in figures}) != len(figures):
        print("a figure stands there twice")
        wrong += 1
    for figure in figures:
        try:
            problem = check(figure, rows)
        except (KeyError, ValueError, IndexError, StopIteration, TypeError) as error:
            problem = "cannot be recomputed: %r" % (error,)
        if problem:
            print("%s: %s" % (figure.get("id"), problem))
            wrong += 1
    print("%d figures recomputed, %s" % (len(figures), "%d wrong" % wrong if wrong else "all the same"))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
