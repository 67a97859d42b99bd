"""What koctl is made of: the packages that are linked into the program for a target, as cargo resolves them."""

import json
import subprocess
import tomllib


class Dependencies:
    """The packages of a target, without those that only tests or build scripts need."""

    def __init__(self, target):
        command = ["cargo", "metadata", "--locked", "--format-version", "1", "--filter-platform", target]
        metadata = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
        packages = {package["id"]: package for package in metadata["packages"]}
        nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
        self.root = packages[metadata["resolve"]["root"]]
        self.edges = {}
        self._follow(nodes, self.root["id"])
        self.packages = {identity: packages[identity] for identity in self.edges}
        with open("Cargo.lock", "rb") as file:
            locked = tomllib.load(file)["package"]
        self.checksums = {(one["name"], one["version"]): one.get("checksum") for one in locked}

    def _follow(self, nodes, start):
        """Records what each package needs that `start` leads to. Not recursive: chains are long."""
        left = [start]
        while left:
            identity = left.pop()
            if identity in self.edges:
                continue
            needs = [one["pkg"] for one in nodes[identity]["deps"] if any(kind["kind"] is None for kind in one["dep_kinds"])]
            self.edges[identity] = sorted(needs)
            left.extend(needs)

    def others(self):
        """The packages of others, by name and version. Those of this repository have no source."""
        of_others = [package for package in self.packages.values() if package["source"]]
        return sorted(of_others, key=lambda package: (package["name"], package["version"]))

    def checksum(self, package):
        """The SHA-256 of a package's archive, in hexadecimal. None for those of this repository."""
        return self.checksums.get((package["name"], package["version"]))
