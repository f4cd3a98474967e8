"""All that is around the gateway and the phones: networks, lines, sites."""
