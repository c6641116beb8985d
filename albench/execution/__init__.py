"""From a suite to its trials carried out: plan, jobs, an executor, and the manifest that says so."""
