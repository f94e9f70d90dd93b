#!/usr/bin/env python3
"""Checks that each crate of the workspace, built alone, takes its dependencies with the features of the whole.

`cargo test -p CRATE` turns on only those features of a dependency that CRATE asks for: another set than the
workspace's, so the SDK would be compiled a second time. Every crate therefore has a dev-dependency on
`allod-workspace-hack`, a crate without code that asks for the workspace's features. `--write` writes its manifest
anew.

Cargo itself tells what it would compile (`--unit-graph`), and that is compared: what passes here is shared.
`cargo hakari`, the usual tool for such a crate, is of no use here: it counts in the features that workspace crates
have but nobody turns on, and would put `runtime-benchmarks` and `try-runtime` into every test.
"""

import collections
import json
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
NAME = "allod-workspace-hack"
MANIFEST = ROOT / "workspace-hack" / "Cargo.toml"
MARK = "# From here on written by scripts/unify-features.py --write.\n"
# What the manifest names has dependencies too, whose features are found in the next round. Today the second round
# finds nothing more.
MOST_ROUNDS = 5

# A way to compile a package: its identifier, whether for the host (procedural macros and what build scripts use),
# its features.
Way = tuple[str, bool, tuple[str, ...]]


def run(*command: str) -> str:
    # The graph of units is an unstable option of a stable compiler.
    environment = os.environ | {"RUSTC_BOOTSTRAP": "1"}
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=environment, check=False)
    if result.returncode != 0:
        sys.exit(f"unify-features: {' '.join(command)}:\n{result.stderr}")
    return result.stdout


def host() -> str:
    return next(line.split()[1] for line in run("rustc", "-vV").splitlines() if line.startswith("host:"))


def ways(target: str, *selection: str) -> set[Way]:
    """How the packages are compiled for this selection of the workspace's crates."""
    # Where a target is named, what is compiled for the host can be told from the rest.
    options = ("--unit-graph", "-Zunstable-options", "--release", "--all-targets", "--target", target)
    units = json.loads(run("cargo", "build", *options, *selection))["units"]
    return {
        (unit["pkg_id"], unit["platform"] is None, tuple(sorted(unit["features"])))
        for unit in units
        # A build script runs on the host with the features of what it builds.
        if unit["target"]["kind"] != ["custom-build"] and f"#{NAME}@" not in unit["pkg_id"]
    }


def alone(target: str, metadata: dict) -> dict[str, set[Way]]:
    """For each crate what is compiled for it alone."""
    members = set(metadata["workspace_members"])
    names = [package["name"] for package in metadata["packages"] if package["id"] in members]
    return {name: ways(target, "-p", name) for name in names if name != NAME}


def requirement(version: str) -> str:
    """The versions compatible with this one, as Cargo counts them."""
    parts = version.split("+")[0].split("-")[0].split(".")
    significant = next((index for index, part in enumerate(parts) if part != "0"), len(parts) - 1)
    return ".".join(parts[: significant + 1])


def sections(chosen: set[Way], packages: dict[str, dict]) -> list[str]:
    version_of = {way[0]: requirement(packages[way[0]]["version"]) for way in chosen}
    versions = collections.Counter(packages[identifier]["name"] for identifier in version_of)
    texts = []
    for title, for_host in (("dependencies", False), ("build-dependencies", True)):
        lines = []
        for identifier, of_host, features in chosen:
            if of_host != for_host:
                continue
            name, version = packages[identifier]["name"], version_of[identifier]
            # Two versions of one package need two names.
            renamed = versions[name] > 1
            key = f"{name}-{version.replace('.', '_')}" if renamed else name
            package = f'package = "{name}", ' if renamed else ""
            listed = ", ".join(f'"{feature}"' for feature in features)
            lines.append(f'{key} = {{ {package}version = "{version}", default-features = false, features = [{listed}] }}')
        texts.append("\n".join([f"[{title}]", *sorted(lines)]) + "\n")
    return texts


def write(target: str) -> None:
    head = MANIFEST.read_text().split(MARK)[0]
    MANIFEST.write_text(head + MARK)
    metadata = json.loads(run("cargo", "metadata", "--format-version", "1"))
    packages = {package["id"]: package for package in metadata["packages"]}
    whole = ways(target, "--workspace")
    chosen: set[Way] = set()
    for _ in range(MOST_ROUNDS):
        otherwise = set().union(*alone(target, metadata).values()) - whole
        # Its own crates the workspace unifies by their features' definitions.
        missing = {way[:2] for way in otherwise if packages[way[0]]["source"]}
        if not missing:
            return
        chosen |= {way for way in whole if way[:2] in missing}
        MANIFEST.write_text("\n".join([head + MARK, *sections(chosen, packages)]))
        # Writes the lock file.
        run("cargo", "metadata", "--format-version", "1")
    sys.exit(f"unify-features: there is no end after {MOST_ROUNDS} rounds")


def shortened(crates: list[str]) -> str:
    return ", ".join(crates[:3]) + (f" and {len(crates) - 3} others" if len(crates) > 3 else "")


def check(target: str) -> None:
    metadata = json.loads(run("cargo", "metadata", "--format-version", "1", "--locked", "--no-deps"))
    whole = ways(target, "--workspace", "--locked")
    features_of = {way[:2]: way[2] for way in whole}
    crates_of = collections.defaultdict(list)
    for crate, found in alone(target, metadata).items():
        for way in found - whole:
            crates_of[way].append(crate)
    errors = [
        f"{way[0].split('#')[-1]}{' for the host' if way[1] else ''}: the whole workspace asks for "
        f"{' '.join(features_of.get(way[:2], ())) or 'no feature'}, but {shortened(crates)} alone for "
        f"{' '.join(way[2]) or 'none'}"
        for way, crates in sorted(crates_of.items())
    ]
    if errors:
        advice = "third-party packages: make features; own crates: ask for the same features"
        sys.exit("\n".join(f"unify-features: {error}" for error in [*errors, advice]))


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        write(host())
    else:
        check(host())
