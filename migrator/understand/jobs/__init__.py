"""What is a job, and what loads a configuration: a text that is understood in, jobs with their facts out."""

from __future__ import annotations

from migrator.understand.jobs.clusters import (
    Cluster,
    find_cluster_specs,
    find_clusters,
    find_text_clusters,
)
from migrator.understand.jobs.configurations import WrittenFile, find_set_entries, find_written_files, lacking
from migrator.understand.jobs.find import find_dict_jobs, find_model_jobs
from migrator.understand.jobs.json_specs import JobSpec, find_job_specs
from migrator.understand.jobs.loaders import Loader, Loaders, configuration_path, is_read_by_key, loads_dict
from migrator.understand.jobs.python import PythonJob, given, lines_of, part, quote_of

__all__ = [
    "Cluster",
    "JobSpec",
    "Loader",
    "Loaders",
    "PythonJob",
    "WrittenFile",
    "configuration_path",
    "find_cluster_specs",
    "find_clusters",
    "find_dict_jobs",
    "find_job_specs",
    "find_model_jobs",
    "find_set_entries",
    "find_text_clusters",
    "find_written_files",
    "given",
    "is_read_by_key",
    "lacking",
    "lines_of",
    "loads_dict",
    "part",
    "quote_of",
]
