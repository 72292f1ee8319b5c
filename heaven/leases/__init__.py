"""Leases: who may write where, until when."""
