"""Prints every cell of a workbook as openpyxl reads it: sheet, place, kind and value, texts as the hexadecimal of their UTF-8.

usage: dump.py FILE
"""
import datetime
import sys

import openpyxl


def text(value):
    return value.encode("utf-8").hex()


book = openpyxl.load_workbook(sys.argv[1])
print("title", text(book.properties.title or ""))
for sheet in book.worksheets:
    print("sheet", text(sheet.title), sheet.sheet_state, "protected" if sheet.protection.sheet else "open", sheet.freeze_panes or "-")
    for merged in sorted(sheet.merged_cells.ranges, key=lambda r: (r.min_row, r.min_col)):
        print("merge", merged.coord)
    for rule in sheet.data_validations.dataValidation:
        print("choices", rule.sqref, text(rule.formula1))
    for row in sheet.iter_rows():
        for cell in row:
            value = cell.value
            if value is None:
                continue
            if cell.data_type == "f":
                print("cell", cell.coordinate, "formula", text(str(value)))
            elif isinstance(value, bool):
                print("cell", cell.coordinate, "boolean", value)
            elif isinstance(value, (datetime.datetime, datetime.date)):
                print("cell", cell.coordinate, "date", value.strftime("%Y-%m-%d"))
            elif isinstance(value, (int, float)):
                print("cell", cell.coordinate, "number", repr(float(value)))
            else:
                print("cell", cell.coordinate, "text", text(str(value)))
