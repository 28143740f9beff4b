"""Router heads for a device: trained, calibrated, stored."""
