"""csv_reader.py: a strict reader of Weir's CSV objects, by the contract alone; it shares no code with the writer.

A record ends with LF; fields are separated by commas; a field that begins with a quote ends with the quote that is not
doubled; a bare field has no quote in it. An empty bare field is NULL (None), "" is the empty string.
"""
import pathlib
import zlib


class Malformed(Exception):
    """The bytes are not what the contract says."""


def read_bytes(path):
    """The uncompressed bytes of an object; a .gz must be exactly one member with nothing behind it."""
    data = pathlib.Path(path).read_bytes()
    if not str(path).endswith(".gz"):
        return data
    inflater = zlib.decompressobj(31)
    text = inflater.decompress(data) + inflater.flush()
    if not inflater.eof or inflater.unused_data:
        raise Malformed(f"{path}: not exactly one gzip member")
    return text


def parse(text):
    """Records as tuples of (value, quoted); value None is NULL."""
    at, size = 0, len(text)
    records, record = [], []
    while at < size:
        if text[at] == '"':
            value, at = quoted_field(text, at)
            record.append((value, True))
        else:
            end = at
            while end < size and text[end] not in ',\n':
                if text[end] in '"\r':
                    raise Malformed(f"character {end}: {text[end]!r} in a bare field")
                end += 1
            record.append((text[at:end] or None, False))
            at = end
        if at >= size:
            raise Malformed("the last record does not end with a line feed")
        if text[at] == '\n':
            records.append(tuple(record))
            record = []
        elif text[at] != ',':
            raise Malformed(f"character {at}: {text[at]!r} behind a quoted field")
        at += 1
        if at == size and record:
            raise Malformed("the last record does not end with a line feed")
    return records


def quoted_field(text, at):
    parts = []
    at += 1
    while True:
        end = text.find('"', at)
        if end < 0:
            raise Malformed("a quoted field does not end")
        parts.append(text[at:end])
        if text[end + 1:end + 2] != '"':
            return "".join(parts), end + 1
        parts.append('"')
        at = end + 2


def read(path, columns=None):
    """The rows of an object as tuples of text or None; every record must have the same number of fields."""
    records = parse(read_bytes(path).decode("utf-8", errors="strict"))
    if not records:
        raise Malformed(f"{path}: no records")
    width = columns or len(records[0])
    for number, record in enumerate(records, 1):
        if len(record) != width:
            raise Malformed(f"{path}: record {number} has {len(record)} fields, not {width}")
    return [tuple(value for value, _ in record) for record in records]


def read_folder(folder, columns=None):
    """All rows below a folder in the order of names; what is not a data object is an error."""
    rows = []
    for path in sorted(pathlib.Path(folder).rglob("*")):
        if path.is_dir() or ".weir-tmp" in path.parts:
            continue
        if not path.name.endswith((".csv", ".csv.gz")):
            raise Malformed(f"{path}: not a data object")
        rows.extend(read(path, columns))
    return rows
