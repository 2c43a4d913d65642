"""A child process that reads damaged files, one a line of its input, and says what came of each and at what cost."""

import json
import sys
import time
import warnings
from pathlib import Path

import numpy as np

from report_utils.errors import InputError
from report_utils.events.ingest_options import IngestOptions
from report_utils.events.point_sources import PointSourceList, read_point_sources
from report_utils.events.reading import load_events


def peak_mb():
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def forget_peak():
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def by_another_reader(reading):
    """Return the same column of energies as astropy, pandas, pyarrow or NumPy read it; None where they cannot."""
    table, name = reading.table, reading.layout.energies.column.name
    try:
        if table.kind == "event table":
            from astropy.io import fits

            with fits.open(table.path, memmap=False, ignore_missing_end=True) as hdus:
                values = np.asarray(hdus[table.number].data.field(reading.layout.energies.column.number - 1))
        elif table.kind == "CSV table":
            import pandas as pd

            separator = r"[ \t]+" if table.delimiter == " " else table.delimiter
            options = {"float_precision": "round_trip"} if len(separator) == 1 else {"engine": "python"}
            frame = pd.read_csv(table.path, skiprows=table.n_skip, header=None, sep=separator, **options)
            values = frame.iloc[:, reading.layout.energies.column.number - 1].to_numpy(float)
        elif table.kind == "Parquet table":
            import pyarrow.parquet as pq

            values = pq.read_table(table.path, columns=[name], use_threads=False).column(0).to_numpy()
        else:
            with np.load(table.path) as arrays:
                values = arrays[name]
    except Exception:
        return None
    return values[:, 0] if values.ndim == 2 else values


def judge(reading):
    """Return what is wrong with what was read, or nothing, and whether another reader agrees."""
    if isinstance(reading, PointSourceList):
        good = (np.abs(reading.ra) <= 360) & (np.abs(reading.dec) <= 90) & (reading.radius > 0)
        return "" if len(reading) and good.all() else "a circle has no place or no radius", False
    events = reading.events
    if len(events) + sum(reading.dropped.values()) != reading.n_rows:
        return f"{len(events)} events and {reading.dropped} are not {reading.n_rows} rows", False
    for column in (events.x, events.y, events.energy):
        if not np.isfinite(column).all():
            return "a value is not finite", False
    if events.energy.min() < 0:
        return "an energy is negative", False
    values = None if reading.dropped else by_another_reader(reading)
    if values is None:
        return "", False
    if not np.allclose(reading.layout.energies.in_kev(values.astype(float)), events.energy, rtol=1e-6, atol=1e-30):
        return "another reader reads other energies", False
    return "", True


def read(case):
    if case["options"] is None:
        return read_point_sources(case["path"])
    return load_events(case["path"], IngestOptions(**case["options"]))


def main():
    warnings.simplefilter("ignore")
    for line in sys.stdin:
        case = json.loads(line)
        forget_peak()
        start = time.perf_counter()
        answer = {}
        try:
            reading = read(case)
            answer["outcome"] = "read"
        except InputError as error:
            reading = None
            answer |= {"outcome": "refused", "message": str(error)}
        except Exception as error:
            reading = None
            answer |= {"outcome": "raised", "message": f"{type(error).__name__}: {error}"}
        answer |= {"seconds": time.perf_counter() - start, "peak_mb": peak_mb()}
        if answer["outcome"] == "read":
            answer["wrong"], answer["compared"] = judge(reading)
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
