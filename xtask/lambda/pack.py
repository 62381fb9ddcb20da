"""Packs `bootstrap` as AWS Lambda wants it: pack.py BOOTSTRAP ZIP.

The same bytes give the same zip: no times, no owners. Lambda compares digests, and a deployment of what runs already
changes nothing.
"""

import sys
import zipfile

program, archive = sys.argv[1:]
entry = zipfile.ZipInfo("bootstrap", date_time=(1980, 1, 1, 0, 0, 0))
entry.compress_type = zipfile.ZIP_DEFLATED
entry.create_system = 3  # Unix, so that the mode counts.
entry.external_attr = 0o100755 << 16
with open(program, "rb") as file, zipfile.ZipFile(archive, "w") as packed:
    packed.writestr(entry, file.read(), compresslevel=9)
