"""The running program without a screen: the open document, its history, jobs and workflows."""
