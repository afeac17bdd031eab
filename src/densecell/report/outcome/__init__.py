"""What a result says: the sections of its page, and whether it is still what it was."""

from densecell.report.outcome.verification import Finding, verify_result

__all__ = ["Finding", "verify_result"]
