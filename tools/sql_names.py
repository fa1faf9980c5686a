#!/usr/bin/env python3
"""Turns the named statements of src/<floor>/<floor>.sql into an enum and a table.

A statement is `-- name: session_find` followed by its SQL up to the next name. Lines that begin with `--` are dropped.
The dialects share their text; where they cannot, `-- name: x (sqlite)` and `-- name: x (postgres)` stand side by side.
Statements tagged `(search)`, `(search-sqlite)`, `(search-postgres)` are for the search index, which is a file of its own on SQLite.
"""
import re
import sys


def main():
    header, source, files = sys.argv[1], sys.argv[2], sys.argv[3:]
    statements = {}
    for path in sorted(files):
        name, dialect = None, None
        for number, line in enumerate(open(path, encoding="utf-8"), 1):
            match = re.match(r"--\s*name:\s*([a-z0-9_]+)(?:\s*\((sqlite|postgres|search|search-sqlite|search-postgres)\))?\s*$", line)
            if match:
                name, dialect = match.group(1), match.group(2) or "both"
                entry = statements.setdefault(name, {"place": f"{path}:{number}", "text": {}})
                alone = "both" in entry["text"] or "search" in entry["text"] or dialect in ("both", "search") and entry["text"]
                if dialect in entry["text"] or alone:
                    sys.exit(f"{path}:{number}: error: statement '{name}' stands twice")
                entry["text"][dialect] = []
            elif line.startswith("--") or not line.strip():
                continue
            elif name is None:
                sys.exit(f"{path}:{number}: error: SQL before the first '-- name:'")
            else:
                statements[name]["text"][dialect].append(line.strip())
    names = sorted(statements)
    with open(header, "w", encoding="utf-8") as out:
        out.write("/* Made by tools/sql_names.py from the .sql files of the floors: edit those. */\n")
        out.write("#ifndef REEVE_SQL_NAMES_H\n#define REEVE_SQL_NAMES_H\n\nenum sql_name {\n")
        for name in names:
            out.write(f"\tSQL_{name.upper()},\n")
        out.write("\tSQL_COUNT\n};\n\n#endif\n")
    with open(source, "w", encoding="utf-8") as out:
        out.write("/* Made by tools/sql_names.py from the .sql files of the floors: edit those. */\n")
        out.write('#include "store/statement.h"\n\nconst struct store_statement store_statements[] = {\n')
        for name in names:
            texts = statements[name]["text"]
            def literal(dialect, both="both"):
                lines = texts.get(dialect, texts.get(both))
                if lines is None:
                    return "NULL"
                joined = " ".join(lines).rstrip(";")
                return '"' + joined.replace("\\", "\\\\").replace('"', '\\"') + '"'
            place = statements[name]["place"].split("src/")[-1]
            out.write(f'\t{{ "{name}", "src/{place}", {{ {literal("sqlite")}, {literal("postgres")}, '
                      f'{literal("search-sqlite", "search")}, {literal("search-postgres", "search")} }} }},\n')
        out.write("\t{ 0 },\n};\n")


main()
