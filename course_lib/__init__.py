"""What the chapters of *From Linear Models to CNNs* import."""

__version__ = "0.1.0"
