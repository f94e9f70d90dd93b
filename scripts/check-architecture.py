#!/usr/bin/env python3
"""Checks on `cargo metadata` that dependencies point downward only (the list in ARCHITECTURE.md), and
that ARCHITECTURE.md names every crate."""

import json
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent

# From the top of the house to its ground: a crate may depend on crates further down only.
LAYERS = [
    ["tests/e2e", "tests/conformance", "tests/import", "tests/load"],
    ["node"],
    ["node/service"],
    ["node/rpc"],
    ["node/consensus"],
    ["node/archiver", "node/timekeeper"],
    ["node/farmer", "cli/identity", "clients/tls"],
    ["clients/rpc-types"],
    ["runtime"],
    ["pallets/auto-id", "pallets/revocation", "pallets/farming", "pallets/rewards"],
    ["primitives/identity", "primitives/consensus"],
    ["primitives/x509", "primitives/verification"],
    ["primitives/archiving"],
    ["primitives/proof-of-space", "primitives/proof-of-time", "primitives/kzg"],
    ["primitives/core"],
]
# Only what puts a node together names the runtime, and the tests that run it.
MAY_NAME_RUNTIME = {"node", "node/service", "tests/import", "tests/load"}
# What primitives, the farmer, and the commands about identities must not name.
FORBIDDEN = {
    "primitives/": ("sc-", "frame-"),
    "node/farmer": ("sc-", "allod-runtime"),
    "cli/": ("sc-", "allod-runtime"),
}


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
    depth_of = {folder: depth for depth, layer in enumerate(LAYERS) for folder in layer}
    map_of_the_house = (ROOT / "ARCHITECTURE.md").read_text()
    errors = []
    for package in metadata["packages"]:
        folder = folder_of[package["name"]]
        if folder not in depth_of:
            errors.append(f"{folder} is not in the layers of {pathlib.Path(__file__).name}")
            continue
        for name in (folder, package["name"]):
            if f"`{name}`" not in map_of_the_house:
                errors.append(f"ARCHITECTURE.md does not name `{name}`")
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
