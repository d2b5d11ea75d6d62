"""Submits job specs with the function behind ``az batchai job create`` of azure-cli-batchai.

Usage: python run_cli.py URL SUBSCRIPTION GROUP WORKSPACE CLUSTER EXPERIMENT FOLDER, where every folder in
FOLDER holds a job.json; the folder's name is the job's.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

from msrest.authentication import BasicTokenAuthentication


def main(url: str, subscription: str, group: str, workspace: str, *rest: str) -> None:
    """Submit the specs; what the command raises goes through."""
    cluster, experiment, folder = rest
    sdk = importlib.import_module("azure.mgmt.batchai")
    commands = importlib.import_module("azure.cli.command_modules.batchai.custom")
    token = BasicTokenAuthentication({"access_token": "made-up"})
    client = sdk.BatchAIManagementClient(token, subscription, base_url=url)
    for job in sorted(Path(folder).iterdir()):
        # The first argument is the CLI's own state, which only mounted volumes need.
        poller = commands.create_job(
            None, client, group, workspace, experiment, job.name, str(job / "job.json"), cluster
        )
        poller.result()


if __name__ == "__main__":
    main(*sys.argv[1:])
