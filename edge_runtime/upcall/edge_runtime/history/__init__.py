"""The turns of a conversation, as its next question needs them."""
