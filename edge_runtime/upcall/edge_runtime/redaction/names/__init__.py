"""Names and addresses in running text: cues, the name model, and how its probabilities become spans."""
