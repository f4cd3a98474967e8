"""What a phone does while it is measured."""
