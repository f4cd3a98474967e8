"""Phones: stock clients, and what a person does with them."""
