"""Built-in backbones: an MLP for features, a small CNN and a Wide ResNet for images."""
