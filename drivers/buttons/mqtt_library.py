"""aiomqtt and paho, without the DNS resolver that paho takes along: 45 ms and 3.5 MB of each start.

It finds brokers by their SRV records, which nobody configures here; it is installed for the cameras' process alone.
"""

from drivers.lean import without

with without("dns"):
    import aiomqtt
    from paho.mqtt import client as paho
    from paho.mqtt.reasoncodes import ReasonCode

__all__ = ["ReasonCode", "aiomqtt", "paho"]
