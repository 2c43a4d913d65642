import subprocess
import sys


def test_importing_loads_no_astropy_arrow_or_pandas():
    code = (
        "import sys, report_utils.events as events\n"
        "assert set(events.__all__) <= set(dir(events))\n"
        "heavy = {'astropy', 'pyarrow', 'pandas', 'tensorflow', 'matplotlib', 'rich'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
        "[getattr(events, name) for name in events.__all__]\n"
        "heavy = {'astropy', 'pyarrow', 'pandas', 'tensorflow', 'matplotlib', 'rich'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_names_are_what_they_say_whatever_was_imported_first():
    code = (
        "from report_utils.events import IngestReport, ingest, ArchiveWriter, Archive, open_archive\n"
        "import report_utils.events.ingest_task\n"
        "assert callable(ingest) and callable(open_archive)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
