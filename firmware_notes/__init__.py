"""What each family of devices is known to do: `*.md`, for people and for `edge.config.notes`. No code."""
