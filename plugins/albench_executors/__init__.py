"""Built-in executors: this process, or worker processes."""
