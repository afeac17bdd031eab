"""The sections of a report, one file each: a result in, a section or nothing out."""
