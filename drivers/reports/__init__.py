"""What detectors and telephone systems report: read from what they sent, and heard over MQTT."""
