"""The ground floor: wire types and their JSON Schemas. Imports nothing else of the package."""
