"""Panic buttons over MQTT. Read `formats` (bytes to presses), then `mqtt_session` (the broker)."""
