"""Labelled volumes: projects, public data sets, and crops that were painted.

A project is a folder with a `project.yaml`. A public data set is checked by its
checksums and written as a project.
"""
