"""Models to share: packages that run without densecell."""

from densecell.export.models import Part, export_model
from densecell.report.model.card import Terms

__all__ = ["Part", "Terms", "export_model"]
