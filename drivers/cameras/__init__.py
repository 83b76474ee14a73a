"""Cameras: streams over RTSP, and what ONVIF says of them."""
