collect_ignore_glob = [
    "case.py",
    "of_*.py",
]  # no doctests; `test_catalogue` imports them
