#!/usr/bin/env python3
"""Checks on `cargo metadata` that the house is as the map in ARCHITECTURE.md draws it: every crate has its row, and
depends on crates of the layers below its own alone. The layers are read from the map; there is no other list."""

import json
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
MAP = "ARCHITECTURE.md"
HEADER = "| folder | crate | what one finds there |"

# Rules beside the order. Only what puts a node together names the runtime, and the tests that run it.
MAY_NAME_RUNTIME = {
    "node",
    "node/service",
    "tests/economics",
    "tests/fuzz",
    "tests/import",
    "tests/load",
    "tests/network",
    "tests/upgraded-runtime",
}
# What primitives, the farmer, and the commands about identities must not name.
FORBIDDEN = {
    "primitives/": ("sc-", "frame-"),
    "node/farmer": ("sc-", "allod-runtime"),
    "cli/": ("sc-", "allod-runtime"),
}


def rows_of_the_map() -> list[list[str]]:
    """The cells of the table under `HEADER`, row by row."""
    lines = (ROOT / MAP).read_text().splitlines()
    if HEADER not in lines:
        sys.exit(f"architecture: {MAP} has no table that begins with {HEADER!r}")
    rows = []
    for line in lines[lines.index(HEADER) + 2 :]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return rows


def read_map(errors: list[str]) -> tuple[dict[str, str], dict[str, int]]:
    """From the map: the crate in each folder, and how many layers lie above it. A bold row begins a layer; a row
    without a crate is a folder that is no member of the workspace."""
    crate_in, depth_of, depth = {}, {}, -1
    for row in rows_of_the_map():
        if len(row) != 3:
            errors.append(f"{MAP}: a row of the map has three cells: {row}")
            continue
        folders, crate, _ = row
        if folders.startswith("**"):
            depth += 1
            continue
        if depth < 0:
            errors.append(f"{MAP}: {folders} stands above the first layer, which a bold row begins")
        for folder in (name.strip().strip("`") for name in folders.split(",")):
            if not (ROOT / folder).is_dir():
                errors.append(f"{MAP}: the map names {folder}, which is no folder")
            if crate:
                crate_in[folder], depth_of[folder] = crate.strip("`"), depth
    return crate_in, depth_of


def main() -> int:
    metadata = json.loads(
        subprocess.run(
            ["cargo", "metadata", "--format-version", "1", "--no-deps", "--locked"],
            cwd=ROOT,
            check=True,
            capture_output=True,
        ).stdout
    )
    folder_of = {
        package["name"]: str(pathlib.Path(package["manifest_path"]).parent.relative_to(ROOT))
        for package in metadata["packages"]
    }
    errors: list[str] = []
    crate_in, depth_of = read_map(errors)
    for folder in crate_in.keys() - folder_of.values():
        errors.append(f"{MAP}: {folder} is a crate in the map, but no member of the workspace")
    for package in metadata["packages"]:
        folder = folder_of[package["name"]]
        if crate_in.get(folder) != package["name"]:
            errors.append(f"{MAP}: the map has no row | `{folder}` | `{package['name']}` | … |")
            continue
        for dependency in package["dependencies"]:
            name, is_test = dependency["name"], dependency["kind"] == "dev"
            for prefix, forbidden in FORBIDDEN.items():
                if folder.startswith(prefix) and not is_test and name.startswith(forbidden):
                    errors.append(f"{folder} names {name}")
            below = folder_of.get(name)
            if below is None or is_test or below == folder:
                continue
            if below == "runtime" and folder not in MAY_NAME_RUNTIME:
                errors.append(f"{folder} names the runtime")
            if below in depth_of and depth_of[below] <= depth_of[folder]:
                errors.append(f"{folder} depends on {below}, which is not below it")
    for error in errors:
        print(f"architecture: {error}", file=sys.stderr)
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
