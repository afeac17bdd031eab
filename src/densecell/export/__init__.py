"""Models to share: packages that run without densecell."""

from densecell.export.models import export_model
from densecell.report.model import Terms

__all__ = ["Terms", "export_model"]
