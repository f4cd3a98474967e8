"""Pulumi's own command line and engine: from PATH, the cache, Pulumi's
installer or a build from its published Go modules (docs/adr/0009)."""
