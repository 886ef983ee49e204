"""Images, projects and data sets on disk."""
