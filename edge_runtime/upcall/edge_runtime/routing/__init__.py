"""Which of K tiers to ask, and when to stop: pure functions of estimates, the same in every language (proto/vectors/routing.json)."""
