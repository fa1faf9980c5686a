#!/usr/bin/env python3
"""Checks the project's rules that a machine can check (CONTRIBUTING.md, The rules).

usage: check.py [--objects BUILD]      prints FILE:LINE: rule: what, exits 1 when anything is wrong

Rules: includes go down the floors; only headers that do not end in _private are seen by other floors; banned functions;
SQL text only in its places; writing functions of the model only in the engine; each file opens with a comment that says why it
exists; length of files and functions; no unfinished marks; no machine paths; stories that docs/alignment.md names; no mutable
globals (with --objects).
"""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
FLOORS = ["base", "store", "model", "access", "engine", "search", "mail", "web", "cli"]
STRANGERS = {("web", "mail"), ("mail", "web"), ("mail", "search"), ("search", "mail")}
FILE_LINES, FUNCTION_LINES = 600, 80
BANNED = {
    name: why for why, names in {
        "has no maximum; use text, buffer or arena": "strcpy strncpy strcat strncat sprintf vsprintf stpcpy gets alloca",
        "hides errors; use the strict parsers of base/text.h": "sscanf atoi atol atoll atof strtol strtoul strtoll strtoull strtod",
        "keeps hidden state": "strtok localtime gmtime asctime ctime rand srand random setlocale",
        "runs a shell": "system popen",
    }.items() for name in names.split()
}
CLOCK = {"time", "gettimeofday", "clock_gettime", "ftime"}
MEMORY = {"malloc", "calloc", "realloc", "strdup", "strndup", "free", "asprintf", "vasprintf"}
# Files that may do what others may not, each with its reason.
ALLOWED = {
    "clock": {"src/base/moment.c": "the one place that reads the clock"},
    "memory": {"src/base/arena.c": "the one place that asks the system for memory"},
    "banned": {"strtod": "src/base/text.c"},  # the strict parser itself, after it has checked the form
    "sql": {"src/model/query.c", "src/model/schema.c"},
}
WRITERS = ["model_insert", "model_update", "model_set_links", "model_next_number", "model_claim_number", "model_next_id"]
READERS = ["model_find", "model_count", "model_each"]
SQL = re.compile(r'"[^"\n]*\b(SELECT\s+[\w*"(]|INSERT\s+INTO|UPDATE\s+\w+\s+SET|DELETE\s+FROM|CREATE\s+(TABLE|INDEX|UNIQUE)|ALTER\s+TABLE|DROP\s+TABLE)')
problems = []


def problem(path, line, rule, words):
    problems.append(f"{path.relative_to(ROOT)}:{line}: {rule}: {words}")


def without_comments(source):
    """The source with comments and the insides of strings blanked, line structure kept; and with comments only blanked."""
    def blank(match):
        return re.sub(r"[^\n]", " ", match.group(0))
    no_comments = re.sub(r'/\*.*?\*/|//[^\n]*|("(?:\\.|[^"\\\n])*")', lambda m: m.group(1) if m.group(1) else blank(m), source, flags=re.S)
    code = re.sub(r'"(?:\\.|[^"\\\n])*"', lambda m: '"' + " " * (len(m.group(0)) - 2) + '"', no_comments)
    return code, no_comments


def check_includes(path, floor, source):
    for number, line in enumerate(source.splitlines(), 1):
        match = re.match(r'\s*#\s*include\s+"([a-z_]+)/([a-z_0-9]+)\.(?:h|def)"', line)
        if not match or match.group(1) not in FLOORS:
            continue
        other, name = match.groups()
        if FLOORS.index(other) > FLOORS.index(floor):
            problem(path, number, "floors", f"{floor} includes {other}, a higher floor")
        if (floor, other) in STRANGERS:
            problem(path, number, "floors", f"{floor} and {other} do not know each other; they meet in the event log")
        if other != floor and name.endswith("_private"):
            problem(path, number, "floors", f"{other}/{name}.h is private to its floor")


def check_calls(path, floor, code):
    name_of = str(path.relative_to(ROOT))
    for number, line in enumerate(code.splitlines(), 1):
        for call in re.finditer(r"(?<![\w.>])([a-z_]\w*)\s*\(", line):
            name = call.group(1)
            if name in BANNED and ALLOWED["banned"].get(name) != name_of:
                problem(path, number, "banned", f"{name}: {BANNED[name]}")
            elif name in CLOCK and name_of not in ALLOWED["clock"]:
                problem(path, number, "banned", f"{name}: only base/moment.c reads the clock; use work->now or monotonic_us()")
            elif name in MEMORY and name_of not in ALLOWED["memory"] and "library's own" not in line:
                if not (name == "free" and name_of in LIBRARY_FREES):
                    problem(path, number, "banned", f"{name}: memory comes from an arena")
            elif name in WRITERS and floor not in ("model", "engine"):
                problem(path, number, "one door", f"{name}: records change only through engine_*")
            elif name in READERS and floor not in ("model", "access", "engine"):
                problem(path, number, "one reader", f"{name}: use access_find, access_count, access_each")


# Results of libraries that their caller must free() (libical, jansson dumps): nothing of ours.
LIBRARY_FREES = {"src/base/moment.c", "src/base/zone.c", "src/base/calendar.c", "src/base/yaml.c", "src/base/json.c",
                 "src/web/markdown.c", "src/web/server.c", "src/base/holiday.c"}


def check_sql(path, floor, no_comments):
    name = str(path.relative_to(ROOT))
    if floor == "store" or name in ALLOWED["sql"] or re.match(r"src/model/(query|schema)_?\w*\.c", name):
        return
    for number, line in enumerate(no_comments.splitlines(), 1):
        if SQL.search(line):
            problem(path, number, "sql", f"SQL text belongs into src/{floor}/{floor}.sql, model/query*.c or model/schema*.c")


def check_lengths(path, source, code):
    lines = source.count("\n")
    if lines > FILE_LINES:
        problem(path, lines, "length", f"{lines} lines; split it (at most {FILE_LINES})")
    start, name = None, ""
    for number, line in enumerate(code.splitlines(), 1):
        if line == "{":
            start = number
        elif re.match(r"[a-z].*\)\s*\{\s*$", line):
            start = number
        elif line == "}" and start:
            if number - start > FUNCTION_LINES:
                problem(path, start, "length", f"a function of {number - start} lines; split it (at most {FUNCTION_LINES})")
            start = None


def check_text(path, source):
    for number, line in enumerate(source.splitlines(), 1):
        if re.search(r"\b(TODO|FIXME|XXX|HACK)\b", line) and path.name != "check.py":
            problem(path, number, "unfinished", "finish it or write an issue")
        if re.search(r"(/work/|/home/|/root/)", line) and path.name != "check.py":
            problem(path, number, "machine path", "no paths of one machine")


def check_header(path, source):
    first = source.lstrip()
    comment = {".c": "/*", ".h": "/*", ".def": "/*", ".py": ('"""', "#"), ".sql": "--", ".yaml": ("#", "practice:"), ".css": "/*", ".js": "/*",
               ".mjs": ("/*", "//")}.get(path.suffix)
    if comment and not first.startswith(comment):
        problem(path, 1, "opening", "open the file with a comment that says why it exists")


def check_globals(build):
    """No object of src/ may have writable data: state is passed, not kept."""
    allowed = re.compile(r"^(log_level|.*once.*|.*_lock|completed\..*|__.*|asan\..*|\.L.*)$")
    for archive in sorted(pathlib.Path(build, "src").glob("*/lib*.a")):
        # By section and not by nm's letters: .data.rel.ro holds constants that the loader relocates.
        out = subprocess.run(["objdump", "-t", str(archive)], capture_output=True, text=True).stdout
        for line in out.splitlines():
            parts = line.split()
            if len(parts) >= 5 and " O " in line and re.search(r"\s\.t?(data|bss)(?!\.rel\.ro)\S*\s", line):
                name = parts[-1]
                if not allowed.match(name) and not re.search(r"constant|zone_cache|json_scratch|json_system|word_catalogues|layout_(begun|context|plugins)", name):
                    problems.append(f"{archive}: globals: {name} is writable")


def check_alignment():
    """Every story that docs/alignment.md names (in italics) is there."""
    path = ROOT / "docs" / "alignment.md"
    stories = {match.group(1) for folder in ("practices", "tests/practices") for file in (ROOT / folder).rglob("*.story.yaml")
               for match in re.finditer(r"^- story: (.+)$", file.read_text(encoding="utf-8"), re.M)}
    for line, words in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        for match in re.finditer(r"(?<!\*)\*([A-Z][^*]+)\*(?!\*)", words):
            if match.group(1) not in stories:
                problem(path, line, "alignment", f"no story is named '{match.group(1)}'")


def main():
    for path in sorted((ROOT / "src").rglob("*")):
        if path.suffix not in (".c", ".h", ".def", ".sql"):
            continue
        floor = path.relative_to(ROOT / "src").parts[0]
        source = path.read_text(encoding="utf-8")
        check_header(path, source)
        check_text(path, source)
        if path.suffix in (".c", ".h"):
            code, no_comments = without_comments(source)
            check_includes(path, floor, source)
            check_calls(path, floor, code)
            check_sql(path, floor, no_comments)
            check_lengths(path, source, code)
    for folder, pattern in (("tests", "*.c"), ("tests", "*.mjs"), ("tools", "*.py"), ("practices", "*.yaml"), ("web/styles", "*.css"),
                            ("web/scripts", "*.js")):
        for path in sorted((ROOT / folder).rglob(pattern)):
            if "node_modules" not in path.parts and "corpus" not in path.parts:
                source = path.read_text(encoding="utf-8")
                check_header(path, source)
                check_text(path, source)
    for name in ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "Makefile"):
        if (ROOT / name).exists():
            check_text(ROOT / name, (ROOT / name).read_text(encoding="utf-8"))
    check_alignment()
    if "--objects" in sys.argv:
        check_globals(sys.argv[sys.argv.index("--objects") + 1])
    print("\n".join(problems) if problems else "check: all rules hold")
    sys.exit(1 if problems else 0)


main()
