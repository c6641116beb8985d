"""Built-in trackers: a file of JSON lines, TensorBoard, MLflow."""
