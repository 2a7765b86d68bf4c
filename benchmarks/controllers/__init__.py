"""Every figure of adaptive control that the project claims: ``python -m benchmarks.controllers``."""
