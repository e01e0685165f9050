"""Writes one small register by each library and in each of their ways; the content is the same in all.

usage: write.py FOLDER, which prints the names of the files
"""
import datetime
import sys

import openpyxl
import pandas
import xlsxwriter
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.utils.datetime import CALENDAR_MAC_1904

folder = sys.argv[1]
HEAD = ["名稱", "資本額(億元)", "核准日期", "導入", "符合率"]
ROWS = [
    ["松證券", 40, datetime.date(2017, 12, 31), True, 0.8182],
    ["柏證券\n(第二行)", 0.1 + 0.2, datetime.date(1999, 1, 5), False, 1.0],
    ["=梅", 1234567.25, datetime.date(2024, 2, 29), True, 0.0],
]


def done(name):
    print(name)
    return f"{folder}/{name}"


def by_openpyxl(name, epoch=None, iso=False, write_only=False):
    book = openpyxl.Workbook(write_only=write_only)
    if epoch:
        book.epoch = epoch
    book.iso_dates = iso
    if write_only:
        sheet = book.create_sheet("名冊")
    else:
        sheet = book.active
        sheet.title = "名冊"
    sheet.append(HEAD)
    for row in ROWS:
        cells = list(row)
        if write_only:
            from openpyxl.cell import WriteOnlyCell

            cells = [WriteOnlyCell(sheet, value=value) for value in row]
            if cells[0].data_type == "f":
                cells[0].data_type = "s"
            cells[4].number_format = "0.00%"
            cells[2].number_format = "yyyy-mm-dd"
        sheet.append(cells)
    if not write_only:
        for row in range(2, 5):
            sheet.cell(row, 1).data_type = "s"
            sheet.cell(row, 5).number_format = "0.00%"
            sheet.cell(row, 3).number_format = '[$-404]e"年"m"月"d"日"'
        sheet["A2"] = CellRichText(["松", TextBlock(InlineFont(b=True), "證券")])
        sheet.merge_cells("G1:H2")
        hidden = book.create_sheet("_metadata")
        hidden.sheet_state = "veryHidden"
        hidden.append(["version", 3])
    book.save(done(name))


def by_xlsxwriter(name, options):
    book = xlsxwriter.Workbook(done(name), options)
    sheet = book.add_worksheet("名冊")
    days = book.add_format({"num_format": "yyyy/m/d"})
    percent = book.add_format({"num_format": "0.00%"})
    for column, text in enumerate(HEAD):
        sheet.write_string(0, column, text)
    for number, row in enumerate(ROWS, 1):
        sheet.write_string(number, 0, row[0])
        sheet.write_number(number, 1, row[1])
        sheet.write_datetime(number, 2, row[2], days)
        sheet.write_boolean(number, 3, row[3])
        sheet.write_number(number, 4, row[4], percent)
    if not options.get("constant_memory"):
        sheet.merge_range("G1:H2", "")
    hidden = book.add_worksheet("_metadata")
    hidden.very_hidden()
    hidden.write_row(0, 0, ["version", 3])
    book.close()


by_openpyxl("openpyxl.xlsx")
by_openpyxl("openpyxl-1904.xlsx", epoch=CALENDAR_MAC_1904)
by_openpyxl("openpyxl-iso.xlsx", iso=True)
by_openpyxl("openpyxl-stream.xlsx", write_only=True)
by_xlsxwriter("xlsxwriter.xlsx", {})
by_xlsxwriter("xlsxwriter-stream.xlsx", {"constant_memory": True})
by_xlsxwriter("xlsxwriter-1904.xlsx", {"date_1904": True})
by_xlsxwriter("xlsxwriter-zip64.xlsx", {"use_zip64": True})

frame = pandas.DataFrame([row[:1] + [row[1]] + [pandas.Timestamp(row[2])] + row[3:] for row in ROWS], columns=HEAD)
for engine in ["openpyxl", "xlsxwriter"]:
    with pandas.ExcelWriter(done(f"pandas-{engine}.xlsx"), engine=engine) as writer:
        # pandas writes what begins with = as a formula; a register's names do not.
        frame.replace({"=梅": "梅"}).to_excel(writer, sheet_name="名冊", index=False)
        counts = pandas.DataFrame(
            [[9, 0, 10, 1], [7, 2, 5, 6]],
            index=pandas.Index(["郵件過濾", "管理系統"], name="題目"),
            columns=pandas.MultiIndex.from_product([["第一級", "第二級"], ["是", "否"]]),
        )
        counts.to_excel(writer, sheet_name="問卷")
