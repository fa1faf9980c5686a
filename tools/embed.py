#!/usr/bin/env python3
"""Embeds files into the binary: one C file with .incbin data and a table {path, data, size}.

usage: embed.py OUT.c TABLE_NAME ROOT [--gzip] FILE...      paths in the table are relative to ROOT

--gzip: styles, scripts and images of text are there a second time as NAME.gz, for browsers that take it.
"""
import gzip
import os
import sys


def compressed(entry, out_path):
    """The gzip variant of a file as an entry of its own, when it is worth it."""
    name, path = entry
    if not name.endswith((".css", ".js", ".svg", ".webmanifest")):
        return []
    with open(path, "rb") as source:
        data = source.read()
    packed = gzip.compress(data, 9, mtime=0)
    if len(packed) + 200 > len(data):
        return []
    folder = out_path + ".gz.d"
    os.makedirs(folder, exist_ok=True)
    target = os.path.join(folder, name.replace("/", "_") + ".gz")
    with open(target, "wb") as out:
        out.write(packed)
    return [(name + ".gz", target)]


def main():
    out_path, table, root, files = sys.argv[1], sys.argv[2], os.path.abspath(sys.argv[3]), sys.argv[4:]
    with_gzip = "--gzip" in files
    files = [path for path in files if path != "--gzip"]
    entries = sorted((os.path.relpath(os.path.abspath(path), root), os.path.abspath(path)) for path in files)
    if with_gzip:
        entries = sorted(entries + [made for entry in entries for made in compressed(entry, os.path.abspath(out_path))])
    with open(out_path, "w", encoding="utf-8") as out:
        out.write("/* Made by tools/embed.py: edit the files it names. */\n")
        out.write('#include "base/embed.h"\n\n')
        for index, (_, path) in enumerate(entries):
            quoted = path.replace("\\", "\\\\").replace('"', '\\"')
            out.write(f'__asm__(".section .rodata\\n.balign 16\\n{table}_{index}:\\n.incbin \\"{quoted}\\"\\n'
                      f'{table}_{index}_end:\\n.byte 0\\n.previous\\n");\n')
            out.write(f"extern const char {table}_{index}[], {table}_{index}_end[];\n")
        out.write(f"\nconst struct embedded_file {table}[] = {{\n")
        for index, (name, _) in enumerate(entries):
            out.write(f'\t{{ "{name}", {table}_{index}, {table}_{index}_end }},\n')
        out.write("\t{ 0 },\n};\n")


main()
