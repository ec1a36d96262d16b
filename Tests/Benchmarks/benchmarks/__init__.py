"""Compares Tollgate with its peers on one machine: see docs/performance.md."""
