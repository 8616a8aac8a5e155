"""Measures the system on the machine it runs on, in temporary directories (性能测量)."""
