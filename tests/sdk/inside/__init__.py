"""What runs inside the environments, with the SDK of each; nothing of the project is imported there."""
