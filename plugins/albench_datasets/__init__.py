"""Built-in data sets: MESCC features and their stand-in, handwritten digits, and MedMNIST-style files."""
