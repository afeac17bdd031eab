"""The page of `densecell studio`, and the server behind it."""
