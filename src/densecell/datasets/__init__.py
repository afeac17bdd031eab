"""Projects and public data sets: which labelled volumes there are, and how to get them.

A data set is checked by checksum and laid out as a project; a project is a folder with
a `project.yaml`.
"""
