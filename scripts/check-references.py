#!/usr/bin/env python3
"""Follows what the code and the documents refer to:

- every § that either names is a section of docs/design.md or docs/design/*.md, is one that its folder has to do with,
  and speaks of what stands beside the reference;
- no text that users see cites a §, whose document they may not have;
- links and anchors in every *.md lead somewhere; files and constants that documents name in backticks exist, and tables
  of constants say what the code says;
- tables of modules of the crates in tests/ have a row for each;
- numbers of running text that are listed in PROSE are those of their constants.

A section of a public standard is no reference: write it without the sign ("RFC 5280, 4.2.1.9"). Where the sign stands
right after the standard's name ("FIPS 197 §5") or before it ("§4.2 of RFC 6962"), it is taken for the standard's.
"""

import ast
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
DESIGN = "docs/design.md"

# What each section is about: of these words, one stands in the sentence of every reference to it, in the name of what
# the sentence describes, or in the name of its file. (Beginnings of words; sections without a row take any words.)
ABOUT = {
    "1": "who uses|farmer|verifier|user",
    "2": "layer|house|downward|host function|depend",
    "3": "parameter|constant|column|preset|little-endian|initial|execution|K = 17|protocol's K|numbered|notation|unit",
    "4": "justification (?:can|proves?)|before its first extrinsic|every rule of|several justifications|block is rejected|proofs?-of-time|delay function|checkpoint|entropy|iteration|timekeeper|evaluat|output|AES|spans|verified slots|justification can prove",
    "5": "histor|archiv|segment|commitments? to record|piece|rejected",
    "5.1": "justification|raw segment|bytes of a segment|SCALE-encoded|archived|unfinished segment|to be archived|packing",
    "5.2": "record|scalar|blob",
    "5.3": "column|parity|erasure",
    "5.4": "segment commitment|segment's polynomial|stands for a record|witness",
    "5.5": "header",
    "5.6": "checking (?:piece|opening)|rebuil|reconstruct|joining|to blocks|blocks in them|pieces back|any R",
    "6": "plot|sectors?\\b|proofs? of space|expir|extension|challenge of an s-bucket|table",
    "7": "solution|ticket|audit|challenge|proving|opening|winning|wins|may win",
    "8": "seal|digest|fork|follows|final|weigh|equivocation|eras?\\b|reward|author|sign|is rejected|held back|price of a byte|newcomer|agenda|without state|two blocks|after the parent|"
    "later than|cut longer|same chain|run ahead|past the node|fee|announce|import|checking them|checked first|held|from the future|of one claim|"
    "header names|rules? of blocks|whose rules|judge|chain of headers|range (?:for|doubles|widens)|before its first extrinsic|doubles|gaps?\\b|key blocked|compar|provisional",
    "9": "piece|storage|network|sync",
    "10": "pallet|an upgrade of the runtime|reward|equivocation|storage|as root|price of a byte",
    "11": "identit|certificate|request|key|auto.?id|algorithm|sign|revocation|serial|modulus|chain|extension|name|limit|"
    "issue|act\\b|state|accepted|size|call|purpose|requires|superseded|design says",
    "11.4": "state|may\\b|act\\b|table",
    "12": "attestation|agent|credential",
    "13": "messages?\\b|exit status|half-done",
    "14": "compiler|toolchain|wasm|profile",
}
# Words that speak against a section where it is the only one in its sentence.
UNLESS = {"7": "seal|equivocation|two blocks", "4": "weight", "5": "final at"}

# Which sections the code of a folder may name, by the longest prefix; folders without a row may name any.
ANY_BLOCK_RULE = {"3", "4", "5", "6", "7", "8"}
IDENTITY = {"11"}
MAY_NAME = {
    "cli/": IDENTITY,
    "clients/javascript/": IDENTITY,
    "clients/python/": IDENTITY,
    "clients/rpc-types/src/auto_id/": IDENTITY,
    "clients/tls/": IDENTITY,
    "node/archiver/": {"5", "8", "9"},
    "node/consensus/": ANY_BLOCK_RULE,
    "node/farmer/": {"3", "5", "6", "7", "8", "9"},
    "node/rpc/src/auto_id/": IDENTITY,
    "node/rpc/src/did/": IDENTITY,
    "node/timekeeper/": {"3", "4", "8"},
    "pallets/auto-id/": IDENTITY | {"10"},
    "pallets/farming/": {"3", "4", "5", "8", "10"},
    "pallets/revocation/": IDENTITY | {"10"},
    "pallets/rewards/": {"8", "10"},
    "primitives/archiving/": {"3", "5"},
    "primitives/block-rules/": ANY_BLOCK_RULE,
    "primitives/consensus/": {"3", "4", "5", "8"},
    "primitives/core/": ANY_BLOCK_RULE,
    "primitives/identity/": IDENTITY,
    "primitives/kzg/": {"5", "6", "7"},
    "primitives/proof-of-space/": {"3", "6"},
    "primitives/proof-of-time/": {"4"},
    "primitives/verification/": {"4", "6", "7", "8"},
    "primitives/x509/": IDENTITY,
    "runtime/": {"3", "8", "10", "11"},
    "tests/import/": ANY_BLOCK_RULE,
}
EVERYWHERE = {"13"}

# Documents whose paths and constants are those of another time.
HISTORICAL = {"CHANGELOG.md"}
# Folders that git leaves out.
MADE = {".git", "target", "node_modules", "corpus", "__pycache__"}
CODE = {".rs", ".py", ".js", ".mjs", ".ts", ".sh", ".toml"}

SECTION = re.compile(r"§\s?(\d+(?:\.\d+)*)(?:\s?(?:–|to)\s?§?(\d+(?:\.\d+)*))?")
STANDARD = r"\b(?:RFC|FIPS|SEC|EIP|ISO|NIST|PKCS|X\.|SP|BIP|DID Core)"
LINKED_SECTION = re.compile(r"\[§[\d.]+\]\([^)#]*#([^)]*)\)")
AFTER_STANDARD = re.compile(STANDARD + r"[- #]*[\d.-]*,? ?(?:section )?$")
BEFORE_STANDARD = re.compile(r"^(?:–[\d.]+)? of (?:the )?" + STANDARD)


def all_files() -> list[str]:
    """Everything that is or could be committed; where git cannot say, all but what is made."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    try:
        listing = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
        names = [name for name in listing.split("\0") if name]
    except (OSError, subprocess.CalledProcessError):
        paths = [path.relative_to(ROOT) for path in ROOT.rglob("*")]
        names = [path.as_posix() for path in paths if not MADE & set(path.parts)]
    return sorted(name for name in names if (ROOT / name).is_file())


def line_of(text: str, offset: int) -> int:
    return text.count("\n", 0, offset) + 1


# --- sections -------------------------------------------------------------------------------------------------------


def sections(errors: list[str]) -> set[str]:
    """The numbers of all headings of the design."""
    found: dict[str, str] = {}
    for path in [ROOT / DESIGN, *sorted((ROOT / "docs/design").glob("*.md"))]:
        name = path.relative_to(ROOT).as_posix()
        for number in re.findall(r"^##+ (\d+(?:\.\d+)*)\.? ", without_code(path.read_text()), re.M):
            if number in found:
                errors.append(f"{name}: section {number} is in {found[number]}, too")
            found[number] = name
    for number in ABOUT.keys() - found.keys():
        errors.append(f"{DESIGN}: section {number}, which {pathlib.Path(__file__).name} knows, is gone")
    return set(found)


def is_about(number: str, sentence: str, context: str) -> bool:
    """Whether the words beside a reference are the section's, or else those of the section that it is part of."""
    while number not in ABOUT and "." in number:
        number = number.rpartition(".")[0]
    if number in UNLESS and sentence.count("§") == 1 and re.search(rf"\b(?:{UNLESS[number]})", sentence, re.I):
        return False
    return number not in ABOUT or bool(re.search(rf"\b(?:{ABOUT[number]})", context, re.I))


def comment_around(lines: list[str], at: int) -> tuple[str, int, str]:
    """The comment or paragraph that line `at` is part of, its first line's number, and the code right below it."""
    prefix = re.compile(r"^\s*(?://[/!]?|#(?!\[)|\*)( |$)")
    is_comment = bool(prefix.match(lines[at]))

    def belongs(line: str) -> bool:
        return bool(prefix.match(line)) if is_comment else bool(line.strip()) and not line.startswith(("#", "|"))

    first = last = at
    if belongs(lines[at]):
        while first > 0 and belongs(lines[first - 1]):
            first -= 1
        while last + 1 < len(lines) and belongs(lines[last + 1]):
            last += 1
    below = ""
    if is_comment and not lines[at].lstrip().startswith("//!"):
        # Attributes, which may span lines, and the first line of the item.
        depth = 0
        for line in lines[last + 1 : last + 12]:
            is_attribute = depth > 0 or line.lstrip().startswith("#[")
            depth += line.count("[") - line.count("]") if is_attribute else 0
            below += line
            if line.strip() and not is_attribute:
                break
    text = "\n".join(prefix.sub("", line) for line in lines[first : last + 1])
    return text, first, below


def sentence_at(text: str, offset: int) -> str:
    """The sentence of `text` that the character at `offset` is part of. List items and table rows are sentences."""
    begin = 0
    for end in re.finditer(r"(?<!e\.g)(?<!i\.e)[.;](?=\s)|\n\s*\n|\n(?=\s*(?:[-|*]|\d+\.) )", text):
        if end.end() > offset:
            return text[begin : end.end()]
        begin = end.end()
    return text[begin:]


def spoken(identifier: str) -> str:
    """`MAX_SLOTS_AHEAD` and `SlotNotAfterParent` as words."""
    return re.sub(r"[_/.-]+", " ", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", identifier))


def is_of_a_standard(text: str, begin: int, end: int) -> bool:
    before = text[max(0, begin - 40) : begin].replace("\n", " ")
    after = text[end : end + 40].replace("\n", " ")
    return bool(AFTER_STANDARD.search(before) or BEFORE_STANDARD.search(after))


def check_sections(name: str, text: str, known: set[str]) -> list[str]:
    errors = []
    lines = text.split("\n")
    for at, line in enumerate(lines):
        if "§" not in line:
            continue
        comment, first, below = comment_around(lines, at)
        # The same § in the comment without its marks: the n-th one of both.
        before = sum(earlier.count("§") for earlier in lines[first:at])
        signs = [match.start() for match in re.finditer("§", comment)]
        own = range(before, before + line.count("§"))
        seen: set[str] = set()
        for match in SECTION.finditer(comment):
            if match.start() not in [signs[index] for index in own if index < len(signs)]:
                continue
            if is_of_a_standard(comment, match.start(), match.end()):
                continue
            sentence = sentence_at(comment, match.start())
            # The file of a test says what it is about, and its sentences need not.
            stem = spoken(pathlib.PurePath(name).stem) if is_test(name) else ""
            context = " ".join((sentence, spoken(below), stem)).replace("\n", " ")
            for number in filter(None, match.groups()):
                where = f"{name}:{at + 1}: §{number}"
                if number not in known:
                    errors.append(f"{where} is no section of {DESIGN}")
                    continue
                if number in seen and sentence.count("§") > 1:
                    errors.append(f"{where} is named twice in one sentence")
                seen.add(number)
                if not may_name(name, number):
                    errors.append(f"{where}: this folder has to do with other sections (see MAY_NAME)")
                elif match.start() > 0 and (link := LINKED_SECTION.match(comment, match.start() - 1)):
                    if not link[1].startswith(number.replace(".", "") + "-"):
                        errors.append(f"{where} links to #{link[1]}")
                elif not is_about(number, sentence, context):
                    errors.append(f"{where} is about something else than {sentence.strip()!r} (see ABOUT)")
    return errors


def may_name(name: str, number: str) -> bool:
    prefixes = [prefix for prefix in MAY_NAME if name.startswith(prefix)]
    if not prefixes or name.endswith(".md"):
        return True
    chapter = number.partition(".")[0]
    return chapter in MAY_NAME[max(prefixes, key=len)] | EVERYWHERE


# --- texts that users see -------------------------------------------------------------------------------------------

RUST_TOKEN = re.compile(
    r"""(?P<comment>//[^\n]*|/\*.*?\*/)"""
    r"""|(?P<raw>b?r(?P<hashes>\#*)".*?"(?P=hashes))"""
    r"""|(?P<string>b?c?"(?:[^"\\]|\\.)*")"""
    r"""|(?P<char>'(?:[^'\\\n]|\\[^\n]+?)')""",
    re.S,
)
SCRIPT_TOKEN = re.compile(
    r"""(?P<comment>//[^\n]*|/\*.*?\*/)"""
    r"""|(?P<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`)""",
    re.S,
)
OPTIONS = re.compile(r"#\[derive\([^)]*\b(?:Parser|Args|Subcommand|ValueEnum)\b[^)]*\)\]")
TEST_ITEM = re.compile(r"#\[cfg\((?:test|any\(test[^)]*\))\)\]\s*(?:pub(?:\([^)]*\))? )?mod \w+ \{")


def is_test(name: str) -> bool:
    parts = pathlib.PurePath(name).parts
    stem = pathlib.PurePath(name).stem
    return (
        parts[0] == "tests"
        or bool({"tests", "test", "benches", "benchmarking", "examples"} & set(parts))
        or stem in {"tests", "mock", "benchmarking", "testing"}
        or stem.startswith("test_")
        or stem.endswith(("_tests", "_test", ".test"))
    )


def end_of_braces(masked: str, begin: int) -> int:
    """The end of the block whose first brace comes at or after `begin`, in a text without strings and comments."""
    depth = 0
    for match in re.finditer(r"[{};]", masked[begin:]):
        depth += {"{": 1, "}": -1, ";": 0}[match[0]]
        if depth == 0:
            return begin + match.end()
    return len(masked)


def check_rust_texts(name: str, text: str) -> list[str]:
    tokens = list(RUST_TOKEN.finditer(text))
    masked = RUST_TOKEN.sub(lambda token: re.sub(r"[^\n]", " ", token[0]), text)
    tests = [(match.start(), end_of_braces(masked, match.start())) for match in TEST_ITEM.finditer(masked)]
    helps = []
    for match in OPTIONS.finditer(masked):
        # Comments above the attribute are those of the item.
        begin = match.start() - len(re.search(r"(?:[ \t]*(?:///|#\[)[^\n]*\n)*[ \t]*$", text[: match.start()])[0])
        helps.append((begin, end_of_braces(masked, match.end())))
    errors = []
    for token in tokens:
        offset = token.start() + token[0].find("§")
        if "§" not in token[0] or any(begin <= offset < end for begin, end in tests):
            continue
        where = f"{name}:{line_of(text, offset)}"
        if not token["comment"]:
            errors.append(f"{where}: a text that users may see cites a §; name the rule in words")
        elif token[0].startswith("///") and any(begin <= offset < end for begin, end in helps):
            errors.append(f"{where}: clap prints this comment as help; name the rule in words")
    return errors


def check_python_texts(name: str, text: str) -> list[str]:
    tree = ast.parse(text)
    documentation = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef))
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    return [
        f"{name}:{node.lineno}: a text that users may see cites a §; name the rule in words"
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and "§" in node.value
        and id(node) not in documentation
    ]


def check_script_texts(name: str, text: str) -> list[str]:
    return [
        f"{name}:{line_of(text, token.start())}: a text that users may see cites a §; name the rule in words"
        for token in SCRIPT_TOKEN.finditer(text)
        if token["string"] and "§" in token["string"]
    ]


def check_shell_texts(name: str, text: str) -> list[str]:
    return [
        f"{name}:{number}: a text that users may see cites a §; name the rule in words"
        for number, line in enumerate(text.split("\n"), 1)
        if "§" in line and not line.lstrip().startswith("#")
    ]


TEXTS = {
    ".rs": check_rust_texts,
    ".py": check_python_texts,
    ".js": check_script_texts,
    ".mjs": check_script_texts,
    ".ts": check_script_texts,
    ".sh": check_shell_texts,
}


# --- documents ------------------------------------------------------------------------------------------------------


def without_code(text: str) -> str:
    """The text with fenced code blanked, line by line."""
    return re.sub(r"^( *)(```+|~~~+).*?^\1\2", lambda match: re.sub(r"[^\n]", " ", match[0]), text, flags=re.M | re.S)


def anchors(text: str) -> set[str]:
    """The anchors that GitHub makes of headings."""
    found: dict[str, int] = {}
    result = set()
    for heading in re.findall(r"^#{1,6} +(.+?)(?: #*)?$", without_code(text), re.M):
        heading = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
        slug = re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")
        count = found.get(slug, 0)
        found[slug] = count + 1
        result.add(f"{slug}-{count}" if count else slug)
    return result | set(re.findall(r"<a (?:id|name)=\"([^\"]+)\"", text))


LINK = re.compile(r"!?\[[^\]]*\]\(\s*<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\s*\)|^\[[^\]]+\]:\s*(\S+)", re.M)


def check_links(name: str, text: str) -> list[str]:
    errors = []
    prose = re.sub(r"`[^`\n]*`", lambda match: " " * len(match[0]), without_code(text))
    for match in LINK.finditer(prose):
        target = match[1] or match[2]
        if re.match(r"[a-z][a-z0-9+.-]*:", target):
            continue
        where = f"{name}:{line_of(text, match.start())}"
        path, _, anchor = target.partition("#")
        file = (ROOT / name).parent / path if path else ROOT / name
        if not file.exists():
            errors.append(f"{where}: {target} leads to no file")
        elif anchor and file.suffix == ".md" and anchor not in anchors(file.read_text()):
            errors.append(f"{where}: {target} leads to no heading")
    return errors


def check_paths(name: str, text: str, files: list[str]) -> list[str]:
    """Paths in backticks, from the repository's root, and names of files; NAME stands for any name."""
    errors = []
    folders = {file.partition("/")[0] for file in files if "/" in file}
    names = {pathlib.PurePath(file).name for file in files}
    last = ROOT
    for match in re.finditer(r"`([\w./*-]+)`( beside it)?", without_code(text)):
        path, is_beside = match[1], match[2]
        if "NAME" in path:
            continue
        if "/" in path and path.split("/")[0] in folders:
            there = sorted(ROOT.glob(path))
            last = there[0] if there else last
        elif re.fullmatch(r"[\w-]+\.(?:rs|py|sh|toml|json|js)", path):
            there = (last.parent / path).exists() if is_beside else path in names
        else:
            continue
        if not there:
            errors.append(f"{name}:{line_of(text, match.start())}: `{path}` does not exist")
    return errors


def constants(files: list[str]) -> dict[str, set[int | None]]:
    """Every constant of the Rust code by its name, with its value where that is simple arithmetic."""
    found: dict[str, set[int | None]] = {}
    for name in files:
        if not name.endswith(".rs"):
            continue
        for constant, value in re.findall(r"\b(?:const|static) ([A-Z][A-Z0-9_]+): [^=\n]+=\s*([^;]+);", (ROOT / name).read_text()):
            is_simple = re.fullmatch(r"[\d_ <*+()]+", value)
            number = eval(value, {"__builtins__": {}}) if is_simple else None  # digits and operators alone
            found.setdefault(constant, set()).add(number)
    return found


def check_constants(name: str, text: str, known: dict[str, set[int | None]]) -> list[str]:
    errors = []
    prose = without_code(text)
    for match in re.finditer(r"`([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+|CHECKPOINTS)`", prose):
        if match[1] not in known and not re.search(rf"\b{match[1]}\b", VARIABLES):
            errors.append(f"{name}:{line_of(text, match.start())}: no constant `{match[1]}` in the code")
    for match in re.finditer(r"^\| ((?:`[A-Z][A-Z0-9_]+`(?:, )?)+) \| ([^|]+) \|", prose, re.M):
        names = re.findall(r"`(\w+)`", match[1])
        values = [number(value) for value in re.finditer(r"(\d[\d,]*\d|\d)(?:\^(\d+))?( [KM]iB)?", match[2])]
        if len(values) < len(names):
            values = values[:1] * len(names)
        for constant, value in zip(names, values):
            actual = known.get(constant, {None})
            if None not in actual and value not in actual:
                where = f"{name}:{line_of(text, match.start())}"
                errors.append(f"{where}: `{constant}` is {actual}, not {value}")
    return errors


def number(match: re.Match) -> int:
    base = int(match[1].replace(",", ""))
    return base ** int(match[2] or 1) * {None: 1, " KiB": 1 << 10, " MiB": 1 << 20}[match[3]]


# Names in capitals that are no constants: variables of the environment and of make.
VARIABLES = "ALLOD_CACHE ALLOD_KEY_PASSWORD CARGO_TARGET_DIR FUZZ_CORPUS SKIP_WASM_BUILD RUSTC_BOOTSTRAP"


MODULES = re.compile(r"^//! \| module[^\n]*\n//! \|[-|]+\|\n((?://! \|[^\n]*\n)+)", re.M)


def check_modules(name: str, text: str) -> list[str]:
    table = MODULES.search(text)
    if not table:
        return []
    rows = (row.removeprefix("//! | ").split(" | ")[0] for row in table[1].splitlines())
    listed = {word for row in rows for word in re.findall(r"`(\w+)`", row)}
    there = set(re.findall(r"^(?:pub )?mod (\w+);", text, re.M))
    errors = [f"{name}: no row of the table of modules for {module}" for module in sorted(there - listed)]
    return errors + [f"{name}: there is no module {module}" for module in sorted(listed - there)]


# Numbers of running text: what it says, the crate and the constant that say so, and the number, in seconds where it is a time.
PROSE: dict[str, list[tuple[str, str, str, int]]] = {
    "docs/design.md": [
        ("a hash of all eight, 4,096 of them", "node/timekeeper", "REMEMBERED_FALSE", 4_096),
        ("as bad (16,384 of headers", "node/consensus", "MAX_CONDEMNED_HEADERS", 16_384),
        ("apart from them 1,024 of blocks", "node/consensus", "MAX_CONDEMNED_EXECUTIONS", 1_024),
        ("Two of them are imported", "node/consensus", "IMPORTED_SIBLINGS", 2),
        ("is parked, 64 of them", "node/consensus", "MAX_PARKED", 64),
        ("64 of them and 32 MiB at most", "node/consensus", "MAX_PARKED_BYTES", 32 << 20),
        ("build on it, for a minute at most", "node/consensus", "HELD_AT_MOST", 60),
        ("nearest in time stays: 16 blocks", "node/consensus", "MAX_HELD_PER_PEER", 16),
        ("16 blocks and 10 MiB of a peer", "node/consensus", "MAX_HELD_BYTES_PER_PEER", 10 << 20),
        ("of a peer, 128 blocks", "node/consensus", "MAX_HELD", 128),
        ("128 blocks and 32 MiB in all", "node/consensus", "MAX_HELD_BYTES", 32 << 20),
        ("tried again every five seconds", "node/consensus", "CLOCK_RETRY", 5),
        ("says so every ten minutes in one line", "node/sync", "STRANDED_TELL_INTERVAL", 600),
        ("eight or all there are", "node/sync", "ASKED", 8),
        ("first answer and a minute at most", "node/sync", "FIRST_ANSWERS_TIMEOUT", 60),
        ("answered for a minute goes on alone", "node/sync", "NO_PEERS_TIMEOUT", 60),
        ("or ten minutes later; ten minutes at the least", "node/sync", "SUSPICION", 600),
        ("takes two minutes without verified blocks", "node/sync", "CHALLENGE_AFTER", 120),
        ("at most 2^21 blocks", "node/sync", "MAX_BLOCKS", 1 << 21),
        ("blocks and 16 GiB in a file", "node/sync", "MAX_BYTES", 16 << 30),
        ("verified of 64 blocks that are drawn by weight", "node/sync", "SAMPLES", 64),
        ("then of all, 64 at a time", "node/sync", "TOGETHER", 64),
        ("If none comes for a minute", "node/sync", "STANDSTILL", 60),
        ("in time (a minute", "node/sync", "DELIVERY_TIMEOUT", 60),
        ("one second for every 256 of them", "node/sync", "LEAST_HEADERS_PER_SECOND", 256),
        ("kept off for a day", "node/sync", "BAN", 86_400),
        ("of strangers five minutes long", "node/sync", "STRANGERS_TIMEOUT", 300),
        ("an hour at most", "node/sync", "ANYBODY_TIMEOUT", 3_600),
        ("left three claims in a row", "node/sync", "MAX_HOLDING_UNDELIVERED", 3),
        ("after ten minutes at the earliest", "node/sync", "OFF_CHECKPOINT_RETRY_INTERVAL", 600),
    ],
    "docs/monitoring.md": [
        ("keeps 512 MiB of the disk", "node/disk", "KEPT_FREE_BYTES", 512 << 20),
        ("of a small disk an eighth", "node/disk", "KEPT_FREE_DIVISOR", 8),
    ],
    "docs/networks.md": [
        ("at most 420 million ALD", "node/chain-spec", "MAX_ENDOWED_ALD", 420_000_000),
        ("delay = 14_400", "runtime", "DAY_IN_BLOCKS", 14_400),
        ("initialIterations = 96_000_000", "runtime", "TESTNET_ITERATIONS_VALUE", 96_000_000),
    ],
    "ARCHITECTURE.md": [
        ("than 4,096 blocks below the final one", "node/consensus", "KEPT_BELOW_FINAL", 4_096),
        ("keep the node busy | 256 of them", "node/rpc", "MAX_SUBSCRIPTIONS", 256),
    ],
}


def check_prose() -> list[str]:
    errors = []
    for document, numbers in PROSE.items():
        prose = " ".join((ROOT / document).read_text().split())
        for phrase, crate, constant, value in numbers:
            if phrase not in prose:
                errors.append(f"{document}: nothing reads '{phrase}', which is {constant} of {crate} (see PROSE)")
            sources = "".join(file.read_text() for file in (ROOT / crate / "src").rglob("*.rs"))
            written = re.findall(rf"\bconst {constant}: [^=\n]+=\s*(?:Duration::from_secs\()?([\d_ <*+]+)\)?;", sources)
            # Digits and operators alone.
            actual = [eval(number, {"__builtins__": {}}) for number in written]
            if value not in actual:
                errors.append(f"{document}: '{phrase}', but {constant} of {crate} is {actual}")
    return errors


def main() -> int:
    errors: list[str] = []
    files = all_files()
    known = sections(errors)
    known_constants = constants(files)
    for name in files:
        suffix = pathlib.PurePath(name).suffix
        if suffix not in CODE | {".md"} or name == f"scripts/{pathlib.Path(__file__).name}":
            continue
        text = (ROOT / name).read_text()
        if "§" in text:
            errors += check_sections(name, text, known)
            if suffix in TEXTS and not is_test(name):
                errors += TEXTS[suffix](name, text)
        if suffix == ".rs" and name.startswith("tests/"):
            errors += check_modules(name, text)
        if suffix == ".md":
            errors += check_links(name, text)
            if name not in HISTORICAL and not name.startswith("clients/"):
                errors += check_paths(name, text, files) + check_constants(name, text, known_constants)
    errors += check_prose()
    for error in errors:
        print(f"references: {error}", file=sys.stderr)
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
