"""What the seeded mutator does to files: to their bytes, to FITS header cards, and to the columns in them."""

import gzip
import io
import warnings
import zlib

import numpy as np
from astropy.io import fits

CARD = 80
CARD_VALUES = (
    "0", "-1", "99999999999", "1E300", "NaN", "T", "'keV     '", "'deg     '", "'1A      '", "'2D      '", "'1J      '",
    "'1B      '", "'9999999D'", "'ENERGY  '", "'RA      '", "'x       '", "garbage",
)  # fmt: skip
RAW_PATTERNS = (b"\xff" * 8, b"\x7f\xf0" + b"\0" * 6, b"\0" * 8, b"text here", b"\n\n\n,,,,", b"1e999", b'"')


def cut(rng, content):
    return content[: rng.integers(0, len(content))]


def flip_bits(rng, content):
    content = bytearray(content)
    for place in rng.integers(0, len(content), rng.integers(1, 30)):
        content[place] ^= 1 << rng.integers(8)
    return bytes(content)


def overwrite(rng, content):
    content = bytearray(content)
    for _ in range(rng.integers(1, 4)):
        pattern = RAW_PATTERNS[rng.integers(len(RAW_PATTERNS))]
        at = rng.integers(0, len(content))
        content[at : at + len(pattern)] = pattern
    return bytes(content)


def lose_a_piece(rng, content):
    first, last = sorted(rng.integers(0, len(content), 2))
    return content[:first] + content[last:]


def repeat_a_piece(rng, content):
    first, last = sorted(rng.integers(0, len(content), 2))
    return content[:last] + content[first:]


BYTES = (cut, flip_bits, overwrite, lose_a_piece, repeat_a_piece)


def header_cards(content):
    return [
        at
        for at in range(0, len(content) - CARD, CARD)
        if content[at : at + 10].isascii() and content[at + 8 : at + 10] == b"= "
    ]


def change_card(rng, content):
    """Rename and retype columns, claim other units and sizes, put text where numbers belong."""
    for at in rng.choice(header_cards(content), 2):
        value = CARD_VALUES[rng.integers(len(CARD_VALUES))]
        content = content[: at + 10] + f"{value:>20}".encode() + content[at + 30 :]
    return content


def remove_card(rng, content):
    at = rng.choice(header_cards(content))
    return content[:at] + b" " * CARD + content[at + CARD :]


CARDS = (change_card, remove_card)


def pick(rng, columns):
    return list(columns)[rng.integers(len(columns))]


def rename(rng, columns):
    name = pick(rng, columns)
    other = ("energy", "PI", "RA", "dec", "x", "", "a b", "ENERGY_KEV", "é", "n" * 200)[rng.integers(10)]
    return {other if key == name else key: values for key, values in columns.items()}


def drop_column(rng, columns):
    name = pick(rng, columns)
    return {key: values for key, values in columns.items() if key != name}


def retype(rng, columns):
    name = pick(rng, columns)
    values = columns[name] if columns[name].ndim == 1 else columns[name][:, 0]
    change = (
        lambda values: values.astype(np.int64),
        lambda values: values.astype(np.uint8),
        lambda values: values.astype(np.float32),
        lambda values: np.array([f"{value:.3g} keV" for value in values]),
        lambda values: np.array([f"{value:.6g}" for value in values]),
        lambda values: values > np.median(values),
        lambda values: np.stack([values, values], axis=1),
        lambda values: values.astype(np.complex128),
    )[rng.integers(8)]
    return columns | {name: change(values)}


def other_unit(rng, columns):
    name = pick(rng, columns)
    factor = (1000.0, 0.001, np.pi / 180, 3600.0, 1e9, -1.0, 0.0)[rng.integers(7)]
    return columns | {name: columns[name] * factor}


def odd_values(rng, columns):
    name = pick(rng, columns)
    values = columns[name].astype(np.float64)
    rows = rng.random(len(values)) < (0.02, 0.5, 1.0)[rng.integers(3)]
    values[rows] = (np.nan, np.inf, -np.inf, 1e300, -1e300, 1e-300, -1.0, 0.0, 3e8)[rng.integers(9)]
    return columns | {name: values}


def no_rows(rng, columns):
    return {name: values[:0] for name, values in columns.items()}


def one_row(rng, columns):
    return {name: values[:1] for name, values in columns.items()}


def same_row(rng, columns):
    return {name: np.repeat(values[:1], len(values), axis=0) for name, values in columns.items()}


COLUMNS = (rename, drop_column, retype, other_unit, odd_values, no_rows, one_row, same_row)


def write_fits(columns, cards):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # astropy warns of odd names
        return _written_by_astropy(columns, cards)


def _written_by_astropy(columns, cards):
    made = []
    for name, values in columns.items():
        name = name.encode("ascii", "replace").decode()[:60] or "unnamed"
        kind = values.dtype.str[1:]
        form = {"f8": "D", "f4": "E", "i8": "K", "i2": "I", "u1": "B", "b1": "L", "c16": "M"}.get(kind)
        if values.dtype.kind == "U":
            form = f"{values.dtype.itemsize // 4 or 1}A"
        width = values.shape[1] if values.ndim == 2 else ""
        made.append(fits.Column(name=name, format=f"{width}{form}", array=values))
    table = fits.BinTableHDU.from_columns(made, name=cards.get("EXTNAME", "EVENTS"))
    numbers = {name: number for number, name in enumerate(columns, start=1)}
    for key, value in cards.items():
        stem, _, of = key.partition(":")
        if not of:
            table.header[stem] = value
        elif of in numbers:
            table.header[f"{stem}{numbers[of]}"] = value
    buffer = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(), table]).writeto(buffer)
    return buffer.getvalue()


def write_fits_with_good_times(columns, cards):
    """Write events and after them their good time intervals."""
    content = write_fits(columns, cards)
    intervals = write_fits({"START": np.array([0.0, 60.0]), "STOP": np.array([50.0, 1000.0])}, {"EXTNAME": "STDGTI"})
    return content + intervals[intervals.index(b"XTENSION") :]


def write_csv(columns, _cards):
    lines = [",".join(columns)]
    cells = [
        [repr(v) for v in values.tolist()] if values.dtype.kind != "U" else values.tolist()
        for values in columns.values()
    ]
    lines += [",".join(map(str, row)) for row in zip(*cells, strict=True)]
    return ("\n".join(lines) + "\n").encode()


def write_as_numpy_does(columns, cards):
    """Write the names as a comment and blanks between the values, as :func:`numpy.savetxt` does."""
    names, _, rows = write_csv(columns, cards).decode().partition("\n")
    return f"# made by hand\n# {names}\n{rows.replace(',', ' ')}".encode()


def write_for_spreadsheets(columns, cards):
    return b"sep=;\r\n" + write_csv(columns, cards).replace(b",", b";").replace(b"\n", b"\r\n")


def write_ecsv(columns, _cards):
    from astropy.table import Table

    text = io.StringIO()
    Table({name or "unnamed": values for name, values in columns.items()}).write(text, format="ascii.ecsv")
    return text.getvalue().encode()


def write_parquet(columns, _cards):
    import pyarrow as pa
    import pyarrow.parquet as pq

    arrays = [
        pa.array(values.tolist() if values.ndim == 2 else values.real if values.dtype.kind == "c" else values)
        for values in columns.values()
    ]
    buffer = io.BytesIO()
    pq.write_table(pa.table(arrays, names=list(columns)), buffer, row_group_size=37, write_page_checksum=False)
    return buffer.getvalue()


def write_npz(columns, _cards):
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **{name or "unnamed": values for name, values in columns.items()})
    return buffer.getvalue()


def pack(rng, content):
    """Gzip a file, and sometimes damage the packed bytes as well."""
    packed = gzip.compress(content, compresslevel=int(rng.integers(0, 3)), mtime=0)
    return BYTES[rng.integers(len(BYTES))](rng, packed) if rng.random() < 0.5 else packed


def bomb(n_bytes, content=b"\0"):
    """Return ``n_bytes`` of one byte, gzipped without holding them."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    block = content * (1 << 20)
    pieces = [packer.compress(block) for _ in range(n_bytes >> 20)]
    return b"".join(pieces) + packer.flush()
