"""Small files that claim, or unpack to, more than a machine has: each is refused at once, in little memory."""

import gzip
import io
import zipfile

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from astropy.io import fits
from tests.events import damage
from tests.events.reader import fault

MEGABYTES = 700.0
"""Of what is refused; Python, NumPy, astropy and pyarrow take 180 of them."""


@pytest.fixture
def refused_at_once(reader, tmp_path):
    def check(content, suffix, *pieces):
        path = tmp_path / f"huge{suffix}"
        path.write_bytes(content)
        answer = reader.read(path)
        assert answer["outcome"] == "refused", answer
        assert not fault(answer, path), answer
        assert answer["peak_mb"] < MEGABYTES, answer
        for piece in pieces:
            assert piece in answer["message"], answer

    return check


@pytest.fixture
def photon_list():
    places = np.linspace(9.9, 10.1, 50)
    return damage.write_fits({"RA": places, "DEC": places, "ENERGY": np.linspace(1, 9, 50), "PHAS": places}, {})


def with_card(content, key, value):
    at = content.rindex(f"{key:<8}= ".encode())
    return content[: at + 10] + f"{value:>20}".encode() + content[at + 30 :]


def test_rows_that_a_fits_file_cannot_hold(photon_list, refused_at_once):
    refused_at_once(with_card(photon_list, "NAXIS2", 10**12), ".fits", "cut off")
    packed = gzip.compress(with_card(photon_list, "NAXIS2", 16 * 10**7))  # 32 bytes each
    refused_at_once(packed, ".fits.gz", "cut off")
    rng = np.random.default_rng(0)
    refused_at_once(packed + rng.bytes(5 << 20), ".fits.gz", "unpacks to more than 1064 MB")


def test_a_row_that_no_event_needs(photon_list, refused_at_once):
    wide = with_card(with_card(photon_list, "NAXIS1", 24 + 8 * 124_999_999), "TFORM4", "'124999999D'")
    refused_at_once(gzip.compress(wide) + damage.bomb(2 << 20), ".fits.gz", "a row takes 1000000016 bytes")


def test_headers_without_end(photon_list, refused_at_once):
    first = photon_list[: photon_list.index(b"XTENSION")]
    extension = fits.ImageHDU().header.tostring().encode()
    refused_at_once(first + extension * 3000, ".fits", "more than 1000 extensions")
    comments = b"XTENSION= 'BINTABLE'".ljust(80) + (b"COMMENT " + b"x" * 72) * 80_000
    refused_at_once(first + comments, ".fits", "no END card")


def test_text_without_end(refused_at_once):
    names = b"RA,DEC,energy_kev\n"
    refused_at_once(gzip.compress(names) + damage.bomb(64 << 20, b"\n"), ".csv.gz", "no rows")
    refused_at_once(gzip.compress(names) + damage.bomb(256 << 20, b"\n"), ".csv.gz", "unpacks to more than")
    refused_at_once(gzip.compress(names) + damage.bomb(64 << 20, b"1"), ".csv.gz", "a line is longer than 4 MB")
    refused_at_once(b",".join(b"c%d" % i for i in range(150_000)), ".csv", "no line of names")
    columns = names.strip() + b"," + b",".join(b"c%d" % i for i in range(20_000)) + b"\n"
    refused_at_once(columns + b"1,2,3\n" * 10, ".csv", "row 1:", "Expected 20003 columns")


def test_parquet_of_more_rows_than_bytes(refused_at_once):
    def written(columns, **options):
        buffer = io.BytesIO()
        pq.write_table(pa.table(columns), buffer, **options)
        return buffer.getvalue()

    ones = np.ones(100)
    many = written({name: np.ones(21_000_000, np.float32) for name in ("RA", "DEC", "energy_kev")})
    assert len(many) < 300_000
    refused_at_once(many, ".parquet", "21000000 rows or more")
    wide = written({"RA": ones, "DEC": ones, "energy_kev": ones} | {f"c{i}": ones for i in range(3000)})
    refused_at_once(wide, ".parquet", "at one position")


def test_a_parquet_page_that_claims_two_gigabytes(refused_at_once):
    buffer = io.BytesIO()
    column = pa.array(np.linspace(1, 2, 100))
    pq.write_table(
        pa.table(dict.fromkeys(("RA", "DEC", "energy_kev"), column)),
        buffer,
        compression="gzip",
        use_dictionary=False,
    )
    content = buffer.getvalue()
    # Thrift's compact protocol: a page header starts with its type (15 00), then its size unpacked (15, a varint).
    assert content[4:7] == b"\x15\x00\x15"
    size = next(length for length in range(1, 6) if content[6 + length] < 0x80)
    refused_at_once(content[:7] + b"\xfe\xff\xff\xff\x0f" + content[7 + size :], ".parquet", "Parquet")


def test_npz_that_claims_or_unpacks_to_too_much(refused_at_once):
    def member(shape, data=b""):
        buffer = io.BytesIO()
        np.lib.format.write_array_header_1_0(buffer, {"descr": "|i1", "fortran_order": False, "shape": shape})
        return buffer.getvalue() + data

    def archive(members):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as made:
            for name, content in members.items():
                made.writestr(name, content)
        return buffer.getvalue()

    names = ("RA.npy", "DEC.npy", "energy_kev.npy")
    refused_at_once(archive(dict.fromkeys(names, member((10**12,)))), ".npz", "not a number for each event")
    refused_at_once(archive(dict.fromkeys(names, member((-3,)))), ".npz", "not a number for each event")
    zeros = member((21_000_000,), bytes(21_000_000))
    refused_at_once(archive(dict.fromkeys(names, zeros)), ".npz", "21000000 rows or more")
    refused_at_once(archive({f"{number}.npy": b"" for number in range(3000)}), ".npz", "3000 arrays")
