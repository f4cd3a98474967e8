"""A double of the provider azure-native and of the Azure behind it.

It imports nothing of the product: a mistake made once would be hidden if made twice.
What it knows of Azure stands in docs/engine.md with where it is from.
"""
