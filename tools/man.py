#!/usr/bin/env python3
"""Turns a page of docs/man (the small Markdown that --help prints) into a man page.

usage: man.py IN.md OUT.1
"""
import re
import sys


def inline(line):
    line = line.replace("\\", "\\e").replace("-", "\\-")
    line = re.sub(r"`([^`]*)`", r"\\fB\1\\fP", line)
    return "\\&" + line if line.startswith((".", "'")) else line


def main():
    source, target = sys.argv[1:]
    lines = open(source, encoding="utf-8").read().splitlines()
    name = lines[0].lstrip("# ").replace(" ", "-")
    summary = next(line for line in lines[1:] if line.strip())
    out = [f'.TH "{name.upper()}" "1" "" "Reeve" "Reeve"', ".SH NAME", f"{inline(name)} \\- {inline(summary)}"]
    code = False
    skip = True
    for line in lines[1:]:
        if line.startswith("```"):
            code = not code
            out.append(".nf" if code else ".fi")
        elif code:
            out.append(inline(line) or ".sp")
        elif line.startswith("## "):
            skip = False
            out.append(f".SH {inline(line[3:].upper())}")
        elif skip:
            continue
        elif line.startswith(": "):
            out.append(inline(line[2:]))
        elif re.match(r"^`--|^`[A-Z]+/", line):
            out += [".TP", inline(line)]
        elif line.startswith("|"):
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            if not set(line) <= set("|- ") and cells[0] != "command":
                out += [".TP", inline(cells[0]), inline(cells[1])]
        elif not line.strip():
            out.append(".PP")
        else:
            out.append(inline(line))
    open(target, "w", encoding="utf-8").write("\n".join(out) + "\n")


main()
