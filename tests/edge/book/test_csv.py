"""Foreign lists of assets: encodings, quotation, columns of Snipe-IT and Incident IQ, every bad row told by its line."""

import csv
import io
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.book import csv_columns as columns
from edge.book.csv_rows import MOST_BYTES, NotATable, Row, read, text_of
from rules.book.asset_fields import FIELDS

ZONES = {"a": "a", "science wing": "a", "campus": "campus"}


def rows(data: bytes) -> list[Row]:
    return list(read(*text_of(data), ZONES)[1])


def said(data: bytes) -> list[dict[str, str]]:
    return [one.said for one in rows(data) if not one.code]


def table(*lines: tuple[str, ...]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows(lines)
    return out.getvalue().encode()


def test_a_list_of_snipe_it_is_read_by_its_own_column_names() -> None:
    data = table(
        ("Item Name", "Asset Tag", "Category", "Model Name", "Manufacturer", "Serial Number", "Location", "Status",
         "Purchase Date", "Purchase Cost", "Warranty Months", "Supplier", "Order Number", "Full Name", "Notes", "EOL Date"),
        ("Radio 7", "AS-0007", "Two-Way Radio", "XPR 3500e", "Motorola", "SN1", "Science Wing", "Ready to Deploy",
         "2024-01-31", "$1,234.50", "13", "ACME", "PO-1", "Kim Lee", "line 1\nline 2", "2030-06-30"),
    )  # fmt: skip
    assert said(data) == [
        {
            "name": "Radio 7", "tag": "AS-0007", "type": "two-way-radio", "model": "XPR 3500e", "maker": "Motorola",
            "serial": "SN1", "zone": "a", "state": "stock", "purchased": "2024-01-31", "cost_cents": "123450",
            "warranty_until": "2025-02-28", "supplier": "ACME", "order": "PO-1", "responsible": "Kim Lee",
            "note": "line 1 line 2", "supported_until": "2030-06-30",
        }
    ]  # fmt: skip


def test_a_report_of_snipe_it_is_read_where_its_words_mean_other_things() -> None:
    data = table(
        ("ID", "Company", "Asset Tag", "Asset Name", "Category", "Purchased", "Location", "State", "Checked Out", "Type",
         "Status", "Warranty", "Notes"),
        ("1", "SD 1", "AED-1", "Gym", "AED", "yesterday", "A", "TX", "Kim Lee", "user", "Deployed", "12", "`=1+1"),
    )  # fmt: skip
    (one,) = rows(data)
    assert (one.id, one.code) == ("", "")
    assert one.said == {
        "tag": "AED-1", "name": "Gym", "type": "aed", "purchased": "yesterday", "zone": "a", "state": "deployed",
        "note": "=1+1", "holder": "Kim Lee",
    }  # fmt: skip


def test_what_is_checked_out_to_a_person_is_with_them_and_to_a_thing_is_told_in_the_note() -> None:
    head = ("Asset Tag", "Category", "Status", "Checked Out To", "Type", "Full Name")
    kim, shelf = said(table(head, ("1", "Radio", "Ready to Deploy", "Kim", "user", "R. Ortiz"),
                            ("2", "Radio", "Pending", "Shelf 4", "location", "")))  # fmt: skip
    assert (kim["holder"], kim["state"], kim["responsible"]) == ("Kim", "deployed", "R. Ortiz")
    assert ("holder" in shelf, shelf["note"], shelf["state"]) == (False, "location: Shelf 4", "ordered")


def test_a_list_of_snipe_it_says_of_what_is_checked_out_that_it_is_deployed_behind_its_status() -> None:
    head = ("Asset Tag", "Category", "Status", "Checked Out To")
    out, odd, in_stock = rows(table(head, ("1", "Radio", "Ready to Deploy Deployed", "Kim"),
                                          ("2", "Radio", "Not deployed", ""), ("3", "Radio", "Ready to Deploy", "")))  # fmt: skip
    assert (out.said["state"], out.said["holder"], in_stock.said["state"]) == ("deployed", "Kim", "stock")
    assert odd.said["state"] == "not deployed", "what it means is nobody's guess: refused by its line"


def test_a_list_of_glpi_is_read_by_its_own_column_names_and_places() -> None:
    head = ("Name", "Entity", "Status", "Manufacturer", "Serial number", "Inventory number", "Type", "Model", "Location",
            "User", "Technician in charge", "Comments", "Operating System - Name", "Last update",
            "Financial and administrative information - Date of purchase",
            "Financial and administrative information - Warranty duration",
            "Financial and administrative information - Value")  # fmt: skip
    data = ";".join(f'"{one}"' for one in head) + "\n"
    data += ('"LAPTOP-7";"Root entity";"In use";"Dell";"5CG1";"INV-7";"Laptop";"L5420";"Main > Science Wing > 1 > 101";'
             '"Kim Lee";"R. Ortiz";"=HYPER(1)";"Windows";"2026-01-02 10:00";"2024-02-29";"36 month";"1,199.00"\n')  # fmt: skip
    assert said(data.encode()) == [
        {
            "name": "LAPTOP-7", "state": "deployed", "maker": "Dell", "serial": "5CG1", "tag": "INV-7", "type": "laptop",
            "model": "L5420", "zone": "a", "room": "1 > 101", "holder": "Kim Lee", "responsible": "R. Ortiz",
            "note": "=HYPER(1)", "purchased": "2024-02-29", "warranty_until": "2027-02-28", "cost_cents": "119900",
        }
    ]  # fmt: skip
    assert columns.place("Old Gym > 12", ZONES) == ("", "Old Gym > 12")
    assert columns.place("Old Gym > A", ZONES) == ("a", "")


def test_a_list_of_incident_iq_is_read_by_its_own_column_names() -> None:
    data = table(
        ("AssetTag", "SerialNumber", "AssetTypeName", "ModelName", "ManufacturerName", "StatusName", "LocationName",
         "LocationRoom", "AssignedUserName", "PurchaseDate", "PurchasePrice", "WarrantyExpirationDate", "Notes"),
        ("100123", "5CG", "Chromebooks", "C302", "ASUS", "In Service", "Campus", "101", "Kim Lee", "8/1/2023", "299.9",
         "2026-08-01T00:00:00", ""),
    )  # fmt: skip
    assert said(data) == [
        {
            "tag": "100123", "serial": "5CG", "type": "chromebooks", "model": "C302", "maker": "ASUS", "state": "deployed",
            "zone": "campus", "room": "101", "responsible": "Kim Lee", "purchased": "2023-08-01", "cost_cents": "29990",
            "warranty_until": "2026-08-01",
        }
    ]  # fmt: skip


def test_our_own_names_are_read_and_what_a_rule_writes_is_let_go() -> None:
    written = [name for name, one in FIELDS.items() if one.by == "anybody"]
    head, _ = read(",".join([*FIELDS, "id", "colour"]), "utf-8", ZONES)
    assert [of for _, of in head.columns if of] == [*written, "id"]


def test_a_place_that_is_no_zone_here_is_kept_as_the_room_and_told() -> None:
    (row,) = rows(table(("Asset Tag", "Location"), ("1", "Old Gym - 12")))
    assert (row.said, row.kept_as_room) == ({"tag": "1", "room": "Old Gym - 12"}, True)


@pytest.mark.parametrize(
    ("encode", "encoding"),
    [
        (lambda text: text.encode("utf-8-sig"), "utf-8-sig"),
        (lambda text: text.encode("utf-16"), "utf-16"),
        (lambda text: text.encode("utf-8"), "utf-8"),
        (lambda text: text.encode("cp1252"), "cp1252"),
    ],
)
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_any_usual_encoding_and_delimiter_is_read(encode, encoding: str, delimiter: str, end: str) -> None:  # type: ignore[no-untyped-def]
    text = end.join((f"name{delimiter}room", f'"Señor ""Q"" {delimiter} Müller"{delimiter}1', ""))
    found, known = text_of(encode(text))
    head, made = read(found, known, ZONES)
    between = " " if delimiter == "\t" else f" {delimiter} "
    assert head.encoding == encoding
    assert [one.said["name"] for one in made] == [f'Señor "Q"{between}Müller']


def test_every_bad_row_is_told_with_its_line_and_the_good_ones_are_read() -> None:
    data = (
        b"id,name,tag,Purchase Date,Warranty Months\n"
        b"x-1,One,T1,2024-01-01,12\n"
        b"x-2,Two\n"
        b'x-3,"Three\nlines",T3,2024-01-01,12\n'
        b"x-1,Again,T4,,\n"
        b"x-5,Five,T1,,\n"
        b"x-6,Six,T6,,36\n"
        b"\n"
        b"x-7,Bell\x07,T7,,\n"
        b"x-8,Eight,T8,,\n"
        b'x-9,"never ends,T9,,\n'
        b"x-10,Ten,T10,,\n"
    )
    found = rows(data)
    assert [(one.line, one.code) for one in found if one.code] == [
        (3, "row_uneven"), (6, "row_again"), (7, "row_again"), (8, "row_no_warranty"), (10, "row_unprintable"),
        (12, "row_unreadable"),
    ]  # fmt: skip
    assert [one.id for one in found if not one.code] == ["x-1", "x-3", "x-8"]
    assert dict(found[3].args) == {"field": "id", "line": "2"}


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "table_no_head"),
        (b",,\n", "table_no_head"),
        (b'"a\n', "table_no_head"),
        (b"colour,size\n", "table_no_columns"),
        (b"name,Item Name\nx,y\n", "table_twice"),
        (b"name\0,x\n", "table_not_text"),
        (b"\xff\xfea", "table_not_text"),
        (b",".join([b"name"] + [b"x"] * 200), "table_too_wide"),
        (b"x" * (MOST_BYTES + 1), "table_too_large"),
    ],
)
def test_what_is_no_table_is_refused_and_says_why(data: bytes, code: str) -> None:
    with pytest.raises(NotATable) as no:
        rows(data)
    assert no.value.code == code


def test_more_rows_than_are_taken_are_refused_and_not_cut_off() -> None:
    with pytest.raises(NotATable) as no:
        rows(b"name\n" + b"x\n" * 50_001)
    assert no.value.code == "table_too_long"


def test_values_are_what_they_were_in_a_form_of_ours_and_what_is_none_stays_to_be_refused() -> None:
    assert [columns.day(one) for one in ("2024-1-5", "12/31/2024", "31/12/2024", "soon", "2024-02-30 10:00")] == [
        "2024-01-05", "2024-12-31", "31/12/2024", "soon", "2024-02-30 10:00",
    ]  # fmt: skip
    assert [columns.cents(one) for one in ("$1,234.5", "12", "0.07", "1.2345", "free", "1,2")] == [
        "123450", "1200", "7", "1.2345", "free", "1,2",
    ]  # fmt: skip
    assert columns.months_after("2024-01-31", "1 month") == "2024-02-29"
    assert columns.months_after("2024-01-31", "long") == columns.months_after("", "12") == ""


@settings(max_examples=200, deadline=None, derandomize=True, database=None)
@given(
    st.binary(max_size=400)
    | st.text(max_size=200).map(lambda text: b"name,tag\n" + text.encode("utf-8", "replace"))
)
def test_any_bytes_are_rows_or_a_clear_no(data: bytes) -> None:
    with suppress(NotATable):
        assert all(one.code or one.said is not None for one in rows(data))


@given(st.text(max_size=20))
@settings(deadline=None, derandomize=True, database=None)
def test_what_is_exported_is_no_formula_and_comes_back(text: str) -> None:
    assert columns.escaped(text)[:1] not in ("=", "+", "-", "@", "\t", "\r")
    if text[:2] not in ("'=", "'+", "'-", "'@") and text[:1] not in ("\t", "\r"):
        assert columns.unescaped(columns.escaped(text)) == text
