"""Controllers that drive door locks and read their evidence: Modbus TCP, Modbus RTU, OSDP."""
